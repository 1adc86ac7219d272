#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

Tensor MatMul(const Tensor& a, const Tensor& b, bool transpose_a = false,
              bool transpose_b = false) {
  return Evaluate(Op::kMatMul, {a, b},
                  {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
}

TEST(MatMul, KnownValues) {
  const Tensor a = Floats({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor b = Floats({3, 2}, {7, 8, 9, 10, 11, 12});
  EXPECT_EQ(MatMul(a, b).values<float>(), (std::vector<float>{58, 64, 139, 154}));
}

TEST(MatMul, TransposesReadTheOtherWay) {
  const Tensor at = Floats({3, 2}, {1, 4, 2, 5, 3, 6});
  const Tensor bt = Floats({2, 3}, {7, 9, 11, 8, 10, 12});
  EXPECT_EQ(MatMul(at, bt, true, true).values<float>(), (std::vector<float>{58, 64, 139, 154}));
}

TEST(MatMul, BatchesBroadcast) {
  const Tensor a = Floats({2, 1, 1, 2}, {1, 2, 3, 4});
  const Tensor b = Floats({3, 2, 1}, {1, 0, 0, 1, 1, 1});
  const Tensor c = MatMul(a, b);
  EXPECT_EQ(c.type.shape, (Shape{2, 3, 1, 1}));
  EXPECT_EQ(c.values<float>(), (std::vector<float>{1, 2, 3, 3, 4, 7}));
}

TEST(MatMul, SumOverNothingIsZero) {
  const Tensor c = MatMul(Floats({2, 0}, {}), Floats({0, 3}, {}));
  EXPECT_EQ(c.values<float>(), std::vector<float>(6, 0));
}

TEST(MatMul, IntegersWrapAround) {
  const Tensor c = MatMul(Make<int8_t>({1, 2}, {100, -3}), Make<int8_t>({2, 1}, {2, 5}));
  EXPECT_EQ(c.values<int8_t>(), std::vector<int8_t>{static_cast<int8_t>(200 - 15)});
}

}  // namespace
}  // namespace mlcompute::testing
