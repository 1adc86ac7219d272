// mlcompute/team/wait_word.h: a 32-bit word that threads can wait on: first spinning, then asleep.
#pragma once

#include <atomic>
#include <cstdint>
#if !defined(__linux__)
#include <condition_variable>
#include <mutex>
#endif

namespace mlcompute::team {

// How long one thread spins before it sleeps. It learns from past waits: spinning only pays if what
// is awaited usually comes soon, and otherwise takes the core from others for nothing.
class SpinBudget {
 public:
  int64_t nanoseconds() const { return spin_; }
  void Learn(int64_t waited) { spin_ = waited < 2 * kLongest ? kLongest : kShortest; }

 private:
  // Falling asleep and being woken costs about as much as kLongest, and is in what is measured.
  static constexpr int64_t kLongest = 40'000;
  static constexpr int64_t kShortest = 1'000;
  int64_t spin_ = kLongest;
};

class alignas(64) WaitWord {
 public:
  uint32_t Load() const { return word_.load(std::memory_order_acquire); }
  void Store(uint32_t value) { word_.store(value, std::memory_order_seq_cst); }
  // Returns the new value.
  uint32_t Add(uint32_t delta) { return word_.fetch_add(delta, std::memory_order_seq_cst) + delta; }

  // To `value` if it is `old`; whether it was.
  bool Replace(uint32_t old, uint32_t value) {
    return word_.compare_exchange_strong(old, value, std::memory_order_seq_cst);
  }

  // Wakes all that wait; call it after a change.
  void Notify();

  // Returns the word's value once it is not `old`.
  uint32_t WaitWhile(uint32_t old, SpinBudget* budget);

 private:
  void Sleep(uint32_t old);

  std::atomic<uint32_t> word_{0};
  std::atomic<uint32_t> sleepers_{0};  // spares Notify() the system call
#if !defined(__linux__)
  std::mutex mutex_;
  std::condition_variable changed_;
#endif
};

}  // namespace mlcompute::team
