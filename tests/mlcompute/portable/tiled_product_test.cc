#include "mlcompute/portable/tiled_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using portable::MakeTiledProduct;
using portable::ProductPlan;
using portable::ProductShape;
using portable::ProductSplit;
using testing::Buffer;
using testing::OpCase;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

constexpr ProductPlan kPlans[] = {
    {ProductSplit::kRows, false, 512},    {ProductSplit::kRows, false, 24},
    {ProductSplit::kColumns, true, 1024}, {ProductSplit::kColumns, true, 24},
    {ProductSplit::kDepth, false, 512},   {ProductSplit::kDepth, false, 24},
    {ProductSplit::kDepth, true, 512},    {ProductSplit::kDepth, true, 24},
};

OpCase Case(const ProductShape& s) {
  const Shape a = s.transpose_a ? Shape({s.k, s.m}) : Shape({s.m, s.k});
  const Shape b = s.transpose_b ? Shape({s.n, s.k}) : Shape({s.k, s.n});
  return OpCase(Op::kMatMul, {{DataType::kFloat32, a}, {DataType::kFloat32, b}},
                {{DataType::kFloat32, Shape({s.m, s.n})}},
                {{"transpose_a", s.transpose_a}, {"transpose_b", s.transpose_b}});
}

void ExpectAgrees(const OpCase& c, const ProductShape& shape) {
  const std::vector<Buffer> expected = c.Run(*reference::MakeStep(c.view));
  for (const ProductPlan& plan : kPlans) {
    SCOPED_TRACE(c.ToString() + " split " + std::to_string(static_cast<int>(plan.split)) +
                 (plan.panels_first ? " panels" : " rows") + " depth " +
                 std::to_string(plan.depth));
    const std::unique_ptr<Step> step = MakeTiledProduct(shape, plan);
    ASSERT_NE(step, nullptr);
    c.ExpectNear(c.Run(*step), expected);
  }
}

class TiledProduct : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!MakeTiledProduct(ProductShape{1, 1, 1, false, false}, kPlans[0])) {
      GTEST_SKIP() << "no compiled tiles on this processor";
    }
  }

  static void ExpectAllAgree(int64_t m, int64_t k, int64_t n) {
    for (const bool transpose_a : {false, true}) {
      for (const bool transpose_b : {false, true}) {
        const ProductShape shape = {m, k, n, transpose_a, transpose_b};
        ExpectAgrees(Case(shape), shape);
      }
    }
  }
};

TEST_F(TiledProduct, AgreesForAllRemaindersOfRows) {
  for (int64_t m = 1; m <= 30; ++m) ExpectAllAgree(m, 37, 45);
}

TEST_F(TiledProduct, AgreesForAllRemaindersOfColumns) {
  for (int64_t n = 1; n <= 66; ++n) ExpectAllAgree(17, 30, n);
}

TEST_F(TiledProduct, AgreesForAllRemaindersOfDepth) {
  for (int64_t k = 1; k <= 66; ++k) ExpectAllAgree(16, k, 40);
}

TEST_F(TiledProduct, AgreesForLargeProducts) {
  ExpectAllAgree(128, 4096, 96);
  ExpectAllAgree(301, 1030, 35);
  ExpectAllAgree(50, 1024, 201);  // rows of a that would lie in the same lines of the cache
  ExpectAllAgree(1, 2049, 70);
  ExpectAllAgree(90, 3, 1024);
}

TEST_F(TiledProduct, NotANumberAndInfinityStayWhereTheyAre) {
  const ProductShape shape = {20, 9, 50, false, false};
  OpCase c = Case(shape);
  auto* a = static_cast<float*>(c.inputs[0].data());
  auto* b = static_cast<float*>(c.inputs[1].data());
  a[3 * 9 + 2] = NAN;
  a[16 * 9 + 8] = INFINITY;
  b[4 * 50 + 49] = -INFINITY;
  b[0 * 50 + 33] = NAN;
  ExpectAgrees(c, shape);
}

TEST_F(TiledProduct, GivesTheSameEachTime) {
  const ProductShape shape = {40, 777, 130, true, false};
  const OpCase c = Case(shape);
  auto* a = static_cast<float*>(c.inputs[0].data());
  for (int64_t i = 0; i < shape.m * shape.k; ++i) a[i] = std::sin(static_cast<float>(i));
  for (const ProductPlan& plan : kPlans) {
    const std::unique_ptr<Step> step = MakeTiledProduct(shape, plan);
    const std::vector<Buffer> first = c.Run(*step), second = c.Run(*step);
    EXPECT_EQ(std::memcmp(first[0].data(), second[0].data(),
                          static_cast<size_t>(shape.m * shape.n) * sizeof(float)),
              0);
  }
}

TEST_F(TiledProduct, TakesMatMuls) {
  const auto takes = [](const Shape& a, const Shape& b, const Shape& c, bool transpose_a) {
    const OpCase matmul(Op::kMatMul, {{DataType::kFloat32, a}, {DataType::kFloat32, b}},
                        {{DataType::kFloat32, c}},
                        {{"transpose_a", transpose_a}, {"transpose_b", false}});
    if (!MakeTiledProduct(matmul.view)) return false;
    testing::ExpectAgrees(matmul, MakeTiledProduct);
    return true;
  };
  EXPECT_TRUE(takes({600, 70}, {70, 100}, {600, 100}, false));
  EXPECT_TRUE(takes({4, 150, 70}, {70, 100}, {4, 150, 100}, false));  // one matrix of 600 rows
  EXPECT_TRUE(takes({2000, 64}, {2000, 96}, {64, 96}, true));
  EXPECT_FALSE(takes({4, 150, 70}, {4, 150, 100}, {4, 70, 100}, true));
  EXPECT_FALSE(takes({6, 7}, {7, 8}, {6, 8}, false));
  EXPECT_FALSE(takes({0, 7}, {7, 8}, {0, 8}, false));
  EXPECT_FALSE(takes({3000, 0}, {0, 3000}, {3000, 3000}, false));
}

}  // namespace
}  // namespace mlcompute
