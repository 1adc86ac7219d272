#include <gtest/gtest.h>

#include <limits>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::ExpectAgrees;
using testing::Get;
using testing::OpCase;
using testing::Set;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

constexpr DataType kFloats[] = {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16};
constexpr DataType kOthers[] = {DataType::kFloat64, DataType::kInt32, DataType::kInt64};
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Attributes AttributesOf(Op op) {
  if (op == Op::kLeakyRelu || op == Op::kLeakyReluGrad) return {{"alpha", 0.2}};
  if (op == Op::kGelu) return {{"approximate", true}};
  return {};
}

// Elements that differ by more than `ulps` units in the last place of float32, or in being NaN.
void ExpectClose(const OpCase& c, float ulps) {
  SCOPED_TRACE(c.ToString());
  const auto step = portable::MakeElementwise(c.view);
  ASSERT_NE(step, nullptr);
  const std::vector<Buffer> got = c.Run(*step);
  const std::vector<Buffer> want = c.Run(*reference::MakeStep(c.view));
  int wrong = 0;
  for (int64_t i = 0; i < c.view.results[0].elements() && wrong < 5; ++i) {
    const DataType type = c.view.results[0].dtype;
    const float g = Get(type, got[0].data(), i);
    const float w = Get(type, want[0].data(), i);
    if ((std::isnan(g) && std::isnan(w)) || g == w) continue;
    const float ulp = std::nextafter(std::abs(w), kInfinity) - std::abs(w);
    if (std::abs(g - w) <= ulps * ulp) continue;
    ++wrong;
    ADD_FAILURE() << Get(c.view.inputs[0].dtype, c.inputs[0].data(), i) << " gives " << g
                  << ", expected " << w;
  }
}

std::vector<float> Arguments(float from, float to) {
  std::vector<float> x = {0.0f,  -0.0f,  1.0f,    -1.0f,   kInfinity, -kInfinity,
                          kNan,  1e-30f, -1e-30f, 1e-41f,  3e38f,     -3e38f,
                          88.7f, 88.8f,  -87.5f,  -103.9f, -104.1f};
  for (int i = 0; i <= 40000; ++i) x.push_back(from + (to - from) * static_cast<float>(i) / 40000);
  return x;
}

struct Accuracy {
  Op op;
  float ulps;
  float from, to;
};

class AccuracyTest : public ::testing::TestWithParam<Accuracy> {};

TEST_P(AccuracyTest, IsWithinUlps) {
  const std::vector<float> x = Arguments(GetParam().from, GetParam().to);
  const TensorType type{DataType::kFloat32, {static_cast<int64_t>(x.size())}};
  OpCase c(GetParam().op, {type}, {type}, AttributesOf(GetParam().op));
  std::copy(x.begin(), x.end(), static_cast<float*>(c.inputs[0].data()));
  ExpectClose(c, GetParam().ulps);
}

const Accuracy kAccuracies[] = {
    {Op::kAbs, 0, -5, 5},        {Op::kNeg, 0, -5, 5},      {Op::kSign, 0, -5, 5},
    {Op::kReciprocal, 0, -5, 5}, {Op::kSquare, 0, -5, 5},   {Op::kSqrt, 0, -1, 50},
    {Op::kRsqrt, 1, -1, 50},     {Op::kCeil, 0, -5, 5},     {Op::kFloor, 0, -5, 5},
    {Op::kRound, 0, -5, 5},      {Op::kRelu, 0, -5, 5},     {Op::kRelu6, 0, -5, 9},
    {Op::kLeakyRelu, 0, -5, 5},  {Op::kSoftsign, 1, -5, 5}, {Op::kExp, 2, -104, 89},
    {Op::kExpm1, 4, -20, 20},    {Op::kLog, 2, -1, 100},    {Op::kLog1p, 4, -1.5, 10},
    {Op::kSin, 4, -7, 7},        {Op::kCos, 4, -7, 7},      {Op::kTanh, 4, -10, 10},
    {Op::kSigmoid, 4, -80, 20},  {Op::kErf, 4, -5, 5},      {Op::kErfc, 16, -5, 9},
    {Op::kElu, 4, -20, 5},       {Op::kSelu, 5, -20, 5},    {Op::kSoftplus, 5, -20, 20},
    {Op::kTan, 0, -5, 5},        {Op::kAtan, 0, -5, 5},     {Op::kErfinv, 0, -1.5, 1.5},
};

INSTANTIATE_TEST_SUITE_P(All, AccuracyTest, ::testing::ValuesIn(kAccuracies),
                         [](const auto& info) { return std::string(Name(info.param.op)); });

TEST(Gelu, AgreesWithReference) {
  for (const bool approximate : {false, true}) {
    const std::vector<float> x = Arguments(-9, 9);
    const TensorType type{DataType::kFloat32, {static_cast<int64_t>(x.size())}};
    OpCase c(Op::kGelu, {type}, {type}, {{"approximate", approximate}});
    std::copy(x.begin(), x.end(), static_cast<float*>(c.inputs[0].data()));
    ExpectAgrees(c, portable::MakeElementwise);
  }
}

TEST(Pow, IsThatOfTheCLibrary) {
  const float values[] = {0.0f,  -0.0f, 1.0f,   -1.0f,  2.0f,        -2.0f, 3.0f,      0.5f,
                          -0.5f, 1.5f,  7e3f,   1e-40f, 16777217.0f, -3.0f, kInfinity, -kInfinity,
                          kNan,  0.1f,  -1e30f, 88.0f,  -7.0f,       3e9f,  1.0000001f};
  const int64_t n = std::size(values);
  const TensorType x{DataType::kFloat32, {n, 1}};
  const TensorType y{DataType::kFloat32, {n}};
  OpCase c(Op::kPow, {x, y}, {{DataType::kFloat32, {n, n}}}, {});
  std::copy(values, values + n, static_cast<float*>(c.inputs[0].data()));
  std::copy(values, values + n, static_cast<float*>(c.inputs[1].data()));
  ExpectClose(c, 1);

  OpCase squares(Op::kPow, {{DataType::kFloat32, {1003}}, {DataType::kFloat32, {}}},
                 {{DataType::kFloat32, {1003}}}, {});
  Set(DataType::kFloat32, squares.inputs[1].data(), 0, 2.0f);
  ExpectClose(squares, 0);
}

struct Broadcasting {
  Shape a, b, y;
};

const Broadcasting kBroadcasts[] = {
    {{}, {}, {}},
    {{7}, {7}, {7}},
    {{100003}, {100003}, {100003}},
    {{100003}, {}, {100003}},
    {{}, {1000}, {1000}},
    {{700, 16}, {16}, {700, 16}},
    {{70, 1500}, {1500}, {70, 1500}},
    {{300, 1}, {300, 256}, {300, 256}},
    {{3, 1}, {1, 5}, {3, 5}},
    {{8, 100, 64}, {8, 1, 64}, {8, 100, 64}},
    {{2, 1, 3, 1}, {4, 1, 5}, {2, 4, 3, 5}},
};

class BinaryTest : public ::testing::TestWithParam<Op> {};

TEST_P(BinaryTest, AgreesWithReference) {
  const Op op = GetParam();
  const bool compares = op >= Op::kEqual && op <= Op::kGreaterEqual;
  for (const Broadcasting& row : kBroadcasts) {
    for (const DataType type : kFloats) {
      OpCase c(op, {{type, row.a}, {type, row.b}}, {{compares ? DataType::kBool : type, row.y}},
               {});
      if (row.a.elements() > 5) Set(type, c.inputs[0].data(), 5, kNan);
      if (row.b.elements() > 6) Set(type, c.inputs[1].data(), 6, kInfinity);
      ExpectAgrees(c, portable::MakeElementwise);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, BinaryTest,
                         ::testing::Values(Op::kAdd, Op::kSub, Op::kMul, Op::kDiv, Op::kDivNoNan,
                                           Op::kMulNoNan, Op::kFloorDiv, Op::kTruncDiv,
                                           Op::kFloorMod, Op::kTruncMod, Op::kPow, Op::kMaximum,
                                           Op::kMinimum, Op::kSquaredDifference, Op::kAtan2,
                                           Op::kXdivy, Op::kXlogy, Op::kXlog1py, Op::kEqual,
                                           Op::kNotEqual, Op::kLess, Op::kLessEqual, Op::kGreater,
                                           Op::kGreaterEqual),
                         [](const auto& info) { return std::string(Name(info.param)); });

class TypedTest : public ::testing::TestWithParam<Op> {};

TEST_P(TypedTest, AgreesWithReference) {
  const Op op = GetParam();
  const bool compares = op >= Op::kEqual && op <= Op::kGreaterEqual;
  for (const Broadcasting& row : kBroadcasts) {
    for (const DataType type : kOthers) {
      const OpCase c(op, {{type, row.a}, {type, row.b}},
                     {{compares ? DataType::kBool : type, row.y}}, {});
      ExpectAgrees(c, portable::MakeElementwise);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TypedTest,
                         ::testing::Values(Op::kAdd, Op::kSub, Op::kMul, Op::kMaximum, Op::kMinimum,
                                           Op::kEqual, Op::kNotEqual, Op::kLess, Op::kLessEqual,
                                           Op::kGreater, Op::kGreaterEqual),
                         [](const auto& info) { return std::string(Name(info.param)); });

class GradientTest : public ::testing::TestWithParam<Op> {};

TEST_P(GradientTest, AgreesWithReference) {
  for (const DataType type : kFloats) {
    for (const int64_t n : {1, 7, 16, 1000, 100003}) {
      const TensorType x{type, {n}};
      OpCase c(GetParam(), {x, x}, {x}, AttributesOf(GetParam()));
      if (n > 16) Set(type, c.inputs[0].data(), 9, 0.0f);
      if (n > 16) Set(type, c.inputs[1].data(), 11, 0.0f);
      if (n > 16) Set(type, c.inputs[1].data(), 12, kNan);
      ExpectAgrees(c, portable::MakeElementwise);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, GradientTest,
                         ::testing::Values(Op::kTanhGrad, Op::kSigmoidGrad, Op::kSqrtGrad,
                                           Op::kRsqrtGrad, Op::kReciprocalGrad, Op::kReluGrad,
                                           Op::kRelu6Grad, Op::kLeakyReluGrad, Op::kEluGrad,
                                           Op::kSeluGrad, Op::kSoftplusGrad, Op::kSoftsignGrad),
                         [](const auto& info) { return std::string(Name(info.param)); });

TEST(Ternary, AgreesWithReference) {
  for (const Broadcasting& row : kBroadcasts) {
    for (const DataType type : {DataType::kFloat32, DataType::kBFloat16, DataType::kFloat64,
                                DataType::kInt64, DataType::kUInt8}) {
      const OpCase select(Op::kSelect, {{DataType::kBool, row.a}, {type, row.b}, {type, {}}},
                          {{type, row.y}}, {});
      ExpectAgrees(select, portable::MakeElementwise);
    }
    for (const DataType type : kFloats) {
      OpCase clip(Op::kClipByValue, {{type, row.y}, {type, {}}, {type, {}}}, {{type, row.y}}, {});
      Set(type, clip.inputs[0].data(), 0, kNan);
      Set(type, clip.inputs[1].data(), 0, -0.5f);
      Set(type, clip.inputs[2].data(), 0, 0.75f);
      ExpectAgrees(clip, portable::MakeElementwise);
    }
  }
}

TEST(Logic, AgreesWithReference) {
  for (const Broadcasting& row : kBroadcasts) {
    for (const Op op : {Op::kLogicalAnd, Op::kLogicalOr, Op::kLogicalXor}) {
      const OpCase c(op, {{DataType::kBool, row.a}, {DataType::kBool, row.b}},
                     {{DataType::kBool, row.y}}, {});
      ExpectAgrees(c, portable::MakeElementwise);
    }
  }
  const TensorType x{DataType::kBool, {1003}};
  ExpectAgrees(OpCase(Op::kLogicalNot, {x}, {x}, {}), portable::MakeElementwise);
  for (const Op op : {Op::kIsNan, Op::kIsInf, Op::kIsFinite}) {
    for (const DataType type : kFloats) {
      OpCase c(op, {{type, {1003}}}, {x}, {});
      Set(type, c.inputs[0].data(), 3, kNan);
      Set(type, c.inputs[0].data(), 1002, -kInfinity);
      ExpectAgrees(c, portable::MakeElementwise);
    }
  }
}

}  // namespace
}  // namespace mlcompute
