#include <cmath>
#include <limits>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using Ints64 = std::vector<int64_t>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Tensor Reduce(Op op, const Tensor& x, Ints64 axes, bool keep_dims = false) {
  return Evaluate(op, {x}, {{"axes", std::move(axes)}, {"keep_dims", keep_dims}});
}

TEST(Reduction, OverAnyAxes) {
  const Tensor x = Floats({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const auto sum = [&](Ints64 axes) {
    return Reduce(Op::kReduceSum, x, std::move(axes)).values<float>();
  };
  EXPECT_EQ(sum({0}), (std::vector<float>{8, 10, 12, 14, 16, 18}));
  EXPECT_EQ(sum({1}), (std::vector<float>{9, 12, 27, 30}));
  EXPECT_EQ(sum({2}), (std::vector<float>{3, 7, 11, 15, 19, 23}));
  EXPECT_EQ(sum({0, 2}), (std::vector<float>{18, 26, 34}));
  EXPECT_EQ(sum({0, 1, 2}), (std::vector<float>{78}));
  EXPECT_EQ(sum({}), x.values<float>());
  EXPECT_EQ(Reduce(Op::kReduceSum, x, {0, 2}, true).type.shape, (Shape{1, 3, 1}));
}

TEST(Reduction, Kinds) {
  const Tensor x = Floats({2, 3}, {1, -2, 4, 3, 0.5f, 2});
  EXPECT_EQ(Reduce(Op::kReduceMean, x, {1}).values<float>(), (std::vector<float>{1, 5.5f / 3}));
  EXPECT_EQ(Reduce(Op::kReduceProd, x, {1}).values<float>(), (std::vector<float>{-8, 3}));
  EXPECT_EQ(Reduce(Op::kReduceMax, x, {0}).values<float>(), (std::vector<float>{3, 0.5f, 4}));
  EXPECT_EQ(Reduce(Op::kReduceMin, x, {0}).values<float>(), (std::vector<float>{1, -2, 2}));
  const Tensor flags = Flags({2, 2}, {1, 1, 0, 1});
  EXPECT_EQ(Reduce(Op::kReduceAll, flags, {1}).flags(), (std::vector<int>{1, 0}));
  EXPECT_EQ(Reduce(Op::kReduceAny, flags, {0}).flags(), (std::vector<int>{1, 1}));
}

TEST(Reduction, Moments) {
  const auto moments = [](const Tensor& x, Ints64 axes) {
    return EvaluateAll(Op::kMoments, {x}, {{"axes", std::move(axes)}, {"keep_dims", false}});
  };
  const Tensor x = Floats({2, 3}, {1, -2, 4, 3, 0.5f, 2});
  EXPECT_EQ(moments(x, {0})[0].values<float>(), (std::vector<float>{2, -0.75f, 3}));
  EXPECT_EQ(moments(x, {0})[1].values<float>(), (std::vector<float>{1, 1.5625f, 1}));
  EXPECT_EQ(moments(Floats({4}, {1, 2, 3, 6}), {0})[1].values<float>(), (std::vector<float>{3.5f}));
  const auto none = moments(Floats({0, 1}, {}), {0});
  EXPECT_TRUE(std::isnan(none[0].values<float>()[0]) && std::isnan(none[1].values<float>()[0]));
  const auto infinite = moments(Floats({3}, {1, kInf, 2}), {0});
  EXPECT_EQ(infinite[0].values<float>()[0], kInf);
  EXPECT_TRUE(std::isnan(infinite[1].values<float>()[0]));
}

TEST(Reduction, OverNothingGivesTheIdentity) {
  const Tensor none = Floats({2, 0}, {});
  EXPECT_EQ(Reduce(Op::kReduceSum, none, {1}).values<float>(), (std::vector<float>{0, 0}));
  EXPECT_EQ(Reduce(Op::kReduceProd, none, {1}).values<float>(), (std::vector<float>{1, 1}));
  EXPECT_EQ(Reduce(Op::kReduceMax, none, {1}).values<float>(), (std::vector<float>{-kInf, -kInf}));
  EXPECT_EQ(Reduce(Op::kReduceMin, none, {1}).values<float>(), (std::vector<float>{kInf, kInf}));
  EXPECT_TRUE(std::isnan(Reduce(Op::kReduceMean, none, {1}).values<float>()[0]));
  EXPECT_EQ(Reduce(Op::kReduceSum, none, {0}).type.shape, Shape{0});
  EXPECT_EQ(Reduce(Op::kReduceMax, Make<int8_t>({0}, {}), {0}).values<int8_t>()[0], -128);
  EXPECT_EQ(Reduce(Op::kReduceMean, Int32s({0}, {}), {0}).values<int32_t>()[0], 0);
  EXPECT_EQ(Reduce(Op::kReduceAll, Flags({0}, {}), {0}).flags()[0], 1);
  EXPECT_EQ(Reduce(Op::kReduceAny, Flags({0}, {}), {0}).flags()[0], 0);
}

TEST(Reduction, NaNComesThrough) {
  for (const Op op :
       {Op::kReduceSum, Op::kReduceMean, Op::kReduceProd, Op::kReduceMax, Op::kReduceMin}) {
    for (const auto& row : {std::vector<float>{kNaN, 1, 2}, {1, kNaN, 2}, {1, 2, kNaN}}) {
      EXPECT_TRUE(std::isnan(Reduce(op, Floats({3}, row), {0}).values<float>()[0])) << Name(op);
    }
  }
  EXPECT_EQ(Reduce(Op::kReduceMax, Floats({2}, {-kInf, -kInf}), {0}).values<float>()[0], -kInf);
}

TEST(Reduction, SumsKeepWhatTheTypeWouldLose) {
  // One at a time, float16 stops at 2048 and float32 loses every 1 after 2^24.
  const Tensor ones = Make<Float16>({4096}, std::vector<Float16>(4096, Float16(1.0f)));
  EXPECT_EQ(Reduce(Op::kReduceSum, ones, {0}).values<Float16>()[0], 4096);
  std::vector<float> values(1001, 1);
  values[0] = 0x1p24f;
  EXPECT_EQ(Reduce(Op::kReduceSum, Floats({1001}, values), {0}).values<float>()[0], 0x1p24f + 1000);
}

TEST(Reduction, Integers) {
  const Tensor x = Make<int8_t>({3}, {100, 100, 100});
  EXPECT_EQ(Reduce(Op::kReduceSum, x, {0}).values<int8_t>()[0], 44);  // wraps around
  EXPECT_EQ(Reduce(Op::kReduceProd, x, {0}).values<int8_t>()[0], 64);
  EXPECT_EQ(Reduce(Op::kReduceMean, x, {0}).values<int8_t>()[0], 100);  // does not
  EXPECT_EQ(Reduce(Op::kReduceMean, Int32s({2}, {-3, 0}), {0}).values<int32_t>()[0], -1);
  EXPECT_EQ(Reduce(Op::kReduceMax, Make<uint64_t>({2}, {1, 1ull << 63}), {0}).values<uint64_t>()[0],
            1ull << 63);
  const int64_t big = (int64_t{1} << 53) + 1;  // not a double
  EXPECT_EQ(Reduce(Op::kReduceSum, Make<int64_t>({2}, {big, 0}), {0}).values<int64_t>()[0], big);
}

Tensor Arg(Op op, const Tensor& x, int64_t axis, DataType to = DataType::kInt64) {
  return Evaluate(op, {x}, {{"axis", axis}, {"to", to}});
}

TEST(ArgReduction, FirstOfEquals) {
  const Tensor x = Floats({2, 3}, {1, 3, 3, 5, 4, 4});
  EXPECT_EQ(Arg(Op::kArgMax, x, 1).values<int64_t>(), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(Arg(Op::kArgMin, x, 1).values<int64_t>(), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(Arg(Op::kArgMax, x, 0, DataType::kInt32).values<int32_t>(),
            (std::vector<int32_t>{1, 1, 1}));
  EXPECT_EQ(Arg(Op::kArgMax, Flags({3}, {0, 1, 1}), 0).values<int64_t>()[0], 1);
  EXPECT_EQ(Arg(Op::kArgMin, Make<uint8_t>({3}, {7, 0, 0}), 0).values<int64_t>()[0], 1);
}

// The indices TensorFlow's CPU kernels give.
TEST(ArgReduction, PassesOverNaN) {
  const auto max = [](const std::vector<float>& x) {
    return Arg(Op::kArgMax, Floats({static_cast<int64_t>(x.size())}, x), 0).values<int64_t>()[0];
  };
  EXPECT_EQ(max({kNaN, 1, 2}), 2);
  EXPECT_EQ(max({3, kNaN, 2}), 0);
  EXPECT_EQ(max({kNaN, kNaN}), 0);
  EXPECT_EQ(max({kNaN, -kInf}), 0);
  EXPECT_EQ(max({-kInf, -1}), 1);
}

TEST(Cumulative, EveryMode) {
  const Tensor x = Int32s({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto along = [&](Op op, int64_t axis, bool exclusive, bool reverse) {
    return Evaluate(op, {x}, {{"axis", axis}, {"exclusive", exclusive}, {"reverse", reverse}})
        .values<int32_t>();
  };
  using Row = std::vector<int32_t>;
  EXPECT_EQ(along(Op::kCumSum, 1, false, false), (Row{1, 3, 6, 4, 9, 15}));
  EXPECT_EQ(along(Op::kCumSum, 1, true, false), (Row{0, 1, 3, 0, 4, 9}));
  EXPECT_EQ(along(Op::kCumSum, 1, false, true), (Row{6, 5, 3, 15, 11, 6}));
  EXPECT_EQ(along(Op::kCumSum, 1, true, true), (Row{5, 3, 0, 11, 6, 0}));
  EXPECT_EQ(along(Op::kCumSum, 0, false, false), (Row{1, 2, 3, 5, 7, 9}));
  EXPECT_EQ(along(Op::kCumProd, 1, false, false), (Row{1, 2, 6, 4, 20, 120}));
  EXPECT_EQ(along(Op::kCumProd, 1, true, true), (Row{6, 3, 1, 30, 6, 1}));
}

}  // namespace
}  // namespace mlcompute::testing
