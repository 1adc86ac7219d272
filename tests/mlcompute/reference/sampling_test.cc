// Numbers of TensorFlow's CPU kernels for the same key and counter, and what follows from the
// definition.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

const Tensor kKey = Make<uint64_t>({1}, {0x123456789abcdef});
const Tensor kCounter = Make<uint64_t>({2}, {0xffffffffffffffff, 7});

TEST(Sampling, GammaHasItsMeanAndVariance) {
  const int64_t n = 20000;
  for (const double alpha : {0.5, 1.0, 7.0}) {
    const auto x = Evaluate(Op::kRandomGamma, {kKey, kCounter, Make<double>({}, {alpha})},
                            {{"shape", std::vector<int64_t>{n}}, {"to", DataType::kFloat64}})
                       .values<double>();
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
    double variance = 0;
    for (const double v : x) variance += (v - mean) * (v - mean) / n;
    // Five standard errors; the fourth central moment is 3 alpha^2 + 6 alpha.
    EXPECT_NEAR(mean, alpha, 5 * std::sqrt(alpha / n));
    EXPECT_NEAR(variance, alpha, 5 * std::sqrt((2 * alpha * alpha + 6 * alpha) / n));
    EXPECT_GE(*std::min_element(x.begin(), x.end()), 0.0);
  }
}

TEST(Sampling, GammaOfSeveralAlphasLieSideBySide) {
  const auto both = Evaluate(Op::kRandomGamma, {kKey, kCounter, Floats({2}, {0.5f, 400.0f})},
                             {{"shape", std::vector<int64_t>{50, 2}}, {"to", DataType::kFloat32}})
                        .values<float>();
  for (size_t i = 0; i < both.size(); i += 2) {
    EXPECT_LT(both[i], 20.0f);
    EXPECT_GT(both[i + 1], 200.0f);
  }
}

TEST(Sampling, CategoricalDrawsByProbability) {
  const float inf = INFINITY;
  const Tensor logits = Floats({2, 4}, {0.0f, -inf, std::log(3.0f), NAN, 1.0f, inf, -50.0f, -inf});
  const int64_t n = 10000;
  const auto x = Evaluate(Op::kRandomCategorical, {logits, kKey, kCounter},
                          {{"samples", n}, {"to", DataType::kInt32}})
                     .values<int32_t>();
  const auto count = [&](size_t row, int32_t value) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(row) * n;
    return static_cast<double>(std::count(begin, begin + n, value));
  };
  EXPECT_EQ(count(0, 1) + count(0, 3), 0);
  EXPECT_NEAR(count(0, 2), 0.75 * n, 5 * std::sqrt(n * 0.75 * 0.25));
  EXPECT_EQ(count(1, 0), n);
}

TEST(Sampling, PermutationHoldsEachOnce) {
  for (const int64_t n : {0, 1, 2, 7, 1000}) {
    auto x = Evaluate(Op::kRandomPermutation, {kKey, kCounter},
                      {{"shape", std::vector<int64_t>{n}}, {"to", DataType::kInt64}})
                 .values<int64_t>();
    EXPECT_EQ(std::is_sorted(x.begin(), x.end()), n < 2 || (n == 2 && x[0] == 0));
    std::sort(x.begin(), x.end());
    for (int64_t i = 0; i < n; ++i) EXPECT_EQ(x[static_cast<size_t>(i)], i);
  }
}

TEST(Resample, WeightedSumsAndTheirGradient) {
  const Tensor x = Floats({2, 3, 1}, {1, 10, 100, 2, 20, 200});
  const Tensor indices = Int32s({2, 2}, {0, 2, 1, -1});
  const Tensor weights = Floats({2, 2}, {1, 0.5f, 2, 9});
  EXPECT_EQ(Evaluate(Op::kResample, {x, indices, weights}, {{"axis", int64_t{1}}}).values<float>(),
            (std::vector<float>{51, 20, 102, 40}));
  const Tensor dy = Floats({2, 2, 1}, {1, 2, 3, 4});
  EXPECT_EQ(Evaluate(Op::kResampleGrad, {dy, indices, weights},
                     {{"axis", int64_t{1}}, {"size", int64_t{3}}})
                .values<float>(),
            (std::vector<float>{1, 4, 0.5f, 3, 8, 1.5f}));
}

TEST(Resample, AnIndexBeyondTheAxisIsAnError) {
  EXPECT_THROW(
      Evaluate(Op::kResample, {Floats({3}, {1, 2, 3}), Int32s({1, 1}, {3}), Floats({1, 1}, {1})},
               {{"axis", int64_t{0}}}),
      Error);
}

}  // namespace
}  // namespace mlcompute::testing
