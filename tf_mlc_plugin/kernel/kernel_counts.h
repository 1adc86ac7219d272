// tf_mlc_plugin/kernel/kernel_counts.h: how often each op ran on the device.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace tf_mlc {

using Counter = std::atomic<int64_t>;

// The counter of a TensorFlow op, made at first use; never freed.
Counter& CounterOf(const std::string& op);

// "Op count\n" for every op that ran, sorted by name.
std::string KernelCountsText();

}  // namespace tf_mlc
