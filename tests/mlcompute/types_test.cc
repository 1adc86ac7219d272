#include <gtest/gtest.h>

#include <set>
#include <string>

#include "mlcompute/data_type.h"
#include "mlcompute/float16.h"
#include "mlcompute/shape.h"
#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

constexpr int kTypes = static_cast<int>(DataType::kBool) + 1;

TEST(DataTypes, NamesLeadBackToTypes) {
  std::set<std::string> names;
  for (int i = 0; i < kTypes; ++i) {
    const auto type = static_cast<DataType>(i);
    EXPECT_EQ(DataTypeFromName(Name(type)), type);
    EXPECT_TRUE(names.emplace(Name(type)).second) << Name(type);
  }
  EXPECT_EQ(DataTypeFromName("Float32"), DataType::kFloat32);
  EXPECT_EQ(DataTypeFromName("Boolean"), DataType::kBool);
  EXPECT_EQ(DataTypeFromName("float"), DataType::kInvalid);
  EXPECT_EQ(DataTypeFromName(""), DataType::kInvalid);
}

TEST(DataTypes, Sizes) {
  EXPECT_EQ(SizeOf(DataType::kInvalid), 0u);
  EXPECT_EQ(SizeOf(DataType::kBool), 1u);
  EXPECT_EQ(SizeOf(DataType::kBFloat16), 2u);
  EXPECT_EQ(SizeOf(DataType::kUInt32), 4u);
  EXPECT_EQ(SizeOf(DataType::kFloat64), 8u);
}

TEST(DataTypes, EveryTypeIsOfOneClass) {
  for (int i = 1; i < kTypes; ++i) {
    const auto type = static_cast<DataType>(i);
    const int classes = IsFloating(type) + IsSignedInteger(type) + IsUnsignedInteger(type) +
                        (type == DataType::kBool);
    EXPECT_EQ(classes, 1) << Name(type);
  }
}

TEST(Shapes, ElementsAndStrides) {
  EXPECT_EQ(Shape{}.elements(), 1);
  EXPECT_EQ((Shape{2, 0, 3}).elements(), 0);
  EXPECT_EQ((Shape{2, 3, 4}).elements(), 24);
  EXPECT_EQ((Shape{2, 3, 4}).Strides(), (std::vector<int64_t>{12, 4, 1}));
  EXPECT_TRUE(Shape{}.Strides().empty());
}

TEST(Shapes, Text) {
  EXPECT_EQ(Shape{}.ToString(), "[]");
  EXPECT_EQ((TensorType{DataType::kInt8, {2, 3}}).ToString(), "int8[2,3]");
  EXPECT_EQ((TensorType{DataType::kFloat16, {2, 3}}).bytes(), 12u);
}

TEST(Shapes, BroadcastIsNumPys) {
  EXPECT_EQ(Broadcast({}, {}), Shape{});
  EXPECT_EQ(Broadcast({2, 3}, {}), (Shape{2, 3}));
  EXPECT_EQ(Broadcast({3}, {2, 1}), (Shape{2, 3}));
  EXPECT_EQ(Broadcast({5, 1, 4}, {3, 1}), (Shape{5, 3, 4}));
  EXPECT_EQ(Broadcast({0, 3}, {1, 1}), (Shape{0, 3}));
  EXPECT_EQ(Broadcast({1}, {0}), Shape{0});
}

TEST(Shapes, BroadcastNamesBothShapesThatDoNotFit) {
  EXPECT_EQ(InvalidArgumentOf([] {
              Broadcast({2, 3}, {2});
            }),
            "Incompatible shapes: [2,3] vs. [2]");
  EXPECT_EQ(InvalidArgumentOf([] { Broadcast({0}, {2}); }), "Incompatible shapes: [0] vs. [2]");
}

TEST(Shapes, AxesCountFromTheEndWhenNegative) {
  EXPECT_EQ(NormalizeAxis(0, 2), 0);
  EXPECT_EQ(NormalizeAxis(-1, 2), 1);
  EXPECT_EQ(NormalizeAxis(-2, 2), 0);
  EXPECT_EQ(InvalidArgumentOf([] { NormalizeAxis(2, 2); }), "axis 2 is outside [-2, 2)");
  InvalidArgumentOf([] { NormalizeAxis(-3, 2); });
  InvalidArgumentOf([] { NormalizeAxis(0, 0); });
}

// All values of a 16-bit format go through float and back; NaN stays some NaN.
template <typename T>
void RoundTrip() {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    T value;
    value.bits = static_cast<uint16_t>(bits);
    const float wide = value;
    const T back(wide);
    if (wide != wide) {
      EXPECT_NE(static_cast<float>(back), static_cast<float>(back)) << bits;
    } else {
      ASSERT_EQ(back.bits, bits);
    }
  }
}

TEST(SixteenBitFloats, RoundTrip) {
  RoundTrip<Float16>();
  RoundTrip<BFloat16>();
}

TEST(SixteenBitFloats, RoundToNearestTiesToEven) {
  EXPECT_EQ(Float16(1.0f).bits, 0x3c00);
  EXPECT_EQ(Float16(1.0f + 0x1p-11f).bits, 0x3c00);  // half way, down to even
  EXPECT_EQ(Float16(1.0f + 0x3p-11f).bits, 0x3c02);  // half way, up to even
  EXPECT_EQ(Float16(65519.0f).bits, 0x7bff);
  EXPECT_EQ(Float16(65520.0f).bits, 0x7c00);   // infinity
  EXPECT_EQ(Float16(0x1p-24f).bits, 0x0001);   // the smallest
  EXPECT_EQ(Float16(0x1p-25f).bits, 0x0000);   // half way, down to even
  EXPECT_EQ(Float16(-0x3p-25f).bits, 0x8002);  // half way, up to even
  EXPECT_EQ(BFloat16(1.0f).bits, 0x3f80);
  EXPECT_EQ(BFloat16(1.0f + 0x1p-8f).bits, 0x3f80);
  EXPECT_EQ(BFloat16(1.0f + 0x3p-8f).bits, 0x3f82);
  EXPECT_EQ(BFloat16(3.4e38f).bits, 0x7f80);  // infinity
}

}  // namespace
}  // namespace mlcompute::testing
