#include "mlcompute/team/crew.h"

#include <pthread.h>
#if defined(__linux__)
#include <sched.h>
#endif
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

#include "mlcompute/team/team.h"
#include "mlcompute/team/wait_word.h"

namespace mlcompute::team {
namespace {

#if defined(__linux__)

// Keeps a worker off the core of the thread it works for. Kernels that save power or pack virtual
// machines wake a thread where its waker runs, and then both take turns on one core for
// milliseconds while others are idle.
class CoreChoice {
 public:
  CoreChoice() { known_ = sched_getaffinity(0, sizeof(allowed_), &allowed_) == 0; }

  void StepAside(int callers_core, int threads) {
    if (!known_ || callers_core < 0 || sched_getcpu() != callers_core) return;
    if (CPU_COUNT(&allowed_) < threads || !CPU_ISSET(callers_core, &allowed_)) return;
    cpu_set_t others = allowed_;
    CPU_CLR(callers_core, &others);
    // Only to move it: the kernel is free again to place it as the load on the machine changes.
    if (sched_setaffinity(0, sizeof(others), &others) == 0) {
      sched_setaffinity(0, sizeof(allowed_), &allowed_);
    }
  }

 private:
  cpu_set_t allowed_;
  bool known_;
};

int CurrentCore() { return sched_getcpu(); }

#else

class CoreChoice {
 public:
  void StepAside(int, int) {}
};

int CurrentCore() { return -1; }

#endif

}  // namespace

// Never destroyed: workers may outlive static destructors, and after a fork the child has to leave
// behind whatever state its copy is in.
class Crew {
 public:
  explicit Crew(int size) : size_(size), mailboxes_(new WaitWord[static_cast<size_t>(size)]) {}

  void Begin(int count, void (*function)(void*), void* data) {
    mutex_.lock();
    StartWorkers(count);
    function_ = function;
    data_ = data;
    count_ = count;
    callers_core_ = CurrentCore();
    pending_.Store(static_cast<uint32_t>(count - 1));
    for (int i = 1; i < count; ++i) {
      mailboxes_[i].Add(1);
      mailboxes_[i].Notify();
    }
  }

  // Does the share of worker `index`, which `state` is made to be, unless that has begun. If it has
  // not when the caller's own share is done, no barrier of the region waits for it.
  void StandIn(int index, ThreadState* state) {
    const uint32_t mail = mailboxes_[index].Load();
    if (!IsShare(mail) || !mailboxes_[index].Replace(mail, mail + 1)) return;
    ThreadState* const outer = state->outer;
    *state = OfRegion(index);
    state->outer = outer;
    function_(data_);
    pending_.Add(static_cast<uint32_t>(-1));
  }

  int count() const { return count_; }

  void End() {
    uint32_t pending = pending_.Load();
    while (pending != 0 && !abandoned_) pending = pending_.WaitWhile(pending, &end_budget_);
    mutex_.unlock();
  }

  void Barrier() {
    if (abandoned_) return;
    const uint32_t phase = barrier_phase_.Load();
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
      arrived_.store(0, std::memory_order_relaxed);
      barrier_phase_.Store(phase + 1);
      barrier_phase_.Notify();
    } else {
      SpinBudget budget;
      barrier_phase_.WaitWhile(phase, &budget);
    }
  }

  // In the child of a fork: the workers are gone, nothing is to be waited for.
  void Abandon() { abandoned_ = true; }

 private:
  // Mail is counted: an odd number is a share that nobody has begun, the next one that it is taken.
  static bool IsShare(uint32_t mail) { return mail % 2 != 0; }

  ThreadState OfRegion(int thread) {
    ThreadState state;
    state.thread_num = thread;
    state.num_threads = count_;
    state.in_parallel = true;
    state.crew = this;
    return state;
  }

  void StartWorkers(int count) {
    if (started_ >= count) return;
    // Signals are for the threads of the application.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      for (; started_ < count; ++started_) {
        std::thread([this, i = started_] { Work(i); }).detach();
      }
    } catch (const std::system_error& e) {
      // As every OpenMP runtime: callers have divided their work by the promised number of threads.
      std::fprintf(stderr, "mlcompute: cannot start thread %d of %d (%s); set TF_MLC_NUM_THREADS\n",
                   started_ + 1, size_, e.what());
      std::abort();
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void Work(int index) {
#if defined(__linux__)
    char name[16];
    std::snprintf(name, sizeof(name), "mlc-team-%d", index);
    pthread_setname_np(pthread_self(), name);
#endif
    ThreadState& state = CurrentThread();
    SpinBudget budget;
    CoreChoice core;
    for (uint32_t mail = 0;;) {
      mail = mailboxes_[index].WaitWhile(mail, &budget);
      if (!IsShare(mail) || !mailboxes_[index].Replace(mail, mail + 1)) continue;
      ++mail;
      core.StepAside(callers_core_, size_);
      state = OfRegion(index);
      function_(data_);
      if (pending_.Add(static_cast<uint32_t>(-1)) == 0) pending_.Notify();
    }
  }

  const int size_;
  const std::unique_ptr<WaitWord[]> mailboxes_;  // by thread number; 0 unused
  std::mutex mutex_;                             // held by the host thread whose region runs
  int started_ = 1;                              // threads there are, the caller included
  SpinBudget end_budget_;
  bool abandoned_ = false;

  // The region; written by Begin(), constant until all are done with it who have taken a share.
  void (*function_)(void*) = nullptr;
  void* data_ = nullptr;
  int count_ = 1;
  int callers_core_ = -1;

  WaitWord pending_;  // workers that are not done
  WaitWord barrier_phase_;
  std::atomic<int> arrived_{0};
};

namespace {

std::atomic<Crew*> the_crew{nullptr};

// No lock, which a fork could find held by a thread that the child does not have.
Crew* GetCrew() {
  Crew* crew = the_crew.load(std::memory_order_acquire);
  if (crew != nullptr) return crew;
  auto made = std::make_unique<Crew>(TeamSize());
  if (the_crew.compare_exchange_strong(crew, made.get(), std::memory_order_acq_rel)) {
    crew = made.release();
  }
  return crew;
}

void AfterForkInChild() {
  Crew* crew = the_crew.exchange(nullptr, std::memory_order_relaxed);
  if (crew != nullptr) crew->Abandon();
}

[[maybe_unused]] const int registered = pthread_atfork(nullptr, nullptr, AfterForkInChild);

}  // namespace

ThreadState& CurrentThread() {
  thread_local ThreadState state;
  return state;
}

void BeginRegion(int count, void (*function)(void*), void* data) {
  ThreadState& state = CurrentThread();
  const bool alone = count <= 1 || state.in_parallel || state.alone;
  auto outer = std::make_unique<ThreadState>(state);
  Crew* const crew = alone ? nullptr : GetCrew();
  if (crew != nullptr) crew->Begin(count, function, data);
  state = ThreadState();
  state.num_threads = alone ? 1 : count;
  state.in_parallel = !alone || outer->in_parallel;
  state.crew = crew;
  state.alone = outer->alone;
  state.outer = outer.release();
}

void EndRegion() {
  ThreadState& state = CurrentThread();
  if (state.outer == nullptr) return;
  if (Crew* const crew = state.crew) {
    for (int i = 1; i < crew->count(); ++i) crew->StandIn(i, &state);
    crew->End();
  }
  const std::unique_ptr<ThreadState> outer(state.outer);
  state = *outer;
}

void RegionBarrier() {
  if (Crew* crew = CurrentThread().crew) crew->Barrier();
}

}  // namespace mlcompute::team
