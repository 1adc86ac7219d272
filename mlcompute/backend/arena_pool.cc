#include "mlcompute/backend/arena_pool.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <mutex>

#include "mlcompute/backend/huge_pages.h"
#include "mlcompute/error.h"

namespace mlcompute {
namespace {

// Class 4 e + m holds blocks of (4 + m) << (e + kSmallestLog2) bytes: at most a quarter is wasted.
constexpr int kSmallestLog2 = 8;
constexpr int kSteps = 4;
constexpr int kClasses = kSteps * 40;

constexpr size_t ClassBytes(int size_class) {
  return static_cast<size_t>(kSteps + size_class % kSteps) << (size_class / kSteps + kSmallestLog2);
}

int ClassOf(size_t bytes) {
  int low = 0;
  int high = kClasses - 1;
  if (bytes > ClassBytes(high)) {
    throw ResourceExhausted("cannot allocate ", bytes, " bytes of working memory");
  }
  while (low < high) {
    const int middle = (low + high) / 2;
    if (ClassBytes(middle) < bytes) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// A free block's first bytes.
struct FreeBlock {
  FreeBlock* next;
};

struct Pool {
  std::mutex mutex;
  std::array<FreeBlock*, kClasses> free{};

  void* Take(int size_class) {
    const std::lock_guard<std::mutex> lock(mutex);
    FreeBlock* block = free[static_cast<size_t>(size_class)];
    if (block) free[static_cast<size_t>(size_class)] = block->next;
    return block;
  }

  void Return(int size_class, void* data) {
    auto* block = static_cast<FreeBlock*>(data);
    const std::lock_guard<std::mutex> lock(mutex);
    block->next = free[static_cast<size_t>(size_class)];
    free[static_cast<size_t>(size_class)] = block;
  }

  // Gives all free blocks back to the system.
  void Trim() {
    const std::lock_guard<std::mutex> lock(mutex);
    for (FreeBlock*& list : free) {
      while (list) {
        FreeBlock* block = list;
        list = block->next;
        std::free(block);
      }
    }
  }
};

// Never destroyed: other threads may still run while the process ends.
Pool& ThePool() {
  static Pool* pool = new Pool;
  return *pool;
}

}  // namespace

ArenaLease::ArenaLease(size_t bytes) {
  if (bytes == 0) return;
  size_class_ = ClassOf(bytes);
  void* block = ThePool().Take(size_class_);
  if (!block) block = AllocateLarge(kArenaAlignment, ClassBytes(size_class_));
  if (!block) {  // memory may lie in blocks of other sizes
    ThePool().Trim();
    block = AllocateLarge(kArenaAlignment, ClassBytes(size_class_));
  }
  if (!block) throw ResourceExhausted("cannot allocate ", bytes, " bytes of working memory");
  data_ = static_cast<std::byte*>(block);
}

ArenaLease::~ArenaLease() {
  if (data_) ThePool().Return(size_class_, data_);
}

}  // namespace mlcompute
