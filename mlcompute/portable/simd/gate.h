// mlcompute/portable/simd/gate.h: the functions of recurrent layers' gates, for the files that
// compose them. Relative errors up to 2e-7, also near 0; NaN stays NaN.
//
// Cheaper than sigmoid.h: arguments are limited to where results differ from their limits, so no
// special cases remain, and one exponential serves both tails of tanh.
#pragma once

#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// exp(x) = scale (1 + rest).
struct ExpParts {
  V scale, rest;
};

// |x| <= 87. x = n log(2) + r; the polynomial is fitted to (exp(r) - 1 - r) / r^2 for
// |r| <= log(2) / 2, weighted for a relative error of exp(r) - 1 of 1.4e-8.
HWY_INLINE ExpParts ExpPartsOf(V x) {
  const D d;
  const hn::RebindToSigned<D> di;
  const auto c = [&](float value) HWY_ATTR { return hn::Set(d, value); };
  const V n = hn::Round(hn::Mul(x, c(1.44269504f)));
  V r = hn::NegMulAdd(n, c(0.693359375f), x);
  r = hn::NegMulAdd(n, c(-2.12194440e-4f), r);
  V q = c(0.0013882512f);
  q = hn::MulAdd(q, r, c(0.00836658012f));
  q = hn::MulAdd(q, r, c(0.0416672006f));
  q = hn::MulAdd(q, r, c(0.166665435f));
  q = hn::MulAdd(q, r, c(0.49999997f));
  const auto exponent = hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127));
  return {hn::BitCast(d, hn::ShiftLeft<23>(exponent)), hn::MulAdd(hn::Mul(r, r), q, r)};
}

HWY_INLINE V Limit(V x, float most) {
  const D d;
  const V limited = hn::Min(hn::Max(x, hn::Set(d, -most)), hn::Set(d, most));
  return hn::IfThenElse(hn::IsNaN(x), x, limited);
}

// 1 / (1 + exp(-x)).
HWY_INLINE V GateSigmoid(V x) {
  const V one = hn::Set(D(), 1.0f);
  const ExpParts e = ExpPartsOf(Limit(hn::Neg(x), 87.0f));
  return hn::Div(one, hn::Add(one, hn::MulAdd(e.scale, e.rest, e.scale)));
}

// (exp(2x) - 1) / (exp(2x) + 1). Beyond 9.02 the result rounds to 1.
HWY_INLINE V GateTanh(V x) {
  const D d;
  const ExpParts e = ExpPartsOf(Limit(hn::Add(x, x), 20.0f));
  const V less = hn::MulAdd(e.scale, e.rest, hn::Sub(e.scale, hn::Set(d, 1.0f)));  // exp(2x) - 1
  return hn::Div(less, hn::Add(less, hn::Set(d, 2.0f)));
}

}  // namespace
}  // namespace mlcompute::portable::MLC_SIMD_ISA
