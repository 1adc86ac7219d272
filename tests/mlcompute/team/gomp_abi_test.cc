// The OpenMP entry points, called as code compiled by g++ -fopenmp calls them.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "mlcompute/team/team.h"
#include "tests/mlcompute/team/busy_cores.h"

extern "C" {
void GOMP_parallel_start(void (*function)(void*), void* data, unsigned num_threads);
void GOMP_parallel_end();
void GOMP_barrier();
bool GOMP_loop_static_start(long start, long end, long step, long chunk, long* begin, long* stop);
bool GOMP_loop_static_next(long* begin, long* end);
void GOMP_loop_end_nowait();
int omp_get_max_threads();
int omp_get_num_threads();
int omp_get_thread_num();
int omp_in_parallel();
}

namespace mlcompute {
namespace {

constexpr int kThreads = 4;
[[maybe_unused]] const int team_of_four = setenv("TF_MLC_NUM_THREADS", "4", 1);

void Parallel(unsigned threads, std::function<void()> body) {
  const auto run = [](void* data) { (*static_cast<std::function<void()>*>(data))(); };
  GOMP_parallel_start(run, &body, threads);
  run(&body);
  GOMP_parallel_end();
}

TEST(Gomp, OutsideARegion) {
  EXPECT_EQ(omp_get_max_threads(), kThreads);
  EXPECT_EQ(omp_get_num_threads(), 1);
  EXPECT_EQ(omp_get_thread_num(), 0);
  EXPECT_FALSE(omp_in_parallel());
  GOMP_barrier();
}

TEST(Gomp, RegionHasTheThreadsAskedFor) {
  for (const unsigned asked : {0u, 1u, 2u, 3u, 4u, 9u}) {
    const int expected = asked == 0 || asked > kThreads ? kThreads : static_cast<int>(asked);
    std::vector<std::atomic<int>> calls(kThreads);
    Parallel(asked, [&] {
      EXPECT_EQ(omp_get_num_threads(), expected);
      EXPECT_EQ(omp_in_parallel() != 0, expected > 1);
      ++calls[static_cast<size_t>(omp_get_thread_num())];
    });
    for (int i = 0; i < kThreads; ++i) {
      EXPECT_EQ(calls[static_cast<size_t>(i)], i < expected ? 1 : 0) << asked;
    }
    EXPECT_EQ(omp_get_num_threads(), 1);
    EXPECT_FALSE(omp_in_parallel());
  }
}

// Each share has its number, whoever does it, and a region in it has that thread alone.
TEST(Gomp, CallerStandsInForThreadsThatHaveNotBegun) {
  const testing::BusyCores busy;
  const std::thread::id caller = std::this_thread::get_id();
  int stood_in = 0;
  for (int i = 0; i < 500; ++i) {
    std::vector<std::atomic<int>> calls(kThreads);
    std::atomic<int> of_caller{0};
    Parallel(0, [&] {
      EXPECT_EQ(omp_get_num_threads(), kThreads);
      Parallel(0, [] { EXPECT_EQ(omp_get_num_threads(), 1); });
      of_caller += std::this_thread::get_id() == caller;
      ++calls[static_cast<size_t>(omp_get_thread_num())];
    });
    for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 1);
    EXPECT_EQ(omp_get_num_threads(), 1);
    EXPECT_EQ(omp_get_thread_num(), 0);
    stood_in += of_caller - 1;
  }
  EXPECT_GT(stood_in, 0);
}

TEST(Gomp, NestedRegionHasTheCallerAlone) {
  std::atomic<int> inner{0};
  Parallel(0, [&] {
    const int before = omp_get_thread_num();
    Parallel(0, [&] {
      EXPECT_EQ(omp_get_num_threads(), 1);
      EXPECT_EQ(omp_get_thread_num(), 0);
      EXPECT_TRUE(omp_in_parallel());
      Parallel(3, [&] {
        GOMP_barrier();
        ++inner;
      });
    });
    EXPECT_EQ(omp_get_thread_num(), before);
    EXPECT_EQ(omp_get_num_threads(), kThreads);
  });
  EXPECT_EQ(inner, kThreads);
}

TEST(Gomp, ParallelForIsAParallelRegion) {
  std::atomic<int> calls{0};
  ParallelFor(kThreads, 1, [&](int64_t, int64_t) {
    EXPECT_TRUE(omp_in_parallel());
    Parallel(0, [&] {
      EXPECT_TRUE(omp_in_parallel());
      EXPECT_EQ(omp_get_num_threads(), 1);
      ++calls;
    });
  });
  EXPECT_EQ(calls, kThreads);
}

TEST(Gomp, OneThreadKeepsToTheCaller) {
  {
    const OneThread one;
    EXPECT_EQ(omp_get_max_threads(), 1);
    { const OneThread again; }
    int calls = 0;
    Parallel(0, [&] {
      EXPECT_EQ(omp_get_num_threads(), 1);
      ++calls;
    });
    EXPECT_EQ(calls, 1);
    const std::thread::id caller = std::this_thread::get_id();
    int64_t covered = 0;
    ParallelFor(100, 1, [&](int64_t begin, int64_t end) {
      EXPECT_EQ(std::this_thread::get_id(), caller);
      covered += end - begin;
    });
    EXPECT_EQ(covered, 100);
  }
  EXPECT_EQ(omp_get_max_threads(), kThreads);
}

TEST(Gomp, BarrierSeparatesPhases) {
  constexpr int kPhases = 500;
  std::vector<int> progress(kThreads, 0);
  for (const unsigned threads : {2u, 4u}) {
    progress.assign(kThreads, 0);
    Parallel(threads, [&] {
      const size_t self = static_cast<size_t>(omp_get_thread_num());
      for (int phase = 1; phase <= kPhases; ++phase) {
        progress[self] = phase;
        GOMP_barrier();
        for (size_t i = 0; i < threads; ++i) ASSERT_EQ(progress[i], phase);
        GOMP_barrier();
      }
    });
  }
}

TEST(Gomp, StaticLoopsCoverAllIterationsOnce) {
  struct Loop {
    long start, end, step, chunk;
  };
  const Loop loops[] = {
      {0, 100, 1, 0}, {0, 3, 1, 0},   {5, 50, 7, 0},   {50, 5, -7, 0}, {0, 0, 1, 0},
      {0, 100, 1, 8}, {3, 100, 5, 2}, {100, 3, -5, 1}, {9, 3, 1, 2},   {0, 1, 1, 16},
  };
  for (const Loop& loop : loops) {
    std::vector<std::atomic<int>> seen(101);
    Parallel(0, [&] {
      long begin = 0, end = 0;
      if (GOMP_loop_static_start(loop.start, loop.end, loop.step, loop.chunk, &begin, &end)) {
        do {
          for (long i = begin; loop.step > 0 ? i < end : i > end; i += loop.step) {
            ++seen[static_cast<size_t>(i)];
          }
        } while (GOMP_loop_static_next(&begin, &end));
      }
      GOMP_loop_end_nowait();
    });
    for (long i = 0; i <= 100; ++i) {
      const bool in =
          loop.step > 0 ? i >= loop.start && i < loop.end : i <= loop.start && i > loop.end;
      const int expected = in && (i - loop.start) % loop.step == 0 ? 1 : 0;
      EXPECT_EQ(seen[static_cast<size_t>(i)], expected)
          << i << " of " << loop.start << " " << loop.end << " " << loop.step;
    }
  }
}

TEST(Gomp, CallersWaitForTheWholeTeam) {
  std::vector<std::thread> callers;
  std::atomic<int> threads_seen{0};
  for (int c = 0; c < 6; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        Parallel(0, [&] {
          ++threads_seen;
          GOMP_barrier();  // hangs unless all threads of the region really run
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(threads_seen, 6 * 100 * kThreads);
}

}  // namespace
}  // namespace mlcompute
