#include <cmath>
#include <limits>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST(TopK, TiesGoToTheLowerIndexAndNaNComesLast) {
  const Tensor x = Floats({1, 6}, {1, 3, 3, kNaN, 2, 3});
  const auto top = EvaluateAll(Op::kTopK, {x}, {{"k", int64_t{6}}, {"to", DataType::kInt32}});
  EXPECT_EQ(top[1].values<int32_t>(), (std::vector<int32_t>{1, 2, 5, 4, 0, 3}));
  const auto values = top[0].values<float>();
  EXPECT_EQ((std::vector<float>{values[0], values[3], values[4]}), (std::vector<float>{3, 2, 1}));
  EXPECT_TRUE(std::isnan(values[5]));
}

TEST(TopK, EveryRow) {
  const auto top = EvaluateAll(Op::kTopK, {Int32s({2, 3}, {1, 2, 3, 6, 5, 4})},
                               {{"k", int64_t{2}}, {"to", DataType::kInt64}});
  EXPECT_EQ(top[0].values<int32_t>(), (std::vector<int32_t>{3, 2, 6, 5}));
  EXPECT_EQ(top[1].values<int64_t>(), (std::vector<int64_t>{2, 1, 0, 1}));
}

TEST(TopK, Nothing) {
  const auto top =
      EvaluateAll(Op::kTopK, {Floats({2, 0}, {})}, {{"k", int64_t{0}}, {"to", DataType::kInt32}});
  EXPECT_EQ(top[0].type.shape, (Shape{2, 0}));
}

TEST(Sort, BothWays) {
  const Tensor x = Floats({2, 3}, {2, kNaN, 1, 3, 1, 2});
  const auto up = Evaluate(Op::kSort, {x}, {{"descending", false}}).values<float>();
  EXPECT_EQ((std::vector<float>{up[0], up[1], up[3], up[4], up[5]}),
            (std::vector<float>{1, 2, 1, 2, 3}));
  EXPECT_TRUE(std::isnan(up[2]));
  const auto down = Evaluate(Op::kSort, {x}, {{"descending", true}}).values<float>();
  EXPECT_EQ((std::vector<float>{down[0], down[1], down[3], down[4], down[5]}),
            (std::vector<float>{2, 1, 3, 2, 1}));
  EXPECT_TRUE(std::isnan(down[2]));
}

}  // namespace
}  // namespace mlcompute::testing
