// Gradients of elementwise operations. Where a function has a corner, the derivative is that of
// TensorFlow's: 0 for relu at 0, the first of equals for maximum and minimum.
#include <cmath>

#include "mlcompute/gradient/rule.h"

namespace mlcompute {
namespace {

constexpr double kPi = 3.14159265358979323846;

void Pass(Backward& b) { b.Give(0, b.dy()); }
void Neg(Backward& b) { b.Give(0, b.Neg(b.dy())); }
void Abs(Backward& b) { b.Give(0, b.Mul(b.dy(), b.Append(Op::kSign, {b.x()}))); }
void Square(Backward& b) { b.Give(0, b.Mul(b.dy(), b.Times(b.x(), 2))); }
void Exp(Backward& b) { b.Give(0, b.Mul(b.dy(), b.y())); }
void Expm1(Backward& b) { b.Give(0, b.Mul(b.dy(), b.Plus(b.y(), 1))); }
void Log(Backward& b) { b.Give(0, b.Div(b.dy(), b.x())); }
void Log1p(Backward& b) { b.Give(0, b.Div(b.dy(), b.Plus(b.x(), 1))); }
void Sin(Backward& b) { b.Give(0, b.Mul(b.dy(), b.Append(Op::kCos, {b.x()}))); }
void Cos(Backward& b) { b.Give(0, b.Neg(b.Mul(b.dy(), b.Append(Op::kSin, {b.x()})))); }
void Tan(Backward& b) { b.Give(0, b.Mul(b.dy(), b.Plus(b.Square(b.y()), 1))); }
void Sinh(Backward& b) { b.Give(0, b.Mul(b.dy(), b.Append(Op::kCosh, {b.x()}))); }
void Cosh(Backward& b) { b.Give(0, b.Mul(b.dy(), b.Append(Op::kSinh, {b.x()}))); }

// dy / sqrt(scale x^2 + offset)
void OverRoot(Backward& b, double scale, double offset) {
  const Value under = b.Plus(b.Times(b.Square(b.x()), scale), offset);
  b.Give(0, b.Mul(b.dy(), b.Append(Op::kRsqrt, {under})));
}
void Asin(Backward& b) { OverRoot(b, -1, 1); }
void Asinh(Backward& b) { OverRoot(b, 1, 1); }
void Acosh(Backward& b) { OverRoot(b, 1, -1); }
void Acos(Backward& b) {
  const Value under = b.Plus(b.Neg(b.Square(b.x())), 1);
  b.Give(0, b.Neg(b.Mul(b.dy(), b.Append(Op::kRsqrt, {under}))));
}
void Atan(Backward& b) { b.Give(0, b.Div(b.dy(), b.Plus(b.Square(b.x()), 1))); }
void Atanh(Backward& b) { b.Give(0, b.Div(b.dy(), b.Plus(b.Neg(b.Square(b.x())), 1))); }

// dy * scale * exp(-x^2)
void Bell(Backward& b, double scale) {
  const Value bell = b.Append(Op::kExp, {b.Neg(b.Square(b.x()))});
  b.Give(0, b.Mul(b.dy(), b.Times(bell, scale)));
}
void Erf(Backward& b) { Bell(b, 2 / std::sqrt(kPi)); }
void Erfc(Backward& b) { Bell(b, -2 / std::sqrt(kPi)); }
void Erfinv(Backward& b) {
  const Value bell = b.Append(Op::kExp, {b.Square(b.y())});
  b.Give(0, b.Mul(b.dy(), b.Times(bell, std::sqrt(kPi) / 2)));
}
void Lgamma(Backward& b) { b.Give(0, b.Mul(b.dy(), b.Append(Op::kDigamma, {b.x()}))); }

// Operations that have a gradient operation, which takes (y, dy), (dy, x) or (dy, y).
struct Partner {
  Op function;
  Op gradient;
  bool dy_first;
  bool by_result;
};
constexpr Partner kPartners[] = {
    {Op::kTanh, Op::kTanhGrad, false, true},
    {Op::kSigmoid, Op::kSigmoidGrad, false, true},
    {Op::kSqrt, Op::kSqrtGrad, false, true},
    {Op::kRsqrt, Op::kRsqrtGrad, false, true},
    {Op::kReciprocal, Op::kReciprocalGrad, false, true},
    {Op::kRelu, Op::kReluGrad, true, true},
    {Op::kRelu6, Op::kRelu6Grad, true, true},
    {Op::kLeakyRelu, Op::kLeakyReluGrad, true, false},
    {Op::kElu, Op::kEluGrad, true, true},
    {Op::kSelu, Op::kSeluGrad, true, true},
    {Op::kSoftplus, Op::kSoftplusGrad, true, false},
    {Op::kSoftsign, Op::kSoftsignGrad, true, false},
};
void ByPartner(Backward& b) {
  for (const Partner& p : kPartners) {
    if (p.function != b.op()) continue;
    const Value other = p.by_result ? b.y() : b.x();
    const Value dy = b.dy();
    b.Give(0, p.dy_first ? b.Append(p.gradient, {dy, other}, b.attributes())
                         : b.Append(p.gradient, {other, dy}, b.attributes()));
  }
}

// The derivative of x Phi(x) is Phi(x) + x phi(x); by tanh, with t = tanh(c (x + k x^3)):
// (1 + t) / 2 + x (1 - t^2) c (1 + 3 k x^2) / 2.
void Gelu(Backward& b) {
  const Value x = b.x();
  Value slope;
  if (b.attributes().Bool("approximate")) {
    const double c = std::sqrt(2 / kPi), k = 0.044715;
    const Value square = b.Square(x);
    const Value inner = b.Times(b.Mul(x, b.Plus(b.Times(square, k), 1)), c);
    const Value t = b.Append(Op::kTanh, {inner});
    const Value steep = b.Times(b.Plus(b.Times(square, 3 * k), 1), c / 2);
    const Value bend = b.Mul(b.Mul(x, b.Plus(b.Neg(b.Square(t)), 1)), steep);
    slope = b.Add(b.Times(b.Plus(t, 1), 0.5), bend);
  } else {
    const Value e = b.Append(Op::kErf, {b.Times(x, std::sqrt(0.5))});
    const Value bell = b.Append(Op::kExp, {b.Times(b.Square(x), -0.5)});
    slope = b.Add(b.Times(b.Plus(e, 1), 0.5), b.Times(b.Mul(x, bell), 1 / std::sqrt(2 * kPi)));
  }
  b.Give(0, b.Mul(b.dy(), slope));
}

void Cast(Backward& b) { b.Give(0, b.Append(Op::kCast, {b.dy()}, {{"to", b.dtype(b.x())}})); }

void Add(Backward& b) {
  b.Give(0, b.dy());
  b.Give(1, b.dy());
}
void Sub(Backward& b) {
  b.Give(0, b.dy());
  if (b.wants(1)) b.Give(1, b.Neg(b.dy()));
}
void Mul(Backward& b) {
  if (b.wants(0)) b.Give(0, b.Mul(b.dy(), b.x(1)));
  if (b.wants(1)) b.Give(1, b.Mul(b.dy(), b.x(0)));
}
// `divide` is kDiv or kDivNoNan: dx = dy / x1, dx1 = -dy y / x1.
void Div(Backward& b) {
  const Value part = b.Append(b.op(), {b.dy(), b.x(1)});
  b.Give(0, part);
  if (b.wants(1)) b.Give(1, b.Neg(b.Mul(part, b.y())));
}
void MulNoNan(Backward& b) {
  if (b.wants(0)) b.Give(0, b.Append(Op::kMulNoNan, {b.dy(), b.x(1)}));
  if (b.wants(1)) b.Give(1, b.Append(Op::kMulNoNan, {b.x(0), b.dy()}));
}
void Pow(Backward& b) {
  if (b.wants(0)) {
    const Value power = b.Append(Op::kPow, {b.x(0), b.Plus(b.x(1), -1)});
    b.Give(0, b.Mul(b.dy(), b.Mul(power, b.x(1))));
  }
  if (b.wants(1)) {
    // Of a negative base no power beside it is real: 0, as TensorFlow.
    const Value zero = b.Number(b.x(0), 0), one = b.Number(b.x(0), 1);
    const Value positive = b.Append(Op::kGreater, {b.x(0), zero});
    const Value log = b.Append(Op::kLog, {b.Select(positive, b.x(0), one)});
    b.Give(1, b.Mul(b.dy(), b.Mul(b.y(), log)));
  }
}
// The gradient goes to the first source where `first` holds, else to the second.
void Choose(Backward& b, Op first) {
  const Value is_first = b.Append(first, {b.x(0), b.x(1)});
  const Value zero = b.Number(b.dy(), 0);
  if (b.wants(0)) b.Give(0, b.Select(is_first, b.dy(), zero));
  if (b.wants(1)) b.Give(1, b.Select(is_first, zero, b.dy()));
}
void Maximum(Backward& b) { Choose(b, Op::kGreaterEqual); }
void Minimum(Backward& b) { Choose(b, Op::kLessEqual); }
void SquaredDifference(Backward& b) {
  const Value slope = b.Mul(b.dy(), b.Times(b.Sub(b.x(0), b.x(1)), 2));
  b.Give(0, slope);
  if (b.wants(1)) b.Give(1, b.Neg(slope));
}
void Atan2(Backward& b) {
  const Value part = b.Div(b.dy(), b.Add(b.Square(b.x(0)), b.Square(b.x(1))));
  if (b.wants(0)) b.Give(0, b.Mul(part, b.x(1)));
  if (b.wants(1)) b.Give(1, b.Neg(b.Mul(part, b.x(0))));
}
void Xdivy(Backward& b) {
  const Value zero = b.Number(b.x(0), 0);
  const Value not_zero =
      b.Append(Op::kCast, {b.Append(Op::kNotEqual, {b.x(0), zero})}, {{"to", b.dtype(b.x(0))}});
  if (b.wants(0)) b.Give(0, b.Mul(b.dy(), b.Append(Op::kXdivy, {not_zero, b.x(1)})));
  if (b.wants(1)) b.Give(1, b.Mul(b.dy(), b.Append(Op::kXdivy, {b.Neg(b.y()), b.x(1)})));
}
// x log(y) or x log(1 + y), with 0 where x is 0.
void XlogOf(Backward& b, Value argument) {
  const Value zero = b.Number(b.x(0), 0);
  const Value not_zero =
      b.Append(Op::kCast, {b.Append(Op::kNotEqual, {b.x(0), zero})}, {{"to", b.dtype(b.x(0))}});
  if (b.wants(0)) b.Give(0, b.Mul(b.dy(), b.Append(b.op(), {not_zero, b.x(1)})));
  if (b.wants(1)) b.Give(1, b.Mul(b.dy(), b.Append(Op::kXdivy, {b.x(0), argument})));
}
void Xlogy(Backward& b) { XlogOf(b, b.x(1)); }
void Xlog1py(Backward& b) { XlogOf(b, b.Plus(b.x(1), 1)); }

void Select(Backward& b) {
  const Value zero = b.Number(b.dy(), 0);
  if (b.wants(1)) b.Give(1, b.Select(b.x(0), b.dy(), zero));
  if (b.wants(2)) b.Give(2, b.Select(b.x(0), zero, b.dy()));
}
void ClipByValue(Backward& b) {
  const Value zero = b.Number(b.dy(), 0);
  const Value under = b.Append(Op::kLess, {b.x(0), b.x(1)});
  const Value over = b.Append(Op::kGreater, {b.x(0), b.x(2)});
  const Value outside = b.Append(Op::kLogicalOr, {under, over});
  if (b.wants(0)) b.Give(0, b.Select(outside, zero, b.dy()));
  if (b.wants(1)) b.Give(1, b.Select(under, b.dy(), zero));
  if (b.wants(2)) b.Give(2, b.Select(over, b.dy(), zero));
}

}  // namespace

const std::vector<GradientRow>& ElementwiseGradients() {
  static const std::vector<GradientRow> rows = {
      {Op::kCopy, Pass},
      {Op::kAbs, Abs},
      {Op::kNeg, Neg},
      {Op::kSign, nullptr},
      {Op::kReciprocal, ByPartner},
      {Op::kSquare, Square},
      {Op::kSqrt, ByPartner},
      {Op::kRsqrt, ByPartner},
      {Op::kExp, Exp},
      {Op::kExpm1, Expm1},
      {Op::kLog, Log},
      {Op::kLog1p, Log1p},
      {Op::kSin, Sin},
      {Op::kCos, Cos},
      {Op::kTan, Tan},
      {Op::kAsin, Asin},
      {Op::kAcos, Acos},
      {Op::kAtan, Atan},
      {Op::kSinh, Sinh},
      {Op::kCosh, Cosh},
      {Op::kTanh, ByPartner},
      {Op::kAsinh, Asinh},
      {Op::kAcosh, Acosh},
      {Op::kAtanh, Atanh},
      {Op::kErf, Erf},
      {Op::kErfc, Erfc},
      {Op::kLgamma, Lgamma},
      {Op::kErfinv, Erfinv},
      {Op::kCeil, nullptr},
      {Op::kFloor, nullptr},
      {Op::kRound, nullptr},
      {Op::kSigmoid, ByPartner},
      {Op::kRelu, ByPartner},
      {Op::kRelu6, ByPartner},
      {Op::kLeakyRelu, ByPartner},
      {Op::kElu, ByPartner},
      {Op::kSelu, ByPartner},
      {Op::kSoftplus, ByPartner},
      {Op::kSoftsign, ByPartner},
      {Op::kGelu, Gelu},
      {Op::kLogicalNot, nullptr},
      {Op::kBitwiseNot, nullptr},
      {Op::kIsNan, nullptr},
      {Op::kIsInf, nullptr},
      {Op::kIsFinite, nullptr},
      {Op::kCast, Cast},
      {Op::kBitcast, nullptr},
      {Op::kAdd, Add},
      {Op::kSub, Sub},
      {Op::kMul, Mul},
      {Op::kDiv, Div},
      {Op::kDivNoNan, Div},
      {Op::kMulNoNan, MulNoNan},
      {Op::kFloorDiv, nullptr},
      {Op::kTruncDiv, nullptr},
      {Op::kPow, Pow},
      {Op::kMaximum, Maximum},
      {Op::kMinimum, Minimum},
      {Op::kSquaredDifference, SquaredDifference},
      {Op::kAtan2, Atan2},
      {Op::kXdivy, Xdivy},
      {Op::kXlogy, Xlogy},
      {Op::kXlog1py, Xlog1py},
      {Op::kNextAfter, nullptr},
      {Op::kBitwiseAnd, nullptr},
      {Op::kBitwiseOr, nullptr},
      {Op::kBitwiseXor, nullptr},
      {Op::kLeftShift, nullptr},
      {Op::kRightShift, nullptr},
      {Op::kLogicalAnd, nullptr},
      {Op::kLogicalOr, nullptr},
      {Op::kLogicalXor, nullptr},
      {Op::kEqual, nullptr},
      {Op::kNotEqual, nullptr},
      {Op::kLess, nullptr},
      {Op::kLessEqual, nullptr},
      {Op::kGreater, nullptr},
      {Op::kGreaterEqual, nullptr},
      {Op::kSelect, Select},
      {Op::kClipByValue, ClipByValue},
  };
  return rows;
}

}  // namespace mlcompute
