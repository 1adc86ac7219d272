#include <cmath>
#include <limits>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

struct Known {
  Op op;
  float x;
  float y;
  float z;
};

void Check(const std::vector<Known>& cases) {
  for (const Known& c : cases) {
    const float z = Evaluate(c.op, {Floats({}, {c.x}), Floats({}, {c.y})}).values<float>()[0];
    if (std::isnan(c.z)) {
      EXPECT_TRUE(std::isnan(z)) << Name(c.op) << "(" << c.x << ", " << c.y << ") = " << z;
    } else {
      EXPECT_FLOAT_EQ(z, c.z) << Name(c.op) << "(" << c.x << ", " << c.y << ")";
    }
  }
}

TEST(Binary, KnownValues) {
  Check({
      {Op::kAdd, 1.5f, 2, 3.5f},
      {Op::kSub, 1.5f, 2, -0.5f},
      {Op::kMul, 1.5f, -2, -3},
      {Op::kDiv, 1, -4, -0.25f},
      {Op::kDivNoNan, 1, -4, -0.25f},
      {Op::kMulNoNan, 1.5f, -2, -3},
      {Op::kFloorDiv, -7, 2, -4},
      {Op::kTruncDiv, -7, 2, -3},
      {Op::kFloorMod, -7, 3, 2},
      {Op::kFloorMod, 7, -3, -2},
      {Op::kTruncMod, -7, 3, -1},
      {Op::kPow, 2, 0.5f, 1.41421356f},
      {Op::kMaximum, -1, 2, 2},
      {Op::kMinimum, -1, 2, -1},
      {Op::kSquaredDifference, 1, 4, 9},
      {Op::kAtan2, 1, -1, 2.35619449f},  // the first input is the ordinate
      {Op::kXdivy, 3, 2, 1.5f},
      {Op::kXlogy, 2, 2.718281828f, 2},
      {Op::kXlog1py, 2, 1.718281828f, 2},
      {Op::kNextAfter, 1, 2, 1 + 0x1p-23f},
  });
}

TEST(Binary, NaNInfinityAndZero) {
  Check({
      {Op::kMaximum, kNaN, 1, kNaN},
      {Op::kMaximum, 1, kNaN, kNaN},
      {Op::kMinimum, kNaN, 1, kNaN},
      {Op::kMinimum, 1, kNaN, kNaN},
      {Op::kMaximum, -kInf, kInf, kInf},
      {Op::kDiv, 1, 0, kInf},
      {Op::kDiv, 0, 0, kNaN},
      {Op::kDivNoNan, kNaN, 0, 0},
      {Op::kDivNoNan, 1, 0, 0},
      {Op::kDivNoNan, 1, kNaN, kNaN},
      {Op::kMulNoNan, kInf, 0, 0},
      {Op::kMulNoNan, kNaN, 0, 0},
      {Op::kMulNoNan, 0, kInf, kNaN},
      {Op::kXdivy, 0, 0, 0},
      {Op::kXdivy, 0, kNaN, 0},
      {Op::kXlogy, 0, 0, 0},
      {Op::kXlogy, 1, 0, -kInf},
      {Op::kXlog1py, 0, -1, 0},
      {Op::kPow, kNaN, 0, 1},
      {Op::kPow, -8, 0.5f, kNaN},
      {Op::kFloorMod, 1, 0, kNaN},
      {Op::kNextAfter, kNaN, 1, kNaN},
  });
}

TEST(Binary, NextAfterStepsInTheTypeItself) {
  const auto next = [](float x, float y) {
    return Evaluate(Op::kNextAfter, {Make<Float16>({}, {x}), Make<Float16>({}, {y})})
        .values<Float16>()[0];
  };
  EXPECT_EQ(next(1, 2), 1 + 0x1p-10f);
  EXPECT_EQ(next(1, 0), 1 - 0x1p-11f);
  EXPECT_EQ(next(-1, 0), -1 + 0x1p-11f);
  EXPECT_EQ(next(0, 1), 0x1p-24f);
  EXPECT_EQ(next(0, -1), -0x1p-24f);
  EXPECT_EQ(next(3, 3), 3);
  EXPECT_EQ(next(65504, kInf), kInf);
  EXPECT_TRUE(std::isnan(next(1, kNaN)));
}

TEST(Binary, Broadcasting) {
  const Tensor column = Int32s({3, 1}, {10, 20, 30});
  const Tensor row = Int32s({2}, {1, 2});
  const Tensor sum = Evaluate(Op::kAdd, {column, row});
  EXPECT_EQ(sum.type.shape, (Shape{3, 2}));
  EXPECT_EQ(sum.values<int32_t>(), (std::vector<int32_t>{11, 12, 21, 22, 31, 32}));
  EXPECT_EQ(Evaluate(Op::kSub, {Int32s({}, {1}), row}).values<int32_t>(),
            (std::vector<int32_t>{0, -1}));
  EXPECT_EQ(Evaluate(Op::kMul, {Int32s({2, 1, 2}, {1, 2, 3, 4}), column}).values<int32_t>(),
            (std::vector<int32_t>{10, 20, 20, 40, 30, 60, 30, 40, 60, 80, 90, 120}));
  EXPECT_EQ(Evaluate(Op::kAdd, {Int32s({0, 2}, {}), row}).type.shape, (Shape{0, 2}));
}

template <typename T>
std::vector<T> Both(Op op, const std::vector<T>& x, const std::vector<T>& y) {
  const auto n = static_cast<int64_t>(x.size());
  return Evaluate(op, {Make<T>({n}, x), Make<T>({n}, y)}).template values<T>();
}

TEST(Binary, IntegerDivision) {
  const std::vector<int32_t> x = {7, -7, 7, -7, std::numeric_limits<int32_t>::min()};
  const std::vector<int32_t> y = {2, 2, -2, -2, -1};
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
  EXPECT_EQ(Both(Op::kDiv, x, y), (std::vector<int32_t>{3, -3, -3, 3, kMin}));
  EXPECT_EQ(Both(Op::kTruncDiv, x, y), (std::vector<int32_t>{3, -3, -3, 3, kMin}));
  EXPECT_EQ(Both(Op::kFloorDiv, x, y), (std::vector<int32_t>{3, -4, -4, 3, kMin}));
  EXPECT_EQ(Both(Op::kTruncMod, x, y), (std::vector<int32_t>{1, -1, 1, -1, 0}));
  EXPECT_EQ(Both(Op::kFloorMod, x, y), (std::vector<int32_t>{1, 1, -1, -1, 0}));
  EXPECT_EQ(Both<uint8_t>(Op::kFloorMod, {250}, {7}), std::vector<uint8_t>{5});
  for (const Op op : {Op::kDiv, Op::kTruncDiv, Op::kFloorDiv, Op::kTruncMod, Op::kFloorMod}) {
    EXPECT_NE(InvalidArgumentOf([&] { Both<int32_t>(op, {1}, {0}); }).find("division by zero"),
              std::string::npos);
  }
}

TEST(Binary, IntegersWrapAround) {
  EXPECT_EQ(Both<int8_t>(Op::kAdd, {127, -128}, {1, -1}), (std::vector<int8_t>{-128, 127}));
  EXPECT_EQ(Both<uint8_t>(Op::kSub, {0}, {1}), std::vector<uint8_t>{255});
  EXPECT_EQ(Both<int32_t>(Op::kMul, {1 << 20}, {1 << 12}), std::vector<int32_t>{0});
  EXPECT_EQ(Both<int16_t>(Op::kSquaredDifference, {200}, {0}),
            std::vector<int16_t>{static_cast<int16_t>(40000)});
}

TEST(Binary, IntegerPowers) {
  EXPECT_EQ(Both<int32_t>(Op::kPow, {3, -2, 0, 2}, {4, 3, 0, 32}),
            (std::vector<int32_t>{81, -8, 1, 0}));
  EXPECT_NE(InvalidArgumentOf([] { Both<int32_t>(Op::kPow, {2}, {-1}); }).find("negative"),
            std::string::npos);
}

TEST(Binary, Bits) {
  EXPECT_EQ(Both<uint8_t>(Op::kBitwiseAnd, {0xcc}, {0xaa}), std::vector<uint8_t>{0x88});
  EXPECT_EQ(Both<uint8_t>(Op::kBitwiseOr, {0xcc}, {0xaa}), std::vector<uint8_t>{0xee});
  EXPECT_EQ(Both<uint8_t>(Op::kBitwiseXor, {0xcc}, {0xaa}), std::vector<uint8_t>{0x66});
  EXPECT_EQ(Both<int8_t>(Op::kLeftShift, {3, 1, 1, 5}, {2, 7, 100, -1}),
            (std::vector<int8_t>{12, -128, -128, 5}));
  EXPECT_EQ(Both<int8_t>(Op::kRightShift, {-8, -1, 64}, {1, 100, 3}),
            (std::vector<int8_t>{-4, -1, 8}));
  EXPECT_EQ(Both<uint8_t>(Op::kRightShift, {0xf0}, {4}), std::vector<uint8_t>{0x0f});
}

TEST(Binary, Logic) {
  const Tensor a = Flags({4}, {0, 0, 1, 1});
  const Tensor b = Flags({4}, {0, 1, 0, 1});
  EXPECT_EQ(Evaluate(Op::kLogicalAnd, {a, b}).flags(), (std::vector<int>{0, 0, 0, 1}));
  EXPECT_EQ(Evaluate(Op::kLogicalOr, {a, b}).flags(), (std::vector<int>{0, 1, 1, 1}));
  EXPECT_EQ(Evaluate(Op::kLogicalXor, {a, b}).flags(), (std::vector<int>{0, 1, 1, 0}));
  EXPECT_EQ(Evaluate(Op::kEqual, {a, b}).flags(), (std::vector<int>{1, 0, 0, 1}));
}

TEST(Binary, Comparisons) {
  const Tensor x = Floats({4}, {1, 2, 3, kNaN});
  const Tensor y = Floats({4}, {2, 2, 2, kNaN});
  EXPECT_EQ(Evaluate(Op::kEqual, {x, y}).flags(), (std::vector<int>{0, 1, 0, 0}));
  EXPECT_EQ(Evaluate(Op::kNotEqual, {x, y}).flags(), (std::vector<int>{1, 0, 1, 1}));
  EXPECT_EQ(Evaluate(Op::kLess, {x, y}).flags(), (std::vector<int>{1, 0, 0, 0}));
  EXPECT_EQ(Evaluate(Op::kLessEqual, {x, y}).flags(), (std::vector<int>{1, 1, 0, 0}));
  EXPECT_EQ(Evaluate(Op::kGreater, {x, y}).flags(), (std::vector<int>{0, 0, 1, 0}));
  EXPECT_EQ(Evaluate(Op::kGreaterEqual, {x, y}).flags(), (std::vector<int>{0, 1, 1, 0}));
  EXPECT_EQ(
      Evaluate(Op::kLess, {Make<uint64_t>({1}, {1}), Make<uint64_t>({1}, {1ull << 63})}).flags(),
      std::vector<int>{1});
}

TEST(Binary, SixteenBitFloatsRoundOnce) {
  const auto half = [](float v) { return Make<Float16>({}, {v}); };
  // Rounding the difference first would give 1.81640625.
  EXPECT_EQ(
      Evaluate(Op::kSquaredDifference, {half(0.5f), half(-0.84716796875f)}).values<Float16>()[0],
      1.814453125f);
  EXPECT_EQ(Evaluate(Op::kAdd, {half(2048), half(1)}).values<Float16>()[0], 2048);
  EXPECT_EQ(Evaluate(Op::kAdd, {half(2048), half(3)}).values<Float16>()[0], 2052);
}

}  // namespace
}  // namespace mlcompute::testing
