#include <cmath>
#include <limits>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

struct Known {
  Op op;
  double x;
  double y;
  Attributes attributes = {};
};

// From tables and arbitrary-precision arithmetic, not from the functions under test.
const std::vector<Known> kKnown = {
    {Op::kAbs, -1.5, 1.5},
    {Op::kNeg, 1.5, -1.5},
    {Op::kSign, -2.5, -1},
    {Op::kReciprocal, 8, 0.125},
    {Op::kSquare, -1.5, 2.25},
    {Op::kSqrt, 2, 1.4142135623730951},
    {Op::kRsqrt, 4, 0.5},
    {Op::kExp, 1, 2.718281828459045},
    {Op::kExpm1, 0.0009765625, 0.0009770394924165349},
    {Op::kLog, 2, 0.6931471805599453},
    {Op::kLog1p, 0.0009765625, 0.0009760859730554589},
    {Op::kSin, 1, 0.8414709848078965},
    {Op::kCos, 1, 0.5403023058681398},
    {Op::kTan, 1, 1.5574077246549023},
    {Op::kAsin, 0.5, 0.5235987755982989},
    {Op::kAcos, 0.5, 1.0471975511965979},
    {Op::kAtan, 1, 0.7853981633974483},
    {Op::kSinh, 1, 1.1752011936438014},
    {Op::kCosh, 1, 1.5430806348152437},
    {Op::kTanh, 1, 0.7615941559557649},
    {Op::kAsinh, 1, 0.881373587019543},
    {Op::kAcosh, 2, 1.3169578969248166},
    {Op::kAtanh, 0.5, 0.5493061443340549},
    {Op::kErf, 1, 0.8427007929497149},
    {Op::kErfc, 1, 0.15729920705028513},
    {Op::kLgamma, 0.5, 0.5723649429247001},
    {Op::kLgamma, -1.5, 0.860047015376481},
    {Op::kDigamma, 1, -0.5772156649015329},
    {Op::kDigamma, 0.5, -1.9635100260214235},
    {Op::kDigamma, 32, 3.450029530534987},
    {Op::kErfinv, 0.5, 0.4769362762044699},
    {Op::kNdtri, 0.75, 0.6744897501960817},
    {Op::kCeil, -1.5, -1},
    {Op::kFloor, -1.5, -2},
    {Op::kRound, 2.5, 2},
    {Op::kRound, -3.5, -4},
    {Op::kSigmoid, 1, 0.7310585786300049},
    {Op::kRelu, 1.5, 1.5},
    {Op::kRelu6, 6.5, 6},
    {Op::kLeakyRelu, -2, -0.5, {{"alpha", 0.25}}},
    {Op::kLeakyRelu, 2, 2, {{"alpha", 0.25}}},
    {Op::kElu, -1, -0.6321205588285577},
    {Op::kSelu, -1, -1.1113307378125627},
    {Op::kSelu, 1, 1.0507009873554805},
    {Op::kSoftplus, 0, 0.6931471805599453},
    {Op::kSoftsign, -3, -0.75},
    {Op::kGelu, 1, 0.8413447460685429, {{"approximate", false}}},
    {Op::kGelu, 1, 0.8411919906082768, {{"approximate", true}}},
};

template <typename T>
void CheckKnown(double tolerance) {
  for (const Known& known : kKnown) {
    const Tensor y =
        Evaluate(known.op, {Make<T>({1}, {static_cast<T>(known.x)})}, known.attributes);
    EXPECT_NEAR(static_cast<double>(y.values<T>()[0]), known.y, tolerance * std::fabs(known.y))
        << Name(known.op) << "(" << known.x << ")";
  }
}

TEST(Unary, KnownValuesInFloat64) { CheckKnown<double>(1e-14); }
TEST(Unary, KnownValuesInFloat32) { CheckKnown<float>(5e-7); }
TEST(Unary, KnownValuesInFloat16) { CheckKnown<Float16>(0x1p-11); }
TEST(Unary, KnownValuesInBFloat16) { CheckKnown<BFloat16>(0x1p-8); }

double In64(Op op, double x) { return Evaluate(op, {Make<double>({}, {x})}).values<double>()[0]; }

TEST(Unary, TailsKeepTheirDigits) {
  EXPECT_NEAR(In64(Op::kErfc, 5) / 1.5374597944280349e-12, 1, 1e-13);
  EXPECT_NEAR(In64(Op::kErfinv, 0.999999) / 3.458910737275499, 1, 1e-12);
  EXPECT_NEAR(In64(Op::kErfinv, -1e-9) / -8.862269254527581e-10, 1, 1e-13);
  EXPECT_NEAR(In64(Op::kNdtri, 1e-10) / -6.361340902404056, 1, 1e-13);
  EXPECT_NEAR(In64(Op::kNdtri, 0.975) / 1.959963984540054, 1, 1e-13);
  EXPECT_NEAR(In64(Op::kDigamma, -0.999) / -999.5745709308084, 1, 1e-15);
  EXPECT_NEAR(In64(Op::kSoftplus, -100) / 3.720075976020836e-44, 1, 1e-13);
  EXPECT_EQ(In64(Op::kSoftplus, 800), 800);
  EXPECT_EQ(In64(Op::kSigmoid, -800), 0);
}

struct Special {
  Op op;
  float x;
  float y;
  Attributes attributes = {};
};

TEST(Unary, NaNAndInfinity) {
  const std::vector<Special> cases = {
      {Op::kSign, kNaN, kNaN},     {Op::kRelu, kNaN, kNaN},
      {Op::kRelu, -kInf, 0},       {Op::kRelu6, kNaN, kNaN},
      {Op::kRelu6, kInf, 6},       {Op::kLeakyRelu, kNaN, kNaN, {{"alpha", 0.1}}},
      {Op::kElu, kNaN, kNaN},      {Op::kElu, -kInf, -1},
      {Op::kSigmoid, -kInf, 0},    {Op::kSigmoid, kInf, 1},
      {Op::kSigmoid, kNaN, kNaN},  {Op::kTanh, kInf, 1},
      {Op::kSoftplus, kInf, kInf}, {Op::kSoftplus, -kInf, 0},
      {Op::kErf, kInf, 1},         {Op::kExp, -kInf, 0},
      {Op::kExp, 89, kInf},        {Op::kLog, 0, -kInf},
      {Op::kLog, -1, kNaN},        {Op::kSqrt, -1, kNaN},
      {Op::kRsqrt, 0, kInf},       {Op::kReciprocal, 0, kInf},
      {Op::kErfinv, 1, kInf},      {Op::kErfinv, 1.5f, kNaN},
      {Op::kNdtri, 0, -kInf},      {Op::kNdtri, 1, kInf},
      {Op::kDigamma, -2, kNaN},    {Op::kLgamma, 0, kInf},
  };
  for (const Special& c : cases) {
    const float y = Evaluate(c.op, {Floats({}, {c.x})}, c.attributes).values<float>()[0];
    if (std::isnan(c.y)) {
      EXPECT_TRUE(std::isnan(y)) << Name(c.op) << "(" << c.x << ") = " << y;
    } else {
      EXPECT_EQ(y, c.y) << Name(c.op) << "(" << c.x << ")";
    }
  }
  EXPECT_FALSE(std::signbit(Evaluate(Op::kRelu, {Floats({}, {-0.0f})}).values<float>()[0]));
}

TEST(Unary, FloatTests) {
  const Tensor x = Floats({4}, {1, kNaN, -kInf, 0});
  EXPECT_EQ(Evaluate(Op::kIsNan, {x}).flags(), (std::vector<int>{0, 1, 0, 0}));
  EXPECT_EQ(Evaluate(Op::kIsInf, {x}).flags(), (std::vector<int>{0, 0, 1, 0}));
  EXPECT_EQ(Evaluate(Op::kIsFinite, {x}).flags(), (std::vector<int>{1, 0, 0, 1}));
}

TEST(Unary, Integers) {
  const Tensor x = Make<int8_t>({4}, {-128, -3, 0, 100});
  EXPECT_EQ(Evaluate(Op::kAbs, {x}).values<int8_t>(), (std::vector<int8_t>{-128, 3, 0, 100}));
  EXPECT_EQ(Evaluate(Op::kNeg, {x}).values<int8_t>(), (std::vector<int8_t>{-128, 3, 0, -100}));
  EXPECT_EQ(Evaluate(Op::kSign, {x}).values<int8_t>(), (std::vector<int8_t>{-1, -1, 0, 1}));
  EXPECT_EQ(Evaluate(Op::kSquare, {x}).values<int8_t>(), (std::vector<int8_t>{0, 9, 0, 16}));
  EXPECT_EQ(Evaluate(Op::kRelu6, {x}).values<int8_t>(), (std::vector<int8_t>{0, 0, 0, 6}));
  EXPECT_EQ(Evaluate(Op::kRound, {x}).values<int8_t>(), x.values<int8_t>());
  EXPECT_EQ(Evaluate(Op::kBitwiseNot, {x}).values<int8_t>(),
            (std::vector<int8_t>{127, 2, -1, -101}));
}

TEST(Unary, LogicalNotAndCopy) {
  EXPECT_EQ(Evaluate(Op::kLogicalNot, {Flags({2}, {0, 1})}).flags(), (std::vector<int>{1, 0}));
  EXPECT_EQ(Evaluate(Op::kCopy, {Int32s({2}, {7, -7})}).values<int32_t>(),
            (std::vector<int32_t>{7, -7}));
}

TEST(Unary, Nothing) {
  EXPECT_EQ(Evaluate(Op::kExp, {Floats({0, 3}, {})}).type.shape, (Shape{0, 3}));
  EXPECT_EQ(Evaluate(Op::kCopy, {Floats({0, 3}, {})}).type.shape, (Shape{0, 3}));
}

}  // namespace
}  // namespace mlcompute::testing
