#include "tf_mlc_plugin/device/memory.h"

#include <stdlib.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <mach/mach.h>
#endif

#include <algorithm>
#include <fstream>
#include <string>

#include "mlcompute/backend/huge_pages.h"

namespace tf_mlc {
namespace {

constexpr size_t kAlignment = 64;

// The first number in `path`, or -1: "max" in a cgroup file means no limit.
int64_t ReadNumber(const char* path) {
  std::ifstream file(path);
  int64_t value;
  return file >> value ? value : -1;
}

#if defined(__APPLE__)

// What is free, and what the kernel would give away first.
int64_t AvailableKernelMemory() {
  vm_statistics64_data_t pages;
  mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
  const mach_port_t host = mach_host_self();
  const bool known =
      host_statistics64(host, HOST_VM_INFO64, reinterpret_cast<host_info64_t>(&pages), &count) ==
      KERN_SUCCESS;
  mach_port_deallocate(mach_task_self(), host);
  if (!known) return 0;
  const int64_t available = int64_t{pages.free_count} + pages.inactive_count;
  return available * sysconf(_SC_PAGESIZE);
}

#else

int64_t AvailableKernelMemory() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  int64_t kib;
  std::string unit;
  while (file >> key >> kib) {
    if (key == "MemAvailable:") return kib * 1024;
    std::getline(file, unit);
  }
  return int64_t{sysconf(_SC_AVPHYS_PAGES)} * sysconf(_SC_PAGESIZE);
}

#endif

}  // namespace

MemoryUsage QueryMemory() {
  MemoryUsage usage{int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE),
                    AvailableKernelMemory()};
  const int64_t limit = ReadNumber("/sys/fs/cgroup/memory.max");
  const int64_t used = ReadNumber("/sys/fs/cgroup/memory.current");
  if (limit > 0 && used >= 0 && limit < usage.total) {
    usage.total = limit;
    usage.free = std::min(usage.free, std::max<int64_t>(limit - used, 0));
  }
  return usage;
}

void* AllocateMemory(size_t bytes) {
  return mlcompute::AllocateLarge(kAlignment, std::max<size_t>(bytes, 1));
}

void FreeMemory(void* memory) { free(memory); }

}  // namespace tf_mlc
