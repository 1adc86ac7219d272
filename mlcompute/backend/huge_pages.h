// mlcompute/backend/huge_pages.h: memory for large tensors.
#pragma once

#include <stdlib.h>

#include <cstddef>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace mlcompute {

constexpr size_t kHugePage = 2 << 20;

// `bytes` of memory for free(), aligned to `alignment`, a power of two of at least
// sizeof(void*); nullptr if there is none. From kHugePage on it is in huge pages where the system
// has them: with pages of 4 KiB a product whose rows lie that far apart needs a page for each, more
// than the processor keeps track of, and it does not fetch ahead past the end of a page.
inline void* AllocateLarge(size_t alignment, size_t bytes) {
  const bool huge = bytes >= kHugePage;
  void* memory = nullptr;
  if (posix_memalign(&memory, huge ? kHugePage : alignment, bytes) != 0) return nullptr;
#if defined(MADV_HUGEPAGE)
  if (huge) madvise(memory, bytes, MADV_HUGEPAGE);  // advice: failure is harmless
#endif
  return memory;
}

}  // namespace mlcompute
