// Known values are those of tf.nn.conv1d, conv2d and conv3d for the same whole numbers.
#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using Ints64 = std::vector<int64_t>;

struct Case {
  Shape x, filter;
  Ints64 strides, dilations, pads_begin, pads_end;
  int64_t groups = 1;
};

Attributes AttributesOf(const Case& c, bool channels_last = true) {
  return {{"strides", c.strides},   {"dilations", c.dilations}, {"pads_begin", c.pads_begin},
          {"pads_end", c.pads_end}, {"groups", c.groups},       {"channels_last", channels_last}};
}

const Case kGrouped = {{2, 4, 3, 4}, {2, 2, 2, 6}, {2, 1}, {1, 1}, {1, 0}, {0, 1}, 2};
const Case kDilated = {{1, 5, 5, 1}, {2, 2, 1, 2}, {1, 1}, {2, 1}, {0, 0}, {0, 0}};
const Case kVolume = {{1, 3, 2, 2, 1}, {2, 2, 1, 1, 2}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 0}};
const Case kLine = {{2, 5, 2}, {3, 2, 2}, {2}, {1}, {1}, {1}};

std::vector<float> Forward(const Case& c) {
  return Evaluate(Op::kConvolution, {Ints(c.x, 7, 11), Ints(c.filter, 5, 7)}, AttributesOf(c))
      .values<float>();
}

TEST(Convolution, GroupsStridesAndPads) {
  EXPECT_EQ(Forward(kGrouped),
            (std::vector<float>{21, -25, -1,  19, 5,   -23, -19, 15,  0,  3,  -28, 4,  8,  -18, 5,
                                -4, 8,   13,  17, 1,   6,   -20, 10,  26, 10, -20, 6,  1,  17,  -23,
                                -6, 16,  -18, 6,  -23, 11,  -19, 15,  0,  3,  -28, 4,  18, -22, 1,
                                9,  16,  9,   -4, 10,  -4,  -4,  -16, 7,  10, -20, 6,  1,  17,  -23,
                                14, 25,  -27, 0,  -20, 16,  -9,  -6,  18, 5,  14,  -26}));
}

TEST(Convolution, Dilations) {
  EXPECT_EQ(Forward(kDilated),
            (std::vector<float>{17, 0,  -23, -3, 14, -6, -26, -9, 15,  -4, -25, -7,
                                12, 12, 16,  -2, 13, 14, 17,  0,  -23, -3, 14,  -6}));
}

TEST(Convolution, ThreeSpatialAxes) {
  EXPECT_EQ(Forward(kVolume),
            (std::vector<float>{14,  -17, -15, -9, 18, 0,  -15, 10, -14, -7, 23, 12,
                                -15, 7,   -15, -5, 12, -6, -9,  16, 3,   -2, 15, -10}));
}

TEST(Convolution, OneSpatialAxis) {
  EXPECT_EQ(Forward(kLine), (std::vector<float>{-31, 4, 20, -4, -27, -5, 10, 8, -6, 22, 13, -2}));
}

// [N, spatial..., C] -> [N, C, spatial...] and back.
Tensor ToChannelsFirst(const Tensor& t) {
  Ints64 perm = {0, t.type.shape.rank() - 1};
  for (int64_t i = 1; i + 1 < t.type.shape.rank(); ++i) perm.push_back(i);
  return Evaluate(Op::kTranspose, {t}, {{"perm", perm}});
}

double Dot(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Tensor Unit(const Shape& shape, size_t i) {
  std::vector<double> values(static_cast<size_t>(shape.elements()), 0);
  values[i] = 1;
  return Make<double>(shape, values);
}

class ConvolutionGradients : public ::testing::TestWithParam<const Case*> {};

// Convolution is linear in x and in the filter: its difference by a unit step is the derivative.
TEST_P(ConvolutionGradients, AreDifferences) {
  const Case& c = *GetParam();
  const Tensor x = Ints<double>(c.x, 7, 11);
  const Tensor filter = Ints<double>(c.filter, 5, 7);
  Attributes attributes = AttributesOf(c);
  const Tensor y = Evaluate(Op::kConvolution, {x, filter}, attributes);
  const Tensor dy = Ints<double>(y.type.shape, 3, 5);
  const auto weights = dy.values<double>();

  attributes.Set("input_shape", c.x.dims());
  const auto dx = Evaluate(Op::kConvolutionGradInput, {filter, dy}, attributes).values<double>();
  for (size_t i = 0; i < dx.size(); ++i) {
    const auto change = Evaluate(Op::kConvolution, {Unit(c.x, i), filter}, attributes);
    ASSERT_EQ(dx[i], Dot(weights, change.values<double>())) << i;
  }

  attributes.Set("filter_shape", c.filter.dims());
  const auto df = Evaluate(Op::kConvolutionGradFilter, {x, dy}, attributes).values<double>();
  for (size_t i = 0; i < df.size(); ++i) {
    const auto change = Evaluate(Op::kConvolution, {x, Unit(c.filter, i)}, attributes);
    ASSERT_EQ(df[i], Dot(weights, change.values<double>())) << i;
  }
}

TEST_P(ConvolutionGradients, ChannelsFirstIsTheSameTransposed) {
  const Case& c = *GetParam();
  const Tensor x = Ints(c.x, 7, 11);
  const Tensor filter = Ints(c.filter, 5, 7);
  Attributes last = AttributesOf(c, true);
  Attributes first = AttributesOf(c, false);
  const Tensor y = Evaluate(Op::kConvolution, {x, filter}, last);
  const Tensor x_first = ToChannelsFirst(x);
  EXPECT_EQ(Evaluate(Op::kConvolution, {x_first, filter}, first).bytes, ToChannelsFirst(y).bytes);

  const Tensor dy = Ints(y.type.shape, 3, 5);
  const Tensor dy_first = ToChannelsFirst(dy);
  last.Set("input_shape", c.x.dims());
  first.Set("input_shape", x_first.type.shape.dims());
  EXPECT_EQ(Evaluate(Op::kConvolutionGradInput, {filter, dy_first}, first).bytes,
            ToChannelsFirst(Evaluate(Op::kConvolutionGradInput, {filter, dy}, last)).bytes);
  last.Set("filter_shape", c.filter.dims());
  first.Set("filter_shape", c.filter.dims());
  EXPECT_EQ(Evaluate(Op::kConvolutionGradFilter, {x_first, dy_first}, first).bytes,
            Evaluate(Op::kConvolutionGradFilter, {x, dy}, last).bytes);
}

INSTANTIATE_TEST_SUITE_P(All, ConvolutionGradients,
                         ::testing::Values(&kGrouped, &kDilated, &kVolume, &kLine));

TEST(Convolution, EmptyBatch) {
  Case c = kGrouped;
  c.x[0] = 0;
  Attributes attributes = AttributesOf(c);
  attributes.Set("filter_shape", c.filter.dims());
  const Tensor y = Evaluate(Op::kConvolution, {Ints(c.x, 7, 11), Ints(c.filter, 5, 7)}, attributes);
  EXPECT_EQ(y.type.shape, (Shape{0, 2, 3, 6}));
  const Tensor df = Evaluate(Op::kConvolutionGradFilter, {Ints(c.x, 7, 11), y}, attributes);
  EXPECT_EQ(df.values<float>(), std::vector<float>(48, 0));
}

}  // namespace
}  // namespace mlcompute::testing
