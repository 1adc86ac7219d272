#include "mlcompute/portable/bfloat16_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using portable::BFloat16ProductShape;
using portable::MakeBFloat16Product;
using portable::ProductSplit;
using testing::Buffer;
using testing::OpCase;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

constexpr ProductSplit kSplits[] = {ProductSplit::kRows, ProductSplit::kColumns,
                                    ProductSplit::kDepth};

TensorType Half(const Shape& shape) { return {DataType::kBFloat16, shape}; }

OpCase Case(const BFloat16ProductShape& s) {
  return OpCase(Op::kMatMul, {Half({s.k, s.m}), Half({s.k, s.n})}, {Half({s.m, s.n})},
                {{"transpose_a", true}, {"transpose_b", false}});
}

// Of whole numbers, whose sums are exact, the results are the same bits: they are rounded once.
void FillWithWholeNumbers(const OpCase& c, int64_t modulus) {
  for (size_t i = 0; i < 2; ++i) {
    for (int64_t at = 0; at < c.view.inputs[i].elements(); ++at) {
      const int64_t number = (at * 7919 + 13 * static_cast<int64_t>(i)) % modulus - modulus / 2;
      testing::Set(DataType::kBFloat16, c.inputs[i].data(), at, static_cast<float>(number));
    }
  }
}

class BFloat16Product : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!MakeBFloat16Product({1, 1, 1}, ProductSplit::kRows)) {
      GTEST_SKIP() << "no dot products of bfloat16 on this processor";
    }
  }

  static void ExpectSame(const BFloat16ProductShape& s) {
    const OpCase c = Case(s);
    FillWithWholeNumbers(c, 23);
    const std::vector<Buffer> expected = c.Run(*reference::MakeStep(c.view));
    for (const ProductSplit split : kSplits) {
      const std::unique_ptr<Step> step = MakeBFloat16Product(s, split);
      ASSERT_NE(step, nullptr);
      const std::vector<Buffer> got = c.Run(*step);
      EXPECT_EQ(std::memcmp(got[0].data(), expected[0].data(), got[0].bytes()), 0)
          << c.ToString() << " split " << static_cast<int>(split);
    }
  }
};

TEST_F(BFloat16Product, IsExactForAllRemainders) {
  for (int64_t m = 1; m <= 46; ++m) ExpectSame({m, 37, 45});
  for (int64_t n = 1; n <= 98; ++n) ExpectSame({17, 30, n});
  for (int64_t k = 1; k <= 40; ++k) ExpectSame({16, k, 40});
}

// Several blocks of rows, several groups of tiles, panels that are stored in several turns.
TEST_F(BFloat16Product, IsExactForLargeProducts) {
  ExpectSame({128, 1601, 96});
  ExpectSame({700, 385, 100});
  ExpectSame({700, 1000, 100});
  ExpectSame({50, 300, 500});
  ExpectSame({3, 2049, 70});
  ExpectSame({130, 1200, 1700});
}

TEST_F(BFloat16Product, AgreesWithTheReference) {
  const BFloat16ProductShape s = {60, 777, 130};
  const OpCase c = Case(s);
  const std::vector<Buffer> expected = c.Run(*reference::MakeStep(c.view));
  for (const ProductSplit split : kSplits) {
    const std::unique_ptr<Step> step = MakeBFloat16Product(s, split);
    const std::vector<Buffer> first = c.Run(*step), second = c.Run(*step);
    c.ExpectNear(first, expected);
    EXPECT_EQ(std::memcmp(first[0].data(), second[0].data(), first[0].bytes()), 0);
  }
}

TEST_F(BFloat16Product, NotANumberAndInfinityStayWhereTheyAre) {
  const BFloat16ProductShape s = {20, 9, 50};
  const OpCase c = Case(s);
  const auto set = [&](size_t input, int64_t row, int64_t column, float value) {
    testing::Set(DataType::kBFloat16, c.inputs[input].data(),
                 row * c.view.inputs[input].shape[1] + column, value);
  };
  set(0, 2, 3, NAN);
  set(0, 8, 16, INFINITY);  // of the last row, which is alone
  set(1, 4, 49, -INFINITY);
  set(1, 0, 33, NAN);
  const std::vector<Buffer> expected = c.Run(*reference::MakeStep(c.view));
  for (const ProductSplit split : kSplits) {
    c.ExpectNear(c.Run(*MakeBFloat16Product(s, split)), expected);
  }
}

TEST_F(BFloat16Product, TakesGradientsOfWeights) {
  const auto takes = [](const Shape& a, const Shape& b, const Shape& c, DataType type,
                        bool transpose_b) {
    const OpCase matmul(Op::kMatMul, {{type, a}, {type, b}}, {{type, c}},
                        {{"transpose_a", true}, {"transpose_b", transpose_b}});
    if (!MakeBFloat16Product(matmul.view)) return false;
    testing::ExpectAgrees(matmul, MakeBFloat16Product);
    return true;
  };
  constexpr DataType kHalf = DataType::kBFloat16;
  if (portable::ProductsOfBFloat16() == portable::BFloat16Products::kDots) {
    EXPECT_TRUE(takes({2000, 64}, {2000, 96}, {64, 96}, kHalf, false));
    EXPECT_TRUE(takes({1, 2000, 64}, {1, 2000, 96}, {1, 64, 96}, kHalf, false));
  }
  EXPECT_FALSE(takes({2, 2000, 64}, {2, 2000, 96}, {2, 64, 96}, kHalf, false));
  EXPECT_FALSE(takes({2000, 64}, {96, 2000}, {64, 96}, kHalf, true));
  EXPECT_FALSE(takes({2000, 64}, {2000, 96}, {64, 96}, DataType::kFloat32, false));
  EXPECT_FALSE(takes({6, 7}, {6, 8}, {7, 8}, kHalf, false));
  EXPECT_FALSE(takes({0, 7}, {0, 8}, {7, 8}, kHalf, false));
}

TEST(SplitOfBFloat16Product, IsWhatTakesLeast) {
  EXPECT_EQ(portable::SplitOf({128, 4096, 128}, 2), ProductSplit::kDepth);
  EXPECT_EQ(portable::SplitOf({1024, 1568, 256}, 2), ProductSplit::kRows);
  EXPECT_EQ(portable::SplitOf({256, 1568, 1024}, 2), ProductSplit::kColumns);
}

}  // namespace
}  // namespace mlcompute
