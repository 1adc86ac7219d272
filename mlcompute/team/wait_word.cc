#include "mlcompute/team/wait_word.h"

#include <chrono>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#endif

namespace mlcompute::team {
namespace {

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void Pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

constexpr int kPausesPerLook = 16;  // between two readings of the clock

}  // namespace

uint32_t WaitWord::WaitWhile(uint32_t old, SpinBudget* budget) {
  uint32_t value = Load();
  if (value != old) return value;
  const int64_t start = Now();
  const int64_t deadline = start + budget->nanoseconds();
  int64_t now = start;
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      Pause();
      value = Load();
      if (value != old) {
        budget->Learn(0);
        return value;
      }
    }
    now = Now();
  } while (now < deadline);
  while ((value = Load()) == old) Sleep(old);
  budget->Learn(Now() - start);
  return value;
}

// The counter and the word are both accessed in sequentially consistent order: either the sleeper
// sees the new word or the notifier sees the sleeper.
#if defined(__linux__)

void WaitWord::Sleep(uint32_t old) {
  static_assert(sizeof(word_) == 4 && std::atomic<uint32_t>::is_always_lock_free);
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  syscall(SYS_futex, &word_, FUTEX_WAIT_PRIVATE, old, nullptr, nullptr, 0);
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

void WaitWord::Notify() {
  if (sleepers_.load(std::memory_order_seq_cst) == 0) return;
  syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

#else

void WaitWord::Sleep(uint32_t old) {
  std::unique_lock<std::mutex> lock(mutex_);
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  while (word_.load(std::memory_order_seq_cst) == old) changed_.wait(lock);
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

void WaitWord::Notify() {
  if (sleepers_.load(std::memory_order_seq_cst) == 0) return;
  { std::lock_guard<std::mutex> lock(mutex_); }
  changed_.notify_all();
}

#endif

}  // namespace mlcompute::team
