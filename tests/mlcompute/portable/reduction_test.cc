#include <gtest/gtest.h>

#include <limits>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::ExpectAgrees;
using testing::Get;
using testing::OpCase;
using testing::Set;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

struct Row {
  Shape shape;
  Ints axes;
};

// Runs, columns, short rows taken together, several passes, and work cut into chunks.
const Row kRows[] = {
    {{}, {}},
    {{1}, {0}},
    {{7}, {0}},
    {{1000}, {0}},
    {{100003}, {0}},
    {{3, 70001}, {1}},
    {{5, 16}, {1}},
    {{300, 10}, {1}},
    {{300, 10}, {0}},
    {{1, 3}, {0}},
    {{100003, 3}, {0}},
    {{70001, 10}, {0}},
    {{2000, 130}, {0}},
    {{33, 1030}, {0}},
    {{500, 257}, {0}},
    {{8, 14, 14, 33}, {0, 1, 2}},
    {{8, 33, 14, 14}, {0, 2, 3}},
    {{4, 14, 5, 33}, {1, 2}},
    {{4, 14, 5, 33}, {1}},
    {{4, 6, 5, 3, 7}, {1, 3}},
    {{4, 6, 5, 3, 7}, {0, 2, 4}},
    {{4, 1, 5}, {1}},
    {{3, 4, 5}, {}},
};

TensorType Reduced(const TensorType& x, const Ints& axes) {
  Ints dims;
  for (int i = 0; i < x.shape.rank(); ++i) {
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) dims.push_back(x.shape[i]);
  }
  return {x.dtype, Shape(dims)};
}

class ReductionTest : public ::testing::TestWithParam<std::pair<Op, DataType>> {};

TEST_P(ReductionTest, AgreesWithReference) {
  const auto [op, type] = GetParam();
  for (const Row& row : kRows) {
    const TensorType x{type, row.shape};
    // A product of many would be 0 or infinite.
    if (op == Op::kReduceProd && x.elements() > 5000) continue;
    OpCase c(op, {x}, {Reduced(x, row.axes)}, {{"axes", row.axes}, {"keep_dims", false}});
    ExpectAgrees(c, portable::MakeReduction);
  }
}

std::vector<std::pair<Op, DataType>> Parameters() {
  std::vector<std::pair<Op, DataType>> all = {{Op::kReduceAll, DataType::kBool},
                                              {Op::kReduceAny, DataType::kBool}};
  for (const Op op :
       {Op::kReduceSum, Op::kReduceMean, Op::kReduceProd, Op::kReduceMax, Op::kReduceMin}) {
    for (const DataType type : {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16,
                                DataType::kFloat64, DataType::kInt32, DataType::kInt64}) {
      if (op != Op::kReduceMean || IsFloating(type)) all.push_back({op, type});
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, ReductionTest, ::testing::ValuesIn(Parameters()),
                         [](const auto& info) {
                           return std::string(Name(info.param.first)) +
                                  std::string(Name(info.param.second));
                         });

TEST(ReductionNan, IsKeptByExtrema) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Op op : {Op::kReduceMax, Op::kReduceMin}) {
    for (const int64_t at : {0, 5, 63, 64, 999, 1002}) {
      const TensorType x{DataType::kFloat32, {1003}};
      OpCase whole(op, {x}, {{x.dtype, {}}}, {{"axes", Ints{0}}, {"keep_dims", false}});
      Set(x.dtype, whole.inputs[0].data(), at, nan);
      EXPECT_TRUE(
          std::isnan(Get(x.dtype, whole.Run(*portable::MakeReduction(whole.view))[0].data(), 0)));

      const TensorType m{DataType::kFloat32, {17, 59}};
      OpCase columns(op, {m}, {{m.dtype, {59}}}, {{"axes", Ints{0}}, {"keep_dims", false}});
      Set(m.dtype, columns.inputs[0].data(), at, nan);
      ExpectAgrees(columns, portable::MakeReduction);
    }
  }
}

// A running float sum of as many tenths is off in the third digit.
TEST(ReductionSum, KeepsItsDigits) {
  for (const Shape& shape : {Shape{1 << 24}, Shape{1 << 22, 4}}) {
    const TensorType x{DataType::kFloat32, shape};
    const TensorType y{DataType::kFloat32, shape.rank() == 1 ? Shape{} : Shape{4}};
    OpCase c(Op::kReduceSum, {x}, {y}, {{"axes", Ints{0}}, {"keep_dims", false}});
    std::fill_n(static_cast<float*>(c.inputs[0].data()), x.elements(), 0.1f);
    const float sum = Get(x.dtype, c.Run(*portable::MakeReduction(c.view))[0].data(), 0);
    EXPECT_NEAR(sum / (static_cast<double>(shape[0]) * double{0.1f}), 1.0, 5e-7);
  }
}

}  // namespace
}  // namespace mlcompute
