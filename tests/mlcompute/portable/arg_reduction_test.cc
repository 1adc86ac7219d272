#include <gtest/gtest.h>

#include <limits>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::ExpectAgrees;
using testing::OpCase;
using testing::Set;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

struct Row {
  Shape x;
  int64_t axis;
};

const Row kRows[] = {{{1}, 0},           {{7}, 0},       {{100003}, 0},     {{300, 10}, 1},
                     {{300, 10}, 0},     {{5, 1000}, 1}, {{70, 33, 40}, 1}, {{4, 9, 1100}, 1},
                     {{3, 65, 2, 5}, 1}, {{64, 1, 8}, 1}};

TensorType Result(const Row& row, DataType index) {
  std::vector<int64_t> dims = row.x.dims();
  dims.erase(dims.begin() + row.axis);
  return {index, Shape(dims)};
}

class ArgTest : public ::testing::TestWithParam<std::tuple<Op, DataType, DataType>> {
 protected:
  // Fills x by fill(i) and compares.
  template <typename Fill>
  void Check(const Fill& fill) const {
    const auto [op, type, index] = GetParam();
    for (const Row& row : kRows) {
      OpCase c(op, {{type, row.x}}, {Result(row, index)}, {{"axis", row.axis}, {"to", index}});
      for (int64_t i = 0; i < row.x.elements(); ++i) fill(c, type, i);
      ExpectAgrees(c, portable::MakeArgReduction);
    }
  }
};

TEST_P(ArgTest, TakesTheFirstOfEquals) {
  Check([](OpCase&, DataType, int64_t) {});
}

TEST_P(ArgTest, PassesOverNan) {
  Check([](OpCase& c, DataType type, int64_t i) {
    if (i % 3 == 0) Set(type, c.inputs[0].data(), i, std::numeric_limits<float>::quiet_NaN());
  });
}

TEST_P(ArgTest, TakesInfinities) {
  Check([](OpCase& c, DataType type, int64_t i) {
    const float infinity = std::numeric_limits<float>::infinity();
    Set(type, c.inputs[0].data(), i, i % 7 == 5 ? infinity : -infinity);
  });
}

// The worst finite value does not win over what came before.
TEST_P(ArgTest, StartsFromTheWorstFiniteValue) {
  const auto [op, type, index] = GetParam();
  const float largest = type == DataType::kFloat32   ? std::numeric_limits<float>::max()
                        : type == DataType::kFloat16 ? 65504.0f
                                                     : 0x1.fep127f;
  const float sign = op == Op::kArgMax ? -1.0f : 1.0f;
  OpCase c(op, {{type, {3}}}, {{index, {}}}, {{"axis", int64_t{0}}, {"to", index}});
  Set(type, c.inputs[0].data(), 0, sign * std::numeric_limits<float>::infinity());
  Set(type, c.inputs[0].data(), 1, sign * largest);
  Set(type, c.inputs[0].data(), 2, sign * largest);
  ExpectAgrees(c, portable::MakeArgReduction);
}

INSTANTIATE_TEST_SUITE_P(All, ArgTest,
                         ::testing::Combine(::testing::Values(Op::kArgMax, Op::kArgMin),
                                            ::testing::Values(DataType::kFloat32,
                                                              DataType::kFloat16,
                                                              DataType::kBFloat16),
                                            ::testing::Values(DataType::kInt32, DataType::kInt64)),
                         [](const auto& info) {
                           return std::string(Name(std::get<0>(info.param))) +
                                  std::string(Name(std::get<1>(info.param))) +
                                  std::string(Name(std::get<2>(info.param)));
                         });

}  // namespace
}  // namespace mlcompute
