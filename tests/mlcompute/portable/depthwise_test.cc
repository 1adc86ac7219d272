#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "mlcompute/portable/portable.h"
#include "tests/mlcompute/portable/convolution_case.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::Get;
using testing::OpCase;
using testing::Set;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

// Pairs are of height and width.
struct Row {
  int64_t batch, height, width, channels, multiplier;
  int64_t filter[2], stride[2], dilation[2], before[2], after[2];
};

const Row kRows[] = {
    {2, 6, 7, 2, 1, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {3, 9, 23, 17, 1, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}},
    {1, 12, 12, 33, 1, {5, 5}, {1, 1}, {1, 1}, {2, 2}, {2, 2}},
    {2, 12, 11, 70, 1, {5, 5}, {2, 2}, {1, 1}, {1, 2}, {2, 2}},
    {2, 10, 10, 16, 1, {3, 3}, {1, 1}, {2, 3}, {2, 3}, {2, 3}},
    {1, 11, 9, 5, 1, {3, 2}, {2, 3}, {3, 2}, {1, 0}, {0, 2}},  // both stride and dilation
    {2, 8, 9, 19, 2, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {2, 8, 9, 3, 5, {3, 3}, {2, 2}, {1, 1}, {0, 0}, {1, 1}},
    {2, 4, 6, 8, 1, {1, 1}, {3, 2}, {1, 1}, {0, 0}, {0, 0}},   // pixels that nothing reads
    {2, 2, 3, 40, 1, {7, 7}, {1, 1}, {1, 1}, {3, 3}, {3, 3}},  // a filter larger than the image
    {1, 1, 1, 9, 1, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {1, 5, 40, 64, 1, {1, 9}, {1, 1}, {1, 1}, {0, 4}, {0, 4}},
    {1, 3, 3, 4, 1, {2, 2}, {1, 1}, {1, 1}, {4, 3}, {4, 3}},     // results of padding alone
    {4, 40, 40, 32, 1, {3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},  // several threads
};
constexpr Op kOps[] = {Op::kConvolution, Op::kConvolutionGradInput, Op::kConvolutionGradFilter};

std::unique_ptr<OpCase> CaseOf(Op op, const Row& r, DataType type) {
  const auto size = [&](int64_t in, int i) {
    return (in + r.before[i] + r.after[i] - (r.filter[i] - 1) * r.dilation[i] - 1) / r.stride[i] +
           1;
  };
  const TensorType x{type, Shape({r.batch, r.height, r.width, r.channels})};
  const TensorType filter{type, Shape({r.filter[0], r.filter[1], 1, r.channels * r.multiplier})};
  const TensorType y{
      type, Shape({r.batch, size(r.height, 0), size(r.width, 1), r.channels * r.multiplier})};
  const auto pair = [](const int64_t* of) { return Ints{of[0], of[1]}; };
  const Attributes attributes{{"strides", pair(r.stride)},    {"dilations", pair(r.dilation)},
                              {"pads_begin", pair(r.before)}, {"pads_end", pair(r.after)},
                              {"groups", r.channels},         {"channels_last", true}};
  return testing::ConvolutionCase(op, x, filter, y, attributes);
}

// What MakeStep() makes of the same: oneDNN's loops or these.
portable::Maker MakerOf(Op op) {
  if (op == Op::kConvolution) return portable::MakeConvolution;
  return op == Op::kConvolutionGradInput ? portable::MakeConvolutionGradInput
                                         : portable::MakeConvolutionGradFilter;
}

class Depthwise : public ::testing::TestWithParam<DataType> {};

TEST_P(Depthwise, AgreesWithReference) {
  for (const Op op : kOps) {
    for (const Row& row : kRows) {
      const auto c = CaseOf(op, row, GetParam());
      testing::ExpectAgrees(*c, portable::MakeDepthwise);
      testing::ExpectAgrees(*c, MakerOf(op));
    }
  }
}

// An infinity in one pixel makes what reads it infinite or NaN, and nothing else.
TEST_P(Depthwise, KeepsInfinitiesInTheirPlaces) {
  for (const Op op : kOps) {
    for (const Row& row : kRows) {
      const auto c = CaseOf(op, row, GetParam());
      SCOPED_TRACE(c->ToString());
      const auto step = portable::MakeDepthwise(c->view);
      ASSERT_NE(step, nullptr);
      for (size_t i = 0; i < 2; ++i) {
        const int64_t n = c->view.inputs[i].elements(), at = n / 2;
        Set(GetParam(), c->inputs[i].data(), at, std::numeric_limits<float>::infinity());
        const auto got = c->Run(*step), expected = c->Run(*reference::MakeStep(c->view));
        for (int64_t k = 0; k < c->view.results[0].elements(); ++k) {
          ASSERT_EQ(std::isfinite(Get(GetParam(), got[0].data(), k)),
                    std::isfinite(Get(GetParam(), expected[0].data(), k)))
              << "element " << k << ", infinity in input " << i;
        }
        Set(GetParam(), c->inputs[i].data(), at, 1.0f);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Depthwise,
                         ::testing::Values(DataType::kFloat32, DataType::kBFloat16));

TEST(Depthwise, LeavesOthersToOthers) {
  const Row& row = kRows[0];
  EXPECT_EQ(portable::MakeDepthwise(CaseOf(kOps[0], row, DataType::kFloat16)->view), nullptr);
  Row one = row;
  one.channels = 1;
  EXPECT_EQ(portable::MakeDepthwise(CaseOf(kOps[0], one, DataType::kFloat32)->view), nullptr);
  Row empty = row;
  empty.batch = 0;
  EXPECT_EQ(portable::MakeDepthwise(CaseOf(kOps[0], empty, DataType::kFloat32)->view), nullptr);
}

}  // namespace
}  // namespace mlcompute
