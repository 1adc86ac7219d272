#include "tf_mlc_plugin/loop/buffer_pool.h"

#include <cstdlib>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#include "mlcompute/backend/huge_pages.h"

namespace tf_mlc {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kMostKept = size_t{64} << 20;

class Pool {
 public:
  std::byte* Take(size_t bytes) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto it = free_.find(bytes);
      if (it != free_.end() && !it->second.empty()) {
        std::byte* buffer = it->second.back();
        it->second.pop_back();
        kept_ -= bytes;
        return buffer;
      }
    }
    void* buffer = mlcompute::AllocateLarge(kAlignment, bytes);
    if (buffer == nullptr) throw std::bad_alloc();
    return static_cast<std::byte*>(buffer);
  }

  void GiveBack(std::byte* buffer, size_t bytes) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (kept_ + bytes <= kMostKept) {
        free_[bytes].push_back(buffer);
        kept_ += bytes;
        return;
      }
    }
    std::free(buffer);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<size_t, std::vector<std::byte*>> free_;  // by size
  size_t kept_ = 0;
};

}  // namespace

std::shared_ptr<std::byte> PooledBuffer(size_t bytes) {
  static auto* pool = new Pool;  // never freed: values may outlive static destructors
  const size_t size = (bytes / kAlignment + 1) * kAlignment;
  return {pool->Take(size), [size](std::byte* buffer) { pool->GiveBack(buffer, size); }};
}

}  // namespace tf_mlc
