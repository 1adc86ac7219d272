// Every instruction set that this processor has, not only the best one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "mlcompute/float16.h"
#include "mlcompute/philox.h"
#include "mlcompute/portable/dispatch.h"

namespace mlcompute::portable {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr size_t kSizes[] = {1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 67, 1000};

class SpansTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    spans_ = SpansOf(GetParam());
    if (!spans_) GTEST_SKIP() << "no " << GetParam() << " here";
  }

  std::vector<float> Numbers(size_t n) const {
    std::vector<float> x(n);
    for (size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i * 37 % 101) / 16.0f - 3.0f;
    return x;
  }

  std::unique_ptr<const SpanTable> spans_;
};

INSTANTIATE_TEST_SUITE_P(All, SpansTest, ::testing::Values("sse4", "avx2", "avx512", "neon"),
                         [](const auto& info) { return std::string(info.param); });

// Two windows of two taps, the second window three channels further on, and the gradient of their
// maxima: a NaN first in its window keeps it.
TEST_P(SpansTest, WindowsOfEveryChannelCount) {
  for (size_t channels = 1; channels <= 35; ++channels) {
    const auto pitch = static_cast<ptrdiff_t>(channels) + 2;
    const int64_t offsets[] = {0, pitch};
    const WindowRun run = {offsets, 2, 2, 2 * pitch, pitch, channels};
    std::vector<float> x = Numbers(4 * static_cast<size_t>(pitch));
    x[0] = NAN;
    std::vector<float> y(2 * static_cast<size_t>(pitch), 7.0f);
    std::vector<float> average = y;
    std::vector<float> dx(x.size(), 1.0f);
    const std::vector<float> dy(y.size(), 2.0f);
    spans_->windows.max(run, x.data(), y.data());
    spans_->windows.average(run, x.data(), average.data());
    spans_->windows.max_grad(run, x.data(), dy.data(), dx.data());
    for (size_t i = 0; i < y.size(); ++i) {
      const size_t window = i / static_cast<size_t>(pitch);
      const size_t first = i + window * static_cast<size_t>(pitch);
      const size_t second = first + static_cast<size_t>(pitch);
      SCOPED_TRACE(channels * 1000 + i);
      if (i % static_cast<size_t>(pitch) >= channels) {
        EXPECT_EQ(y[i], 7.0f);
        EXPECT_EQ(dx[first], 1.0f);
        continue;
      }
      const bool takes_second = x[second] > x[first];
      const float best = takes_second ? x[second] : x[first];
      EXPECT_EQ(y[i], std::isnan(x[first]) ? x[second] : best);
      if (!std::isnan(best)) {
        EXPECT_FLOAT_EQ(average[i], (x[first] + x[second]) / 2);
      }
      EXPECT_EQ(dx[first], takes_second ? 1.0f : 3.0f);
      EXPECT_EQ(dx[second], takes_second ? 3.0f : 1.0f);
    }
  }
}

TEST_P(SpansTest, UnaryWritesItsRunAndNoMore) {
  const struct {
    Op op;
    float (*expected)(float);
  } rows[] = {
      {Op::kAbs, std::fabs},        {Op::kSqrt, std::sqrt},   {Op::kFloor, std::floor},
      {Op::kRound, std::nearbyint}, {Op::kExp, std::exp},     {Op::kExpm1, std::expm1},
      {Op::kLog, std::log},         {Op::kLog1p, std::log1p}, {Op::kTanh, std::tanh},
      {Op::kErf, std::erf},         {Op::kErfc, std::erfc},   {Op::kSin, std::sin},
      {Op::kCos, std::cos},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(Name(row.op));
    const UnarySpan span = spans_->unary[static_cast<size_t>(row.op)];
    ASSERT_NE(span, nullptr);
    for (const size_t n : kSizes) {
      std::vector<float> x = Numbers(n);
      if (n > 4) x[2] = kNan;
      if (n > 4) x[4] = -kInfinity;
      std::vector<float> y(n + 1, 77.0f);
      span(x.data(), y.data(), n);
      EXPECT_EQ(y[n], 77.0f);
      for (size_t i = 0; i < n; ++i) {
        const float want = row.expected(x[i]);
        if (std::isnan(want) || std::isinf(want)) {
          EXPECT_TRUE(std::isnan(want) ? std::isnan(y[i]) : y[i] == want)
              << x[i] << " gives " << y[i];
        } else {
          EXPECT_NEAR(y[i], want, 2e-6f * std::abs(want) + 1e-7f) << x[i];
        }
      }
      span(x.data(), x.data(), n);  // over its operand
      for (size_t i = 0; i < n; ++i) {
        EXPECT_TRUE(x[i] == y[i] || std::isnan(y[i]));
      }
    }
  }
}

TEST_P(SpansTest, Pow) {
  const auto pow = spans_->binary[static_cast<size_t>(Op::kPow)];
  const std::vector<float> values = {0.0f, -0.0f, 1.0f,  -1.0f, 2.5f,      -3.0f,
                                     4.0f, 0.5f,  1e30f, kNan,  kInfinity, -kInfinity};
  for (const float b : values) {
    const std::vector<float> exponents(values.size(), b);
    std::vector<float> y(values.size());
    pow(values.data(), exponents.data(), y.data(), values.size());
    for (size_t i = 0; i < y.size(); ++i) {
      const float want = std::pow(values[i], b);
      EXPECT_TRUE(std::isnan(want) ? std::isnan(y[i])
                                   : y[i] == want || std::abs(y[i] / want - 1.0f) < 2e-7f)
          << values[i] << " ^ " << b << " gives " << y[i] << ", expected " << want;
      EXPECT_TRUE(std::isnan(want) || std::signbit(want) == std::signbit(y[i]));
    }
  }
}

TEST_P(SpansTest, HalvesRoundToNearestEven) {
  // Every half and its neighbourhood in float.
  std::vector<uint16_t> bits(65536);
  std::iota(bits.begin(), bits.end(), uint16_t{0});
  std::vector<float> wide(bits.size());
  std::vector<uint16_t> back(bits.size());
  const auto check = [&](auto half, auto widen, auto narrow) {
    using Half = decltype(half);
    widen(bits.data(), wide.data(), bits.size());
    for (size_t i = 0; i < bits.size(); ++i) {
      half.bits = bits[i];
      const float want = half;
      ASSERT_TRUE(wide[i] == want || (std::isnan(wide[i]) && std::isnan(want))) << i;
    }
    for (const float factor :
         {1.0f, 1.00024414f, 1.00048828f, 0.9998f, 1.001953125f, 1.00390625f}) {
      std::vector<float> x = wide;
      for (float& value : x) value *= factor;
      narrow(x.data(), back.data(), x.size());
      for (size_t i = 0; i < x.size(); ++i) {
        half.bits = back[i];
        const Half want(x[i]);
        const auto got = static_cast<float>(half);
        ASSERT_TRUE(std::isnan(x[i]) ? std::isnan(got) : back[i] == want.bits)
            << x[i] << " gives " << back[i] << ", expected " << want.bits;
      }
    }
  };
  check(Float16(), spans_->from_float16, spans_->to_float16);
  check(BFloat16(), spans_->from_bfloat16, spans_->to_bfloat16);
}

TEST_P(SpansTest, Folds) {
  for (const size_t n : kSizes) {
    std::vector<float> x = Numbers(n);
    double sum = 0.0;
    for (const float v : x) sum += v;
    const auto run = [&](Fold fold) {
      return spans_->fold_float32[static_cast<int>(fold)].run(x.data(), n);
    };
    EXPECT_NEAR(run(Fold::kSum), sum, 1e-6 * static_cast<double>(n));
    EXPECT_EQ(run(Fold::kMax), *std::max_element(x.begin(), x.end()));
    EXPECT_EQ(run(Fold::kMin), *std::min_element(x.begin(), x.end()));
    for (size_t i = 0; i < n; ++i) {
      x = Numbers(n);
      x[i] = kNan;
      EXPECT_TRUE(std::isnan(run(Fold::kMax))) << i << " of " << n;
      EXPECT_TRUE(std::isnan(run(Fold::kMin))) << i << " of " << n;
    }
  }
}

TEST_P(SpansTest, Transpose) {
  const size_t rows = 37, columns = 53;
  const auto check = [&](auto zero, size_t table) {
    using T = decltype(zero);
    std::vector<T> x(rows * columns), y(rows * columns);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i * 7919);
    spans_->transpose[table](x.data(), columns * sizeof(T), y.data(), rows * sizeof(T), rows,
                             columns);
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < columns; ++j) ASSERT_EQ(y[j * rows + i], x[i * columns + j]);
    }
  };
  check(uint8_t{}, 0);
  check(uint16_t{}, 1);
  check(uint32_t{}, 2);
  check(uint64_t{}, 3);
}

TEST_P(SpansTest, PhiloxCountsOverItsWords) {
  const uint64_t key = 0x0123456789abcdef;
  const uint64_t counter[] = {~uint64_t{0} - 5, 0xffffffff};
  Philox generator(&key, counter, 2);
  const uint32_t words[] = {0xfffffffa, 0xffffffff, 0xffffffff, 0};
  const uint32_t keys[] = {0x89abcdef, 0x01234567};
  std::vector<uint32_t> got(37 * 4);
  spans_->philox(words, keys, got.data(), 37);
  for (size_t b = 0; b < 37; ++b) {
    const Philox::Block want = generator.Next();
    for (size_t k = 0; k < 4; ++k) ASSERT_EQ(got[4 * b + k], want[k]) << b;
  }
}

}  // namespace
}  // namespace mlcompute::portable
