#include <gtest/gtest.h>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::OpCase;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

// Bit for bit, also where the counter's words overflow.
void ExpectSameBits(Op op, DataType type, int64_t n) {
  const uint64_t counters[][2] = {
      {0, 0}, {~uint64_t{0} - 3, 0xffffffff}, {0xfffffff0, ~uint64_t{0}}};
  for (const auto& counter : counters) {
    for (const int64_t counter_size : {1, 2}) {
      OpCase c(op, {{DataType::kUInt64, {1}}, {DataType::kUInt64, {counter_size}}}, {{type, {n}}},
               {{"shape", std::vector<int64_t>{n}}, {"to", type}});
      SCOPED_TRACE(c.ToString());
      *static_cast<uint64_t*>(c.inputs[0].data()) = 0x0123456789abcdef;
      std::copy_n(counter, counter_size, static_cast<uint64_t*>(c.inputs[1].data()));
      const auto step = portable::MakeRandom(c.view);
      ASSERT_NE(step, nullptr);
      const std::vector<Buffer> got = c.Run(*step);
      const std::vector<Buffer> want = c.Run(*reference::MakeStep(c.view));
      EXPECT_EQ(std::memcmp(got[0].data(), want[0].data(), c.view.results[0].bytes()), 0);
    }
  }
}

TEST(Random, GivesTheBitsOfTheReference) {
  for (const int64_t n : {1, 7, 16, 1000, 1025, 100003}) {
    for (const DataType type :
         {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16, DataType::kFloat64}) {
      ExpectSameBits(Op::kRandomUniform, type, n);
      ExpectSameBits(Op::kRandomNormal, type, n);
      if (n < 10000) ExpectSameBits(Op::kRandomTruncatedNormal, type, n);
    }
    for (const DataType type :
         {DataType::kInt32, DataType::kUInt32, DataType::kInt64, DataType::kUInt64}) {
      ExpectSameBits(Op::kRandomBits, type, n);
    }
  }
}

}  // namespace
}  // namespace mlcompute
