#include <limits>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

Tensor To(DataType type, const Tensor& x) { return Evaluate(Op::kCast, {x}, {{"to", type}}); }

TEST(Cast, FloatsTruncateTowardZero) {
  const Tensor x = Floats({6}, {1.9f, -1.9f, 0.5f, -0.5f, 127, -128});
  EXPECT_EQ(To(DataType::kInt32, x).values<int32_t>(),
            (std::vector<int32_t>{1, -1, 0, 0, 127, -128}));
  EXPECT_EQ(To(DataType::kInt8, x).values<int8_t>(), (std::vector<int8_t>{1, -1, 0, 0, 127, -128}));
}

TEST(Cast, WhatAnIntegerCannotHold) {
  const Tensor x = Floats({5}, {kNaN, kInf, -kInf, 3e9f, -1});
  constexpr int32_t kMin32 = std::numeric_limits<int32_t>::min();
  constexpr int64_t kMin64 = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(To(DataType::kInt32, x).values<int32_t>(),
            (std::vector<int32_t>{kMin32, kMin32, kMin32, kMin32, -1}));
  EXPECT_EQ(To(DataType::kInt64, x).values<int64_t>(),
            (std::vector<int64_t>{kMin64, kMin64, kMin64, 3000000000, -1}));
  EXPECT_EQ(To(DataType::kUInt8, x).values<uint8_t>(), (std::vector<uint8_t>{0, 0, 0, 0, 255}));
  EXPECT_EQ(To(DataType::kUInt32, x).values<uint32_t>(),
            (std::vector<uint32_t>{0, 0, 0, 3000000000u, 4294967295u}));
  EXPECT_EQ(To(DataType::kInt8, Floats({2}, {300, -200})).values<int8_t>(),
            (std::vector<int8_t>{44, 56}));
}

TEST(Cast, IntegersAreCut) {
  EXPECT_EQ(To(DataType::kInt8, Int32s({3}, {300, -1, 128})).values<int8_t>(),
            (std::vector<int8_t>{44, -1, -128}));
  EXPECT_EQ(To(DataType::kInt64, Make<uint32_t>({1}, {4294967295u})).values<int64_t>(),
            std::vector<int64_t>{4294967295});
  EXPECT_EQ(To(DataType::kUInt64, Int32s({1}, {-1})).values<uint64_t>(),
            std::vector<uint64_t>{std::numeric_limits<uint64_t>::max()});
}

TEST(Cast, Bool) {
  EXPECT_EQ(To(DataType::kBool, Floats({5}, {0, -0.0f, 0.5f, kNaN, -3})).flags(),
            (std::vector<int>{0, 0, 1, 1, 1}));
  EXPECT_EQ(To(DataType::kBool, Int32s({2}, {0, 256})).flags(), (std::vector<int>{0, 1}));
  EXPECT_EQ(To(DataType::kFloat32, Flags({2}, {1, 0})).values<float>(), (std::vector<float>{1, 0}));
}

TEST(Cast, SixteenBitFloats) {
  const Tensor x = Floats({4}, {65504, 65536, 1e-8f, 0.1f});
  const auto half = To(DataType::kFloat16, x).values<Float16>();
  EXPECT_EQ(half[0].bits, 0x7bff);
  EXPECT_EQ(half[1].bits, 0x7c00);
  EXPECT_EQ(half[2].bits, 0);
  EXPECT_EQ(half[3].bits, 0x2e66);
  const auto brain = To(DataType::kBFloat16, x).values<BFloat16>();
  EXPECT_EQ(brain[1].bits, 0x4780);
  EXPECT_EQ(brain[3].bits, 0x3dcd);
  EXPECT_EQ(To(DataType::kInt32, Make<BFloat16>({1}, {BFloat16(-2.5f)})).values<int32_t>(),
            std::vector<int32_t>{-2});
}

TEST(Bitcast, KeepsTheBytes) {
  EXPECT_EQ(Evaluate(Op::kBitcast, {Floats({2}, {1, -2})}, {{"to", DataType::kUInt32}})
                .values<uint32_t>(),
            (std::vector<uint32_t>{0x3f800000u, 0xc0000000u}));
}

}  // namespace
}  // namespace mlcompute::testing
