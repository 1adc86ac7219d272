#include <cmath>
#include <limits>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// A gradient against the difference quotient of its function.
struct Pair {
  Op function;
  Op gradient;
  bool dy_first;
  bool by_result;  // the gradient takes the function's result, not its argument
  Attributes attributes = {};
};

TEST(Gradient, FollowsItsFunction) {
  const std::vector<Pair> pairs = {
      {Op::kTanh, Op::kTanhGrad, false, true},
      {Op::kSigmoid, Op::kSigmoidGrad, false, true},
      {Op::kSqrt, Op::kSqrtGrad, false, true},
      {Op::kRsqrt, Op::kRsqrtGrad, false, true},
      {Op::kReciprocal, Op::kReciprocalGrad, false, true},
      {Op::kRelu, Op::kReluGrad, true, false},
      {Op::kRelu, Op::kReluGrad, true, true},
      {Op::kRelu6, Op::kRelu6Grad, true, false},
      {Op::kLeakyRelu, Op::kLeakyReluGrad, true, false, {{"alpha", 0.3}}},
      {Op::kElu, Op::kEluGrad, true, true},
      {Op::kSelu, Op::kSeluGrad, true, true},
      {Op::kSoftplus, Op::kSoftplusGrad, true, false},
      {Op::kSoftsign, Op::kSoftsignGrad, true, false},
  };
  const std::vector<double> points = {-2.3, -0.7, 0.4, 1.9, 7.5};
  constexpr double kStep = 1e-6;
  constexpr double kDy = 1.7;
  for (const Pair& pair : pairs) {
    for (const double x : points) {
      const auto f = [&](double at) {
        return Evaluate(pair.function, {Make<double>({1}, {at})}, pair.attributes)
            .values<double>()[0];
      };
      if (std::isnan(f(x))) continue;
      const double slope = (f(x + kStep) - f(x - kStep)) / (2 * kStep);
      const Tensor dy = Make<double>({1}, {kDy});
      const Tensor other = Make<double>({1}, {pair.by_result ? f(x) : x});
      const Tensor dx = pair.dy_first ? Evaluate(pair.gradient, {dy, other}, pair.attributes)
                                      : Evaluate(pair.gradient, {other, dy}, pair.attributes);
      EXPECT_NEAR(dx.values<double>()[0], kDy * slope, 1e-8) << Name(pair.gradient) << " at " << x;
    }
  }
}

float Of(Op op, float a, float b) {
  return Evaluate(op, {Floats({}, {a}), Floats({}, {b})}).values<float>()[0];
}

TEST(Gradient, ZeroStaysZeroWhereTheSlopeIsInfinite) {
  EXPECT_EQ(Of(Op::kSqrtGrad, 0, 0), 0);
  EXPECT_EQ(Of(Op::kSqrtGrad, 0, 1), kInf);
  EXPECT_EQ(Of(Op::kRsqrtGrad, kInf, 0), 0);
  EXPECT_EQ(Of(Op::kReciprocalGrad, kInf, 0), 0);
}

TEST(Gradient, ReluIsFlatAtItsCorners) {
  EXPECT_EQ(Of(Op::kReluGrad, 2, 0), 0);
  EXPECT_EQ(Of(Op::kRelu6Grad, 2, 0), 0);
  EXPECT_EQ(Of(Op::kRelu6Grad, 2, 6), 0);
  EXPECT_EQ(Of(Op::kReluGrad, 2, kNaN), 0);
  EXPECT_TRUE(std::isnan(Of(Op::kReluGrad, kInf, -1)));
  EXPECT_TRUE(std::isnan(Of(Op::kReluGrad, kNaN, -1)));
}

TEST(Gradient, ReluOfIntegers) {
  EXPECT_EQ(
      Evaluate(Op::kReluGrad, {Int32s({3}, {5, 6, 7}), Int32s({3}, {-1, 0, 1})}).values<int32_t>(),
      (std::vector<int32_t>{0, 0, 7}));
}

TEST(Select, Broadcasts) {
  const Tensor z =
      Evaluate(Op::kSelect, {Flags({2, 1}, {1, 0}), Int32s({3}, {1, 2, 3}), Int32s({}, {9})});
  EXPECT_EQ(z.type.shape, (Shape{2, 3}));
  EXPECT_EQ(z.values<int32_t>(), (std::vector<int32_t>{1, 2, 3, 9, 9, 9}));
  EXPECT_EQ(
      Evaluate(Op::kSelect, {Flags({2}, {1, 0}), Flags({2}, {0, 0}), Flags({2}, {1, 1})}).flags(),
      (std::vector<int>{0, 1}));
}

TEST(Select, DoesNotMixWhatItDoesNotTake) {
  const auto z =
      Evaluate(Op::kSelect, {Flags({2}, {1, 0}), Floats({2}, {1, kNaN}), Floats({2}, {kInf, 2})})
          .values<float>();
  EXPECT_EQ(z, (std::vector<float>{1, 2}));
}

TEST(ClipByValue, BoundsAndNaN) {
  const Tensor x = Floats({4}, {-5, 0.5f, 5, kNaN});
  const auto z = Evaluate(Op::kClipByValue, {x, Floats({}, {-1}), Floats({}, {1})}).values<float>();
  EXPECT_EQ((std::vector<float>{z[0], z[1], z[2]}), (std::vector<float>{-1, 0.5f, 1}));
  EXPECT_TRUE(std::isnan(z[3]));
  // Bounds the wrong way round: the lower one holds.
  EXPECT_EQ(Evaluate(Op::kClipByValue, {Int32s({3}, {0, 2, 9}), Int32s({}, {3}), Int32s({}, {1})})
                .values<int32_t>(),
            (std::vector<int32_t>{3, 3, 3}));
}

}  // namespace
}  // namespace mlcompute::testing
