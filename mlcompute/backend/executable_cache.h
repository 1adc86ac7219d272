// mlcompute/backend/executable_cache.h: compiled programs by signature, the least recently used
// ones forgotten first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "mlcompute/backend/backend.h"

namespace mlcompute {

class ExecutableCache {
 public:
  static constexpr size_t kDefaultCapacity = 4096;

  // TF_MLC_CACHE_SIZE, a positive number; kDefaultCapacity where it is not set. A value that is no
  // such number is named on stderr and the default taken.
  static size_t CapacityFromEnvironment();

  explicit ExecutableCache(size_t capacity = CapacityFromEnvironment());

  // The executable kept under `key`, or what `make` gives. Safe to call from several threads at
  // once; `make` runs outside the lock, so threads that ask for one missing key at the same time
  // each make it, and all get the one that was ready first. What `make` throws passes through.
  std::shared_ptr<Executable> GetOrCompile(
      std::string_view key, const std::function<std::unique_ptr<Executable>()>& make);

  size_t capacity() const { return capacity_; }
  size_t size() const;
  uint64_t hits() const;
  uint64_t misses() const;
  void Clear();

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<Executable> executable;
  };
  using Entries = std::list<Entry>;

  // Moves the entry to the front; null if there is none. Under the lock.
  std::shared_ptr<Executable> Find(std::string_view key);

  const size_t capacity_;
  mutable std::mutex mutex_;
  Entries entries_;                                                // the most recently used first
  std::unordered_map<std::string_view, Entries::iterator> index_;  // keys are those in entries_
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
};

}  // namespace mlcompute
