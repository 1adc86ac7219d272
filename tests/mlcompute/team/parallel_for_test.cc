#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "mlcompute/team/team.h"
#include "tests/mlcompute/team/busy_cores.h"

namespace mlcompute {
namespace {

constexpr int kThreads = 4;
[[maybe_unused]] const int team_of_four = setenv("TF_MLC_NUM_THREADS", "4", 1);

using Ranges = std::set<std::pair<int64_t, int64_t>>;

Ranges RangesOf(int64_t n, int64_t grain) {
  std::mutex mutex;
  Ranges ranges;
  ParallelFor(n, grain, [&](int64_t begin, int64_t end) {
    const std::lock_guard<std::mutex> lock(mutex);
    EXPECT_TRUE(ranges.emplace(begin, end).second) << begin << " " << end;
  });
  return ranges;
}

TEST(Team, SizeIsTheVariables) { EXPECT_EQ(TeamSize(), kThreads); }

TEST(ParallelFor, RangesCoverAllOnceAndKeepTheGrain) {
  for (const int64_t n : {1, 2, 3, 4, 5, 7, 64, 100, 1000, 1023}) {
    for (const int64_t grain : {0, 1, 2, 3, 16, 64, 5000}) {
      const Ranges ranges = RangesOf(n, grain);
      EXPECT_LE(ranges.size(), static_cast<size_t>(kThreads));
      int64_t reached = 0;
      for (const auto& [begin, end] : ranges) {
        EXPECT_EQ(begin, reached);
        EXPECT_LT(begin, end);
        if (end != n && grain > 0) {
          EXPECT_EQ((end - begin) % grain, 0) << n << " " << grain;
        }
        reached = end;
      }
      EXPECT_EQ(reached, n) << grain;
    }
  }
}

TEST(ParallelFor, NothingToDo) {
  EXPECT_TRUE(RangesOf(0, 1).empty());
  EXPECT_TRUE(RangesOf(-3, 1).empty());
}

TEST(ParallelFor, SmallWorkStaysOnTheCaller) {
  const std::thread::id caller = std::this_thread::get_id();
  ParallelFor(100, 100, [&](int64_t, int64_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

TEST(ParallelFor, RangesAreTheSameEachTimeAndWhenNested) {
  const Ranges first = RangesOf(1000, 7);
  EXPECT_EQ(first.size(), static_cast<size_t>(kThreads));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(RangesOf(1000, 7), first);
  ParallelFor(kThreads, 1, [&](int64_t, int64_t) { EXPECT_EQ(RangesOf(1000, 7), first); });
}

// Where a worker does not come soon, as threads of others have the cores, the caller does its
// range.
TEST(ParallelFor, CallerDoesWhatNobodyHasBegun) {
  const testing::BusyCores busy;
  const std::thread::id caller = std::this_thread::get_id();
  const Ranges all = RangesOf(kThreads, 1);
  int taken_over = 0;
  for (int i = 0; i < 500; ++i) {
    std::atomic<int> of_caller{0};
    std::mutex mutex;
    Ranges ranges;
    ParallelFor(kThreads, 1, [&](int64_t begin, int64_t end) {
      of_caller += std::this_thread::get_id() == caller;
      const std::lock_guard<std::mutex> lock(mutex);
      EXPECT_TRUE(ranges.emplace(begin, end).second) << begin;
    });
    EXPECT_EQ(ranges, all);
    taken_over += of_caller - 1;
  }
  EXPECT_GT(taken_over, 0);
}

TEST(ParallelFor, AllThreadsRunAtOnce) {
  std::atomic<int> here{0};
  ParallelFor(kThreads, 1, [&](int64_t, int64_t) {
    ++here;
    while (here < kThreads) std::this_thread::yield();
  });
  EXPECT_EQ(here, kThreads);
}

TEST(ParallelFor, NestedRunsOnItsThread) {
  std::atomic<int64_t> sum{0};
  ParallelFor(kThreads, 1, [&](int64_t begin, int64_t end) {
    const std::thread::id thread = std::this_thread::get_id();
    ParallelFor((end - begin) * 1000, 1, [&](int64_t b, int64_t e) {
      EXPECT_EQ(std::this_thread::get_id(), thread);
      sum += e - b;
    });
  });
  EXPECT_EQ(sum, kThreads * 1000);
}

TEST(ParallelFor, RethrowsTheFirstRangesException) {
  for (int i = 0; i < 50; ++i) {
    try {
      ParallelFor(kThreads, 1, [](int64_t begin, int64_t) {
        if (begin > 0) throw std::runtime_error(std::to_string(begin));
      });
      FAIL() << "nothing thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "1");
    }
  }
  EXPECT_EQ(RangesOf(8, 1).size(), static_cast<size_t>(kThreads));  // the team is still usable
}

TEST(ParallelFor, RethrowsTheCallersAndNestedExceptions) {
  EXPECT_THROW(ParallelFor(kThreads, 1,
                           [](int64_t begin, int64_t) {
                             if (begin == 0) throw std::logic_error("caller");
                           }),
               std::logic_error);
  EXPECT_THROW(
      ParallelFor(kThreads, 1,
                  [](int64_t, int64_t) { ParallelFor(10, 1, [](int64_t, int64_t) { throw 5; }); }),
      int);
  EXPECT_THROW(ParallelFor(1, 1, [](int64_t, int64_t) { throw 5; }), int);
}

TEST(ParallelFor, ManyCallersAtOnce) {
  constexpr int kCallers = 8;
  std::vector<std::thread> callers;
  std::vector<int64_t> sums(kCallers, 0);
  for (int c = 0; c < kCallers; ++c) {
    callers.emplace_back([&, c] {
      for (int round = 0; round < 200; ++round) {
        std::vector<int> seen(257, 0);
        ParallelFor(257, 3, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
        });
        for (const int s : seen) sums[static_cast<size_t>(c)] += s == 1 ? 1 : -1000000;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (const int64_t sum : sums) EXPECT_EQ(sum, 200 * 257);
}

}  // namespace
}  // namespace mlcompute
