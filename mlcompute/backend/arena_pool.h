// mlcompute/backend/arena_pool.h: working memory of running programs, shared by all of them.
//
// A program borrows one block while it runs. Blocks go back to a free list of their size class, so
// a program that runs again allocates nothing, and thousands of compiled programs that run one
// after the other hold the memory of the largest few, not of all.
#pragma once

#include <cstddef>

namespace mlcompute {

// All offsets and blocks are multiples of this.
constexpr size_t kArenaAlignment = 64;

constexpr size_t AlignUp(size_t bytes) {
  return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
}

class ArenaLease {
 public:
  // Throws Error(kResourceExhausted). `bytes` may be 0: data() is then null.
  explicit ArenaLease(size_t bytes);
  ~ArenaLease();
  ArenaLease(const ArenaLease&) = delete;
  ArenaLease& operator=(const ArenaLease&) = delete;

  std::byte* data() const { return data_; }

 private:
  int size_class_ = 0;
  std::byte* data_ = nullptr;
};

}  // namespace mlcompute
