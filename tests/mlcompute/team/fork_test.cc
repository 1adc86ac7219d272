#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "mlcompute/team/team.h"

namespace mlcompute {
namespace {

constexpr int kThreads = 4;
[[maybe_unused]] const int team_of_four = setenv("TF_MLC_NUM_THREADS", "4", 1);

// True if all threads of the team take part; hangs when there are too few.
bool WholeTeamRuns() {
  std::atomic<int> here{0};
  ParallelFor(kThreads, 1, [&](int64_t, int64_t) {
    ++here;
    while (here < kThreads) std::this_thread::yield();
  });
  return here == kThreads;
}

// Runs `body` in a child; its result, or -1 if it had to be killed.
template <typename Body>
int InChild(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Fork, ChildMakesItsOwnWorkers) {
  ASSERT_TRUE(WholeTeamRuns());
  EXPECT_EQ(InChild([] { return WholeTeamRuns() && TeamSize() == kThreads ? 7 : 1; }), 7);
  EXPECT_TRUE(WholeTeamRuns());
}

TEST(Fork, GrandchildToo) {
  ASSERT_TRUE(WholeTeamRuns());
  EXPECT_EQ(InChild([] {
              if (!WholeTeamRuns()) return 1;
              return InChild([] { return WholeTeamRuns() ? 7 : 1; });
            }),
            7);
}

TEST(Fork, WhileAnotherThreadHasTheTeam) {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) WholeTeamRuns();
  });
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(InChild([] { return WholeTeamRuns() ? 7 : 1; }), 7);
  }
  stop = true;
  busy.join();
}

TEST(Fork, FromInsideARegionReturns) {
  EXPECT_EQ(InChild([] {
              std::atomic<pid_t> grandchild{-1};
              const pid_t self = getpid();
              ParallelFor(kThreads, 1, [&](int64_t begin, int64_t) {
                if (begin == 0) grandchild = fork();
              });
              if (getpid() != self) {
                alarm(20);
                _exit(WholeTeamRuns() ? 7 : 1);
              }
              int status = 0;
              waitpid(grandchild, &status, 0);
              return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
            }),
            7);
}

TEST(Exit, WithIdleWorkersIsClean) {
  EXPECT_EXIT(
      {
        WholeTeamRuns();
        std::exit(3);
      },
      testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace mlcompute
