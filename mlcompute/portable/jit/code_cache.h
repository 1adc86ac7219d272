// mlcompute/portable/jit/code_cache.h: compiled code that is shared as long as somebody has it.
#pragma once

#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>

namespace mlcompute::portable {

template <typename Key, typename Code>
class CodeCache {
 public:
  // What was made for `key` and is still in use, else what `make()` gives, which may be nullptr.
  template <typename Make>
  std::shared_ptr<const Code> Get(const Key& key, const Make& make) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = all_.find(key);
    if (found != all_.end()) {
      if (std::shared_ptr<const Code> code = found->second.lock()) return code;
    }
    std::shared_ptr<const Code> code = make();
    if (!code) return nullptr;
    if (all_.size() >= sweep_at_) {
      for (auto it = all_.begin(); it != all_.end();) {
        it = it->second.expired() ? all_.erase(it) : std::next(it);
      }
      sweep_at_ = 2 * all_.size() + kFirstSweep;
    }
    all_[key] = code;
    return code;
  }

 private:
  static constexpr size_t kFirstSweep = 256;

  std::mutex mutex_;
  std::map<Key, std::weak_ptr<const Code>> all_;
  size_t sweep_at_ = kFirstSweep;
};

}  // namespace mlcompute::portable
