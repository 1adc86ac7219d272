#include <gtest/gtest.h>

#include <limits>

#include "mlcompute/error.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::ExpectAgrees;
using testing::OpCase;
using testing::Set;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

const Shape kShapes[] = {{1, 1}, {3, 7}, {1000, 10}, {2, 16}, {5, 1000}, {33, 1025}, {3, 100003}};

class SoftmaxTest : public ::testing::TestWithParam<DataType> {};

TEST_P(SoftmaxTest, AgreesWithReference) {
  for (const Op op : {Op::kSoftmax, Op::kLogSoftmax}) {
    for (const Shape& shape : kShapes) {
      const TensorType x{GetParam(), shape};
      OpCase c(op, {x}, {x}, {});
      Set(x.dtype, c.inputs[0].data(), 0, 1000.0f);  // overflows unless shifted
      ExpectAgrees(c, portable::MakeSoftmax);
    }
  }
}

TEST_P(SoftmaxTest, WritesOverItsInput) {
  for (const Op op : {Op::kSoftmax, Op::kLogSoftmax}) {
    const TensorType x{GetParam(), {3, 1500}};
    OpCase c(op, {x}, {x}, {});
    const auto step = portable::MakeSoftmax(c.view);
    ASSERT_TRUE(step->CanShare(0, 0));
    const auto expected = c.Run(*step);
    void* data = c.inputs[0].data();
    step->Run(&data, &data, nullptr);
    c.ExpectNear(c.inputs, expected);
  }
}

TEST_P(SoftmaxTest, CrossEntropyAgreesWithReference) {
  for (const Shape& shape : kShapes) {
    const TensorType x{GetParam(), shape};
    const TensorType loss{GetParam(), {shape[0]}};
    if (shape[1] <= 1025) {  // the labels made up here do not sum to 1
      OpCase dense(Op::kSoftmaxCrossEntropy, {x, x}, {loss, x}, {});
      ExpectAgrees(dense, portable::MakeCrossEntropy);
    }
    for (const DataType index : {DataType::kInt32, DataType::kInt64}) {
      OpCase sparse(Op::kSparseSoftmaxCrossEntropy, {x, {index, {shape[0]}}}, {loss, x}, {});
      for (int64_t i = 0; i < shape[0]; ++i) {
        Set(index, sparse.inputs[1].data(), i, static_cast<float>(i * 7 % shape[1]));
      }
      ExpectAgrees(sparse, portable::MakeCrossEntropy);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, SoftmaxTest,
                         ::testing::Values(DataType::kFloat32, DataType::kFloat16,
                                           DataType::kBFloat16),
                         [](const auto& info) { return std::string(Name(info.param)); });

// The logarithm of what a far greater number has of the sum is near 0, and as exact as others.
TEST(LogSoftmax, IsExactNearZero) {
  for (const int64_t n : {2, 21, 5000}) {
    const TensorType x{DataType::kFloat32, {1, n}};
    for (const float largest : {5.0f, 20.0f, 60.0f}) {
      OpCase c(Op::kLogSoftmax, {x}, {x}, {});
      Set(x.dtype, c.inputs[0].data(), n / 2, largest);
      const float want =
          testing::Get(x.dtype, c.Run(*reference::MakeStep(c.view))[0].data(), n / 2);
      const float got =
          testing::Get(x.dtype, c.Run(*portable::MakeSoftmax(c.view))[0].data(), n / 2);
      EXPECT_NEAR(got / want, 1.0f, 1e-5f) << n << ", " << largest << ": " << got;
    }
  }
}

TEST(SoftmaxInfinity, AgreesWithReference) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Op op : {Op::kSoftmax, Op::kLogSoftmax}) {
    for (const float value : {-infinity, std::numeric_limits<float>::quiet_NaN()}) {
      const TensorType x{DataType::kFloat32, {2, 21}};
      OpCase c(op, {x}, {x}, {});
      Set(x.dtype, c.inputs[0].data(), 3, value);
      Set(x.dtype, c.inputs[0].data(), 41, value);
      ExpectAgrees(c, portable::MakeSoftmax);
    }
  }
}

TEST(SparseCrossEntropy, RejectsLabels) {
  const TensorType x{DataType::kFloat32, {4, 5}};
  for (const float label : {-1.0f, 5.0f}) {
    OpCase c(Op::kSparseSoftmaxCrossEntropy, {x, {DataType::kInt32, {4}}}, {{x.dtype, {4}}, x}, {});
    for (int64_t i = 0; i < 4; ++i) Set(DataType::kInt32, c.inputs[1].data(), i, 0);
    Set(DataType::kInt32, c.inputs[1].data(), 2, label);
    EXPECT_THROW(c.Run(*portable::MakeCrossEntropy(c.view)), Error);
  }
}

}  // namespace
}  // namespace mlcompute
