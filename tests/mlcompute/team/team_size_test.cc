// TF_MLC_NUM_THREADS is read once a process, so every value is tried in a process of its own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "mlcompute/team/team.h"

namespace mlcompute {
namespace {

void ExitWithSize(const char* value) {
  setenv("TF_MLC_NUM_THREADS", value, 1);
  std::exit(TeamSize());
}

int Affinity() { return static_cast<int>(std::thread::hardware_concurrency()); }

TEST(TeamSizeDeathTest, TakesTheVariable) {
  EXPECT_EXIT(ExitWithSize("3"), testing::ExitedWithCode(3), "");
  EXPECT_EXIT(ExitWithSize("1"), testing::ExitedWithCode(1), "");
}

TEST(TeamSizeDeathTest, EmptyMeansAffinity) {
  EXPECT_EXIT(ExitWithSize(""), testing::ExitedWithCode(Affinity()), "");
}

TEST(TeamSizeDeathTest, BadValueIsNamedAndReplaced) {
  for (const std::string value : {"0", "-2", "two", "4x", "99999999999999999999", "2000"}) {
    EXPECT_EXIT(ExitWithSize(value.c_str()), testing::ExitedWithCode(Affinity()),
                "TF_MLC_NUM_THREADS=\"" + value + "\"");
  }
}

}  // namespace
}  // namespace mlcompute
