// Mean and variance in one pass, against the two passes in double precision.
#include "mlcompute/portable/moments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "mlcompute/team/team.h"
#include "tests/mlcompute/portable/fused_case.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::FusedCase;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

struct Row {
  Shape shape;
  std::vector<int64_t> axes;
};

const Row kRows[] = {
    {{1, 3}, {0}},
    {{1, 1}, {0}},
    {{7, 1}, {0}},
    {{100003, 1}, {0}},
    {{5, 3}, {0}},
    {{40001, 3}, {0}},
    {{3, 17, 16}, {0, 1}},
    {{64, 32, 32, 16}, {0, 1, 2}},
    {{2, 9, 9, 144}, {0, 1, 2}},
    {{577, 144}, {0}},
    {{300, 257}, {0}},
    {{33, 1030}, {0}},
    {{301, 1280}, {0}},
    {{392, 2048}, {0}},
    {{19, 5000}, {0}},
    {{1200, 4, 48}, {0}},
    {{50, 3, 1, 5}, {0, 1}},
    {{6, 1, 31, 24}, {1, 2}},  // instance normalization
    {{100, 40, 7}, {1}},
    {{2, 3, 700, 20}, {2}},
};

struct Moments {
  std::vector<float> mean, variance;
};

// What a step gives of x, the same with any number of threads.
class Case {
 public:
  explicit Case(const Row& row, bool keep_dims = true)
      : operation_{Op::kMoments, {}, {}, {{"axes", row.axes}, {"keep_dims", keep_dims}}},
        x_(static_cast<size_t>(row.shape.elements())) {
    Program program;
    const Value x = program.AddInput({DataType::kFloat32, row.shape});
    const auto y = program.AppendMulti(Op::kMoments, {x}, operation_.attributes);
    view_.inputs = {program.type(x)};
    view_.results = {program.type(y[0]), program.type(y[1])};
    columns_ = program.type(y[0]).elements();
    uint32_t state = 12345;
    for (float& v : x_) {
      state = state * 1664525u + 1013904223u;
      v = static_cast<float>(state >> 8) / (1 << 23) - 1.0f;
    }
  }

  std::vector<float>& x() { return x_; }
  std::unique_ptr<Step> Make() const { return portable::MakeMoments(view_); }

  Moments Run(const Step& step) const {
    const auto n = static_cast<size_t>(columns_);
    Moments y = {std::vector<float>(n, 7), std::vector<float>(n, 7)};
    const void* const inputs[] = {x_.data()};
    void* const results[] = {y.mean.data(), y.variance.data()};
    const Buffer scratch(step.scratch_bytes());
    step.Run(inputs, results, scratch.data());
    return y;
  }

  Moments Reference() const { return Run(*reference::MakeStep(view_)); }

  Moments Run() const {
    const auto step = Make();
    EXPECT_NE(step, nullptr);
    Moments y = Run(*step);
    const OneThread one;
    const Moments alone = Run(*step);
    const size_t bytes = y.mean.size() * sizeof(float);
    EXPECT_EQ(std::memcmp(y.mean.data(), alone.mean.data(), bytes), 0);
    EXPECT_EQ(std::memcmp(y.variance.data(), alone.variance.data(), bytes), 0);
    return y;
  }

  // As good as float32 can say, but for `relative` of the variance.
  void ExpectAgrees(float relative = 1e-6f) const {
    const Moments got = Run(), expected = Reference();
    int wrong = 0;
    for (size_t j = 0; j < got.mean.size() && wrong < 5; ++j) {
      const float deviation = std::sqrt(expected.variance[j]);
      const float ulp = std::abs(expected.mean[j]) * 1.2e-7f;
      const auto differ = [](float a, float b, float by) {
        return !(a == b || (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= by);
      };
      if (!differ(got.mean[j], expected.mean[j], ulp + 1e-7f * deviation) &&
          !differ(got.variance[j], expected.variance[j], relative * expected.variance[j])) {
        continue;
      }
      ++wrong;
      ADD_FAILURE() << "column " << j << ": " << got.mean[j] << ", " << got.variance[j]
                    << ", expected " << expected.mean[j] << ", " << expected.variance[j];
    }
  }

 private:
  Operation operation_;
  OperationView view_{operation_, {}, {}};
  std::vector<float> x_;
  int64_t columns_;
};

TEST(Moments, AgreeWithReference) {
  for (const Row& row : kRows) {
    for (const bool keep_dims : {false, true}) {
      SCOPED_TRACE(row.shape.ToString());
      Case(row, keep_dims).ExpectAgrees();
    }
  }
}

TEST(Moments, OfNumbersFarFromZero) {
  for (const Row& row : kRows) {
    for (const float offset : {1e4f, -3e5f, 1e8f}) {
      SCOPED_TRACE(row.shape.ToString());
      Case c(row);
      for (float& v : c.x()) v += offset;
      c.ExpectAgrees();
    }
  }
}

// Each column, and what comes later, is far from what came before.
TEST(Moments, OfNumbersThatWander) {
  for (const Row& row : kRows) {
    Case c(row);
    const size_t n = c.x().size();
    for (size_t i = 0; i < n; ++i) {
      c.x()[i] += static_cast<float>(i) / 17.0f + static_cast<float>(i % 7) * 100.0f;
    }
    SCOPED_TRACE(row.shape.ToString());
    c.ExpectAgrees();
    for (size_t i = 0; i < n; ++i) c.x()[i] = i < n / 3 ? 0.0f : 1e4f + c.x()[i] * 1e-6f;
    c.ExpectAgrees();
  }
}

TEST(Moments, OfEqualNumbersHaveNoVariance) {
  for (const Row& row : kRows) {
    for (const float value : {0.0f, 1.0f / 3, -12345.678f, 3e-39f, 1.1e19f, 3.4e38f}) {
      SCOPED_TRACE(row.shape.ToString());
      SCOPED_TRACE(value);
      Case c(row);
      c.x().assign(c.x().size(), value);
      const Moments y = c.Run();
      for (size_t j = 0; j < y.mean.size(); ++j) {
        ASSERT_EQ(y.mean[j], value);
        ASSERT_EQ(y.variance[j], 0.0f);
      }
    }
  }
}

TEST(Moments, OfNumbersThatAreNone) {
  for (const float special : {kInfinity, -kInfinity, kNan}) {
    for (const Row& row : kRows) {
      SCOPED_TRACE(row.shape.ToString());
      SCOPED_TRACE(special);
      Case c(row);
      const size_t n = c.x().size();
      for (size_t i = n / 2; i < n; i += 997) c.x()[i] = special;
      const Moments y = c.Run(), expected = c.Reference();
      c.ExpectAgrees();
      size_t at = 0;
      while (at < y.mean.size() && std::isfinite(expected.mean[at])) ++at;
      ASSERT_LT(at, y.mean.size());
      EXPECT_TRUE(std::isnan(special) ? std::isnan(y.mean[at]) : y.mean[at] == special);
      EXPECT_TRUE(std::isnan(y.variance[at]));
      c.x()[0] = -special;
      c.ExpectAgrees();
    }
  }
}

TEST(Moments, OfTheLargestAndSmallestNumbers) {
  for (const Row& row : kRows) {
    for (const float scale : {3e38f, 1e19f, 1e-19f, 1e-38f}) {
      SCOPED_TRACE(row.shape.ToString());
      SCOPED_TRACE(scale);
      Case c(row);
      for (float& v : c.x()) v *= scale;
      const Moments got = c.Run(), expected = c.Reference();
      for (size_t j = 0; j < got.mean.size(); ++j) {
        const float a = got.variance[j], b = expected.variance[j];
        ASSERT_TRUE(a == b || std::abs(a - b) <= 1e-5f * b + 1e-42f) << a << ", expected " << b;
        ASSERT_NEAR(got.mean[j], expected.mean[j], scale * 1e-6f);
      }
    }
  }
}

TEST(Moments, WhatIsLeftToOthers) {
  EXPECT_EQ(Case({{0, 3}, {0}}).Make(), nullptr);
  EXPECT_EQ(Case({{4, 3}, {1}}).Make(), nullptr);
  EXPECT_EQ(Case({{4, 3}, {}}).Make(), nullptr);
  EXPECT_EQ(Case({{4, 3, 2, 5}, {0, 2}}).Make(), nullptr);
  const Moments y = Case({{0, 3}, {0}}).Reference();
  EXPECT_TRUE(std::isnan(y.mean[2]) && std::isnan(y.variance[2]));
}

// In one with what makes x, and with other reductions.
std::shared_ptr<Program> WithProducer(const Row& row, DataType type, bool sums) {
  auto body = std::make_shared<Program>();
  const int rank = row.shape.rank();
  const Value a = body->AddInput({type, row.shape});
  const Value bias = body->AddInput({DataType::kFloat32, {row.shape[rank - 1]}});
  const Value wide =
      type == DataType::kFloat32 ? a : body->Append(Op::kCast, {a}, {{"to", DataType::kFloat32}});
  const Value x = body->Append(Op::kAdd, {wide, bias});
  const Attributes over = {{"axes", row.axes}, {"keep_dims", true}};
  if (sums) body->AddOutput(body->Append(Op::kReduceSum, {wide}, over));
  const auto y = body->AppendMulti(Op::kMoments, {x}, over);
  body->AddOutput(y[1]);
  if (sums) {
    const auto z = body->AppendMulti(Op::kMoments, {body->Append(Op::kRelu, {x})}, over);
    body->AddOutput(z[0]);
    body->AddOutput(z[1]);
    body->AddOutput(x);
  }
  body->AddOutput(y[0]);
  return body;
}

TEST(Moments, WidenHalves) {
  for (const Row& row : kRows) {
    for (const DataType type : {DataType::kBFloat16, DataType::kFloat16}) {
      SCOPED_TRACE(row.shape.ToString() + " " + std::string(Name(type)));
      auto body = std::make_shared<Program>();
      const Value x = body->AddInput({type, row.shape});
      const Value wide = body->Append(Op::kCast, {x}, {{"to", DataType::kFloat32}});
      const Attributes over = {{"axes", row.axes}, {"keep_dims", true}};
      for (const Value y : body->AppendMulti(Op::kMoments, {wide}, over)) body->AddOutput(y);
      const FusedCase c(body);
      ASSERT_NE(portable::MakeWidenedMoments(c.view), nullptr);
      c.ExpectAgrees();
    }
  }
}

TEST(Moments, JoinWhatMakesTheNumbers) {
  for (const Row& row : kRows) {
    if (row.axes[0] != 0 || row.shape[0] == 1 || row.shape.elements() / row.shape[0] > 4096) {
      continue;
    }
    for (const DataType type : {DataType::kFloat32, DataType::kBFloat16, DataType::kFloat16}) {
      for (const bool sums : {false, true}) {
        SCOPED_TRACE(row.shape.ToString() + (sums ? ", sums " : " ") + std::string(Name(type)));
        FusedCase(WithProducer(row, type, sums)).ExpectAgrees();
      }
    }
  }
}

}  // namespace
}  // namespace mlcompute
