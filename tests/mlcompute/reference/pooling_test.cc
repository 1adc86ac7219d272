#include <cmath>
#include <limits>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using Ints64 = std::vector<int64_t>;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Attributes Window(Ints64 window, Ints64 strides, Ints64 begin, Ints64 end,
                  bool channels_last = true) {
  return {{"window", std::move(window)},
          {"strides", std::move(strides)},
          {"pads_begin", std::move(begin)},
          {"pads_end", std::move(end)},
          {"channels_last", channels_last}};
}

Tensor Line(const std::vector<float>& values) {
  return Floats({1, static_cast<int64_t>(values.size()), 1}, values);
}

std::vector<float> MaxOfThree(const std::vector<float>& x) {
  return Evaluate(Op::kMaxPool, {Line(x)}, Window({3}, {1}, {0}, {0})).values<float>();
}

std::vector<float> GradOfThree(const std::vector<float>& x, const std::vector<float>& dy) {
  const Attributes attributes = Window({3}, {1}, {0}, {0});
  const Tensor y = Evaluate(Op::kMaxPool, {Line(x)}, attributes);
  return Evaluate(Op::kMaxPoolGrad, {Line(x), y, Line(dy)}, attributes).values<float>();
}

// The values of TensorFlow's CPU kernels.
TEST(MaxPool, PassesOverNaN) {
  EXPECT_EQ(MaxOfThree({1, kNaN, 3, 2, 4}), (std::vector<float>{3, 3, 4}));
  const float lowest = std::numeric_limits<float>::lowest();
  EXPECT_EQ(MaxOfThree({kNaN, kNaN, kNaN}), std::vector<float>{lowest});
  EXPECT_EQ(MaxOfThree({-kInf, -kInf, -kInf}), std::vector<float>{lowest});
}

TEST(MaxPool, GradientGoesToTheFirstMaximum) {
  EXPECT_EQ(GradOfThree({5, 5, 5, 5}, {1, 2}), (std::vector<float>{1, 2, 0, 0}));
  EXPECT_EQ(GradOfThree({1, kNaN, 3, 2, 4}, {1, 2, 3}), (std::vector<float>{0, 2, 1, 0, 3}));
  EXPECT_EQ(GradOfThree({kNaN, 1, 2}, {1}), (std::vector<float>{1, 0, 0}));
  EXPECT_EQ(GradOfThree({-kInf, -kInf, -kInf}, {1}), (std::vector<float>{1, 0, 0}));
}

TEST(MaxPool, ChannelsAreApartInBothLayouts) {
  // Channel 0 counts up, channel 1 down.
  const Tensor last = Floats({1, 2, 2, 2}, {0, 3, 1, 2, 2, 1, 3, 0});
  const Tensor first = Floats({1, 2, 2, 2}, {0, 1, 2, 3, 3, 2, 1, 0});
  EXPECT_EQ(Evaluate(Op::kMaxPool, {last}, Window({2, 1}, {1, 1}, {0, 0}, {0, 0})).values<float>(),
            (std::vector<float>{2, 3, 3, 2}));
  EXPECT_EQ(Evaluate(Op::kMaxPool, {first}, Window({2, 1}, {1, 1}, {0, 0}, {0, 0}, false))
                .values<float>(),
            (std::vector<float>{2, 3, 3, 2}));
}

TEST(AvgPool, CountsOnlyPositionsInside) {
  const Tensor ones = Floats({1, 3, 3, 1}, std::vector<float>(9, 1));
  EXPECT_EQ(Evaluate(Op::kAvgPool, {ones}, Window({3, 3}, {2, 2}, {1, 1}, {1, 1})).values<float>(),
            std::vector<float>(4, 1));
  const auto y = Evaluate(Op::kAvgPool, {Line({1, kNaN, 3, 4, 5})}, Window({2}, {1}, {0}, {1}))
                     .values<float>();
  EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[1]));
  EXPECT_EQ((std::vector<float>{y[2], y[3], y[4]}), (std::vector<float>{3.5f, 4.5f, 5.0f}));
}

TEST(AvgPool, GradientIsTheDifference) {
  const Shape shape{2, 3, 4, 2};
  Attributes attributes = Window({2, 3}, {1, 2}, {1, 1}, {0, 1});
  const Tensor y = Evaluate(Op::kAvgPool, {Ints<double>(shape, 7, 11)}, attributes);
  const Tensor dy = Ints<double>(y.type.shape, 3, 5);
  const auto weights = dy.values<double>();
  attributes.Set("input_shape", shape.dims());
  const auto dx = Evaluate(Op::kAvgPoolGrad, {dy}, attributes).values<double>();
  for (size_t i = 0; i < dx.size(); ++i) {
    std::vector<double> unit(dx.size(), 0);
    unit[i] = 1;
    const auto change =
        Evaluate(Op::kAvgPool, {Make<double>(shape, unit)}, attributes).values<double>();
    double expected = 0;
    for (size_t j = 0; j < change.size(); ++j) expected += weights[j] * change[j];
    ASSERT_NEAR(dx[i], expected, 1e-12) << i;
  }
}

TEST(MaxPool, EmptyBatch) {
  const Tensor x = Floats({0, 4, 1}, {});
  const Attributes attributes = Window({2}, {2}, {0}, {0});
  const Tensor y = Evaluate(Op::kMaxPool, {x}, attributes);
  EXPECT_EQ(y.type.shape, (Shape{0, 2, 1}));
  EXPECT_EQ(Evaluate(Op::kMaxPoolGrad, {x, y, y}, attributes).type.shape, x.type.shape);
}

}  // namespace
}  // namespace mlcompute::testing
