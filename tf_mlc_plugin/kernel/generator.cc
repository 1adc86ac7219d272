#include "tf_mlc_plugin/kernel/generator.h"

#include <random>

namespace tf_mlc {
namespace {

uint64_t Arbitrary() {
  static std::mutex mutex;
  static std::random_device device;
  const std::lock_guard<std::mutex> lock(mutex);
  return uint64_t{device()} << 32 | device();
}

}  // namespace

Generator::Generator(int64_t seed, int64_t seed2)
    : next_{{static_cast<uint64_t>(seed)}, {0, static_cast<uint64_t>(seed2)}} {
  if (seed == 0 && seed2 == 0) next_ = {{Arbitrary()}, {0, Arbitrary()}};
}

RandomPlace Generator::Reserve(uint64_t blocks) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const RandomPlace place = next_;
  next_.counter[0] += blocks;
  if (next_.counter[0] < blocks) ++next_.counter[1];
  return place;
}

}  // namespace tf_mlc
