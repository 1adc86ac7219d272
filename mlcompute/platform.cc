#include "mlcompute/platform.h"

#include <mutex>
#include <random>

namespace mlcompute {
namespace {

struct State {
  std::mutex mutex;
  std::optional<int64_t> seed;
  std::mt19937_64 keys;
  bool has_keys = false;
};

State& Shared() {
  static State state;
  return state;
}

}  // namespace

void Platform::SetRngSeed(int64_t seed) {
  State& state = Shared();
  const std::lock_guard<std::mutex> lock(state.mutex);
  state.seed = seed;
  state.keys.seed(static_cast<uint64_t>(seed));
  state.has_keys = true;
}

std::optional<int64_t> Platform::RngSeed() {
  State& state = Shared();
  const std::lock_guard<std::mutex> lock(state.mutex);
  return state.seed;
}

uint64_t Platform::NextRandomKey() {
  State& state = Shared();
  const std::lock_guard<std::mutex> lock(state.mutex);
  if (!state.has_keys) {
    std::random_device device;
    state.keys.seed((uint64_t{device()} << 32) | device());
    state.has_keys = true;
  }
  return state.keys();
}

}  // namespace mlcompute
