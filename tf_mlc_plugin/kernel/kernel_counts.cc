#include "tf_mlc_plugin/kernel/kernel_counts.h"

#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "tf_mlc_plugin/device/entry.h"

namespace tf_mlc {
namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<Counter>> counters;
};

Registry& TheRegistry() {
  static auto* registry = new Registry;  // outlives kernels that run while the process exits
  return *registry;
}

}  // namespace

Counter& CounterOf(const std::string& op) {
  Registry& registry = TheRegistry();
  const std::lock_guard<std::mutex> lock(registry.mutex);
  auto& counter = registry.counters[op];
  if (!counter) counter = std::make_unique<Counter>(0);
  return *counter;
}

std::string KernelCountsText() {
  Registry& registry = TheRegistry();
  const std::lock_guard<std::mutex> lock(registry.mutex);
  std::string text;
  for (const auto& [op, counter] : registry.counters) {
    const int64_t count = counter->load(std::memory_order_relaxed);
    if (count > 0) text += op + " " + std::to_string(count) + "\n";
  }
  return text;
}

}  // namespace tf_mlc

size_t MlcKernelCounts(char* text, size_t size) {
  const std::string counts = tf_mlc::KernelCountsText();
  if (size > 0) {
    const size_t n = counts.size() < size - 1 ? counts.size() : size - 1;
    std::memcpy(text, counts.data(), n);
    text[n] = '\0';
  }
  return counts.size() + 1;
}
