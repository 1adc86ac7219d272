#include <cmath>
#include <limits>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const std::vector<double> kLogits = {1, 2, 3, -1, 0, 4, 1000, 999, 0};

TEST(Softmax, SumsToOneAndSurvivesLargeLogits) {
  const auto p = Evaluate(Op::kSoftmax, {Make<double>({3, 3}, kLogits)}).values<double>();
  for (size_t row = 0; row < 3; ++row) {
    EXPECT_NEAR(p[3 * row] + p[3 * row + 1] + p[3 * row + 2], 1, 1e-12);
  }
  EXPECT_NEAR(p[2], 1 / (1 + std::exp(-1.0) + std::exp(-2.0)), 1e-12);
  EXPECT_NEAR(p[6], 1 / (1 + std::exp(-1.0)), 1e-12);
  const auto log = Evaluate(Op::kLogSoftmax, {Make<double>({3, 3}, kLogits)}).values<double>();
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(std::exp(log[i]), p[i], 1e-12);
  EXPECT_NEAR(log[8], -1000 - std::log1p(std::exp(-1.0)), 1e-9);
}

TEST(Softmax, InfiniteLogits) {
  const auto p = Evaluate(Op::kSoftmax, {Make<double>({2, 2}, {-kInf, 1, -kInf, -kInf})});
  EXPECT_EQ(p.values<double>()[0], 0);
  EXPECT_EQ(p.values<double>()[1], 1);
  EXPECT_TRUE(std::isnan(p.values<double>()[2]));
}

TEST(Softmax, Empty) {
  EXPECT_EQ(Evaluate(Op::kSoftmax, {Floats({2, 0}, {})}).type.shape, (Shape{2, 0}));
}

TEST(CrossEntropy, GradientIsTheDifference) {
  const std::vector<double> labels = {0.2, 0.3, 0.5, 1, 0, 0, 0, 1, 0};
  const auto loss = [&](const std::vector<double>& logits) {
    return EvaluateAll(Op::kSoftmaxCrossEntropy,
                       {Make<double>({3, 3}, logits), Make<double>({3, 3}, labels)});
  };
  const auto gradient = loss(kLogits)[1].values<double>();
  for (size_t i = 0; i < 9; ++i) {
    std::vector<double> up = kLogits, down = kLogits;
    up[i] += 1e-4;
    down[i] -= 1e-4;
    const double difference =
        loss(up)[0].values<double>()[i / 3] - loss(down)[0].values<double>()[i / 3];
    EXPECT_NEAR(gradient[i], difference / 2e-4, 1e-6) << i;
  }
}

TEST(CrossEntropy, SparseIsDenseWithOneHotLabels) {
  const Tensor logits = Make<double>({3, 3}, kLogits);
  const auto dense = EvaluateAll(Op::kSoftmaxCrossEntropy,
                                 {logits, Make<double>({3, 3}, {0, 0, 1, 1, 0, 0, 0, 1, 0})});
  for (const Tensor& labels : {Int32s({3}, {2, 0, 1}), Make<int64_t>({3}, {2, 0, 1})}) {
    const auto sparse = EvaluateAll(Op::kSparseSoftmaxCrossEntropy, {logits, labels});
    EXPECT_EQ(sparse[0].values<double>(), dense[0].values<double>());
    EXPECT_EQ(sparse[1].values<double>(), dense[1].values<double>());
  }
}

TEST(CrossEntropy, SparseTakesNoTermOfOtherClasses) {
  const auto all = EvaluateAll(Op::kSparseSoftmaxCrossEntropy,
                               {Make<double>({1, 2}, {-kInf, 1}), Int32s({1}, {1})});
  EXPECT_EQ(all[0].values<double>()[0], 0);
}

TEST(CrossEntropy, LabelOutOfRange) {
  for (const int32_t label : {3, -1}) {
    const std::string message = InvalidArgumentOf([&] {
      EvaluateAll(Op::kSparseSoftmaxCrossEntropy,
                  {Make<double>({3, 3}, kLogits), Int32s({3}, {0, label, 1})});
    });
    EXPECT_NE(message.find(StrCat("label value of ", label, " which is outside the valid range of ",
                                  "[0, 3)")),
              std::string::npos)
        << message;
  }
}

}  // namespace
}  // namespace mlcompute::testing
