#include "mlcompute/team/team.h"

#if defined(__linux__)
#include <sched.h>
#endif

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>

#include "mlcompute/team/crew.h"

namespace mlcompute {
namespace {

constexpr int kMostThreads = 1024;

int AffinityCount() {
#if defined(__linux__)
  for (int cpus = 1024; cpus <= (1 << 18); cpus *= 2) {
    cpu_set_t* set = CPU_ALLOC(static_cast<size_t>(cpus));
    if (set == nullptr) break;
    const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(cpus));
    const bool ok = sched_getaffinity(0, bytes, set) == 0;
    const bool too_small = !ok && errno == EINVAL;
    const int count = ok ? CPU_COUNT_S(bytes, set) : 0;
    CPU_FREE(set);
    if (ok) return std::clamp(count, 1, kMostThreads);
    if (!too_small) break;
  }
#endif
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMostThreads);
}

// 0 if the variable is not set or bad.
int WantedThreads(const char** bad) {
  const char* text = std::getenv("TF_MLC_NUM_THREADS");
  if (text == nullptr || *text == '\0') return 0;
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  if (*end == '\0' && value >= 1 && value <= kMostThreads) return static_cast<int>(value);
  *bad = text;
  return 0;
}

// A ParallelFor() call in progress.
struct Job {
  int64_t n;
  int64_t grain;
  int64_t units;  // pieces of `grain`
  int parts;
  void (*body)(void*, int64_t, int64_t);
  void* context;

  std::mutex mutex;
  int failed_part;  // the lowest, so that the same exception is thrown each time
  std::exception_ptr error;

  int64_t Boundary(int part) const { return std::min(n, units * part / parts * grain); }

  void RunPart(int part) { body(context, Boundary(part), Boundary(part + 1)); }

  void RunPartCatching(int part) {
    try {
      RunPart(part);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (error == nullptr || part < failed_part) {
        failed_part = part;
        error = std::current_exception();
      }
    }
  }
};

void RunOwnPart(void* job) {
  static_cast<Job*>(job)->RunPartCatching(team::CurrentThread().thread_num);
}

}  // namespace

int TeamSize() {
  // Kept over a fork: primitives are made for a number of threads.
  static std::atomic<int> size{0};
  int known = size.load(std::memory_order_relaxed);
  if (known != 0) return known;
  const char* bad = nullptr;
  const int wanted = WantedThreads(&bad);
  const int found = wanted != 0 ? wanted : AffinityCount();
  if (!size.compare_exchange_strong(known, found, std::memory_order_relaxed)) return known;
  if (bad != nullptr) {
    std::fprintf(stderr,
                 "mlcompute: TF_MLC_NUM_THREADS=\"%s\" is not a number from 1 to %d; using %d\n",
                 bad, kMostThreads, found);
  }
  return found;
}

OneThread::OneThread() : before_(team::CurrentThread().alone) {
  team::CurrentThread().alone = true;
}

OneThread::~OneThread() { team::CurrentThread().alone = before_; }

void ParallelForRaw(int64_t n, int64_t grain, void (*body)(void*, int64_t, int64_t),
                    void* context) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  if (n <= grain) return body(context, 0, n);
  const int64_t units = (n - 1) / grain + 1;
  const int parts = static_cast<int>(std::min<int64_t>(units, TeamSize()));
  if (parts == 1) return body(context, 0, n);

  Job job{n, grain, units, parts, body, context, {}, 0, nullptr};
  const team::ThreadState& thread = team::CurrentThread();
  if (thread.in_parallel || thread.alone) {
    for (int part = 0; part < parts; ++part) job.RunPart(part);  // the same ranges
    return;
  }
  team::BeginRegion(parts, RunOwnPart, &job);
  job.RunPartCatching(0);
  team::EndRegion();
  if (job.error != nullptr) std::rethrow_exception(job.error);
}

}  // namespace mlcompute
