#include <gtest/gtest.h>

#include <algorithm>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::ExpectAgrees;
using testing::OpCase;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

OpCase Case(DataType type, const Shape& a, const Shape& b, bool transpose_a, bool transpose_b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<int64_t> result;
  for (int i = rank; i > 2; --i) {
    const int64_t in_a = i > a.rank() ? 1 : a[a.rank() - i];
    const int64_t in_b = i > b.rank() ? 1 : b[b.rank() - i];
    result.push_back(in_a == 1 ? in_b : in_a);
  }
  result.push_back(a[a.rank() - (transpose_a ? 1 : 2)]);
  result.push_back(b[b.rank() - (transpose_b ? 2 : 1)]);
  return OpCase(Op::kMatMul, {{type, a}, {type, b}}, {{type, Shape(result)}},
                {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
}

struct Row {
  Shape a, b;  // [..., m, k] and [..., k, n]
};

const Row kRows[] = {
    {{1, 1}, {1, 1}},
    {{2, 3}, {3, 4}},
    {{1, 7}, {7, 1}},
    {{5, 1}, {1, 6}},
    {{17, 33}, {33, 19}},
    {{32, 128}, {128, 10}},
    {{1, 300}, {300, 70}},
    {{130, 257}, {257, 65}},  // enough for the whole team
    {{200, 100}, {100, 200}},
    {{3, 4, 5}, {3, 5, 6}},
    {{3, 4, 5}, {1, 5, 6}},
    {{1, 4, 5}, {3, 5, 6}},
    {{3, 4, 5}, {5, 6}},
    {{4, 5}, {3, 5, 6}},
    {{2, 3, 4, 5}, {2, 3, 5, 6}},
    {{2, 1, 4, 5}, {1, 3, 5, 6}},
    {{2, 1, 4, 5}, {3, 5, 6}},
    {{2, 3, 2, 4, 5}, {2, 1, 1, 5, 6}},
    {{1, 1, 4, 5}, {1, 1, 5, 6}},
    {{2, 3, 40, 64}, {2, 3, 64, 40}},
};

Shape Exchanged(Shape shape, bool exchange) {
  if (exchange) std::swap(shape[shape.rank() - 1], shape[shape.rank() - 2]);
  return shape;
}

class MatMul : public ::testing::TestWithParam<DataType> {};

TEST_P(MatMul, AgreesWithTheReference) {
  for (const Row& row : kRows) {
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        ExpectAgrees(Case(GetParam(), Exchanged(row.a, transpose_a), Exchanged(row.b, transpose_b),
                          transpose_a, transpose_b),
                     portable::MakeMatMul);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, MatMul,
                         ::testing::Values(DataType::kFloat32, DataType::kBFloat16,
                                           DataType::kFloat16),
                         [](const auto& info) { return std::string(Name(info.param)); });

TEST(MatMulLimits, NotANumberAndInfinityGoThrough) {
  OpCase c = Case(DataType::kFloat32, {2, 3}, {3, 2}, false, false);
  float* a = static_cast<float*>(c.inputs[0].data());
  a[0] = NAN;
  a[4] = INFINITY;
  ExpectAgrees(c, portable::MakeMatMul);
}

TEST(MatMulLimits, LeavesTheRestToTheReference) {
  EXPECT_EQ(portable::MakeMatMul(Case(DataType::kFloat32, {0, 3}, {3, 2}, false, false).view),
            nullptr);
  EXPECT_EQ(portable::MakeMatMul(Case(DataType::kFloat32, {2, 0}, {0, 2}, false, false).view),
            nullptr);
  EXPECT_EQ(portable::MakeMatMul(Case(DataType::kInt32, {2, 3}, {3, 2}, false, false).view),
            nullptr);
}

}  // namespace
}  // namespace mlcompute
