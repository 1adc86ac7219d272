#include "mlcompute/backend/executable_cache.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace mlcompute {

size_t ExecutableCache::CapacityFromEnvironment() {
  const char* text = std::getenv("TF_MLC_CACHE_SIZE");
  if (!text || *text == '\0') return kDefaultCapacity;
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(text, &end, 10);
  if (errno != 0 || *end != '\0' || value <= 0) {
    std::fprintf(stderr, "TF_MLC_CACHE_SIZE='%s' is not a positive number; using %zu\n", text,
                 kDefaultCapacity);
    return kDefaultCapacity;
  }
  return static_cast<size_t>(value);
}

ExecutableCache::ExecutableCache(size_t capacity) : capacity_(std::max<size_t>(capacity, 1)) {}

std::shared_ptr<Executable> ExecutableCache::Find(std::string_view key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->executable;
}

std::shared_ptr<Executable> ExecutableCache::GetOrCompile(
    std::string_view key, const std::function<std::unique_ptr<Executable>()>& make) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (auto executable = Find(key)) {
      ++hits_;
      return executable;
    }
    ++misses_;
  }
  std::shared_ptr<Executable> made = make();

  Entries forgotten;  // destroyed after the lock is released
  const std::lock_guard<std::mutex> lock(mutex_);
  if (auto executable = Find(key)) return executable;
  Entries fresh;
  fresh.push_front({std::string(key), made});
  index_.emplace(fresh.front().key, fresh.begin());
  entries_.splice(entries_.begin(), fresh);
  if (entries_.size() > capacity_) {
    index_.erase(entries_.back().key);
    forgotten.splice(forgotten.begin(), entries_, std::prev(entries_.end()));
  }
  return made;
}

size_t ExecutableCache::size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return entries_.size();
}

uint64_t ExecutableCache::hits() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return hits_;
}

uint64_t ExecutableCache::misses() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return misses_;
}

void ExecutableCache::Clear() {
  Entries forgotten;
  const std::lock_guard<std::mutex> lock(mutex_);
  index_.clear();
  forgotten.swap(entries_);
}

}  // namespace mlcompute
