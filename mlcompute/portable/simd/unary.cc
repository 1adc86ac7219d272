// mlcompute/portable/simd/unary.cc: functions of one input made of a few instructions.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

const D d;

HWY_INLINE V Zero() { return hn::Zero(d); }
HWY_INLINE V Constant(float value) { return hn::Set(d, value); }

struct Abs {
  HWY_INLINE V operator()(V x) const { return hn::Abs(x); }
};
struct Neg {
  HWY_INLINE V operator()(V x) const { return hn::Neg(x); }
};
struct Square {
  HWY_INLINE V operator()(V x) const { return hn::Mul(x, x); }
};
struct Sqrt {
  HWY_INLINE V operator()(V x) const { return hn::Sqrt(x); }
};
struct Rsqrt {
  HWY_INLINE V operator()(V x) const { return hn::Div(Constant(1.0f), hn::Sqrt(x)); }
};
struct Reciprocal {
  HWY_INLINE V operator()(V x) const { return hn::Div(Constant(1.0f), x); }
};
struct Ceil {
  HWY_INLINE V operator()(V x) const { return hn::Ceil(x); }
};
struct Floor {
  HWY_INLINE V operator()(V x) const { return hn::Floor(x); }
};
struct Round {
  HWY_INLINE V operator()(V x) const { return hn::Round(x); }
};
// Comparisons are false for NaN, so that it stays.
struct Relu {
  HWY_INLINE V operator()(V x) const { return hn::IfThenZeroElse(hn::Lt(x, Zero()), x); }
};
struct Relu6 {
  HWY_INLINE V operator()(V x) const {
    const V low = hn::IfThenZeroElse(hn::Lt(x, Zero()), x);
    return hn::IfThenElse(hn::Gt(low, Constant(6.0f)), Constant(6.0f), low);
  }
};
struct Sign {
  HWY_INLINE V operator()(V x) const {
    const V one = hn::Or(Constant(1.0f), hn::And(x, hn::SignBit(d)));
    return hn::IfThenElse(hn::Or(hn::Lt(x, Zero()), hn::Gt(x, Zero())), one,
                          hn::IfThenElse(hn::IsNaN(x), x, Zero()));
  }
};
struct Softsign {
  HWY_INLINE V operator()(V x) const { return hn::Div(x, hn::Add(Constant(1.0f), hn::Abs(x))); }
};

template <typename F>
void Span(const float* x, float* y, size_t n) {
  MapUnary(x, y, n, F());
}

struct Row {
  Op op;
  UnarySpan span;
};

constexpr Row kRows[] = {
    {Op::kAbs, Span<Abs>},           {Op::kNeg, Span<Neg>},     {Op::kSquare, Span<Square>},
    {Op::kSqrt, Span<Sqrt>},         {Op::kRsqrt, Span<Rsqrt>}, {Op::kReciprocal, Span<Reciprocal>},
    {Op::kCeil, Span<Ceil>},         {Op::kFloor, Span<Floor>}, {Op::kRound, Span<Round>},
    {Op::kRelu, Span<Relu>},         {Op::kRelu6, Span<Relu6>}, {Op::kSign, Span<Sign>},
    {Op::kSoftsign, Span<Softsign>},
};

void LeakyRelu(const float* x, float alpha, float* y, size_t n) {
  const V slope = Constant(alpha);
  MapUnary(x, y, n,
           [&](V v) HWY_ATTR { return hn::IfThenElse(hn::Lt(v, Zero()), hn::Mul(slope, v), v); });
}

void LeakyReluGrad(const float* dy, const float* x, float alpha, float* y, size_t n) {
  const V slope = Constant(alpha);
  MapBinary(dy, x, y, n, [&](V g, V v) HWY_ATTR {
    return hn::IfThenElse(hn::Gt(v, Zero()), g, hn::Mul(slope, g));
  });
}

void Clip(const float* x, const float* low, const float* high, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const float capped = x[i] > high[i] ? high[i] : x[i];
    y[i] = capped < low[i] ? low[i] : capped;
  }
}

}  // namespace

void FillUnary(SpanTable* table) {
  table->leaky_relu = LeakyRelu;
  table->leaky_relu_grad = LeakyReluGrad;
  table->clip = Clip;
  for (const Row& row : kRows) table->unary[static_cast<size_t>(row.op)] = row.span;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
