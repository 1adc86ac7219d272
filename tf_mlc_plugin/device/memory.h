// tf_mlc_plugin/device/memory.h: device memory, which is host memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tf_mlc {

// Bytes of physical memory: in the machine (or the container, when it is given less), and free.
struct MemoryUsage {
  int64_t total;
  int64_t free;
};
MemoryUsage QueryMemory();

// 64-byte aligned memory, nullptr when there is none. Large blocks are offered to the kernel for
// huge pages.
void* AllocateMemory(size_t bytes);
void FreeMemory(void* memory);

}  // namespace tf_mlc
