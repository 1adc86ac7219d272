// mlcompute/portable/simd/power.cc: powers, by exponential and logarithm in double, whose error
// then is far below float's. Zeros, infinities and NaN give what C's pow() does.
#include "mlcompute/portable/simd/parts.h"

// After parts.h: it decides the instruction set.
#include <hwy/contrib/math/math-inl.h>

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

using DD = hn::ScalableTag<double>;
using VD = hn::Vec<DD>;
const DD dd;

HWY_INLINE VD C(double value) { return hn::Set(dd, value); }

HWY_INLINE VD PowOf(VD x, VD y) {
  const VD infinity = C(__builtin_inf());
  const VD nan = C(__builtin_nan(""));
  const VD zero = hn::Zero(dd);
  const VD one = C(1.0);
  const VD a = hn::Abs(x);
  VD l = hn::Log(dd, a);
  l = hn::IfThenElse(hn::Eq(a, zero), hn::Neg(infinity), l);
  l = hn::IfThenElse(hn::Eq(a, infinity), infinity, l);
  // Past +-200 float has overflowed or vanished.
  VD p = hn::Exp(dd, hn::Min(hn::Max(hn::Mul(y, l), C(-200.0)), C(200.0)));
  p = hn::IfThenElse(hn::Eq(a, one), one, p);  // even to an infinite power
  const auto whole = hn::Eq(hn::Round(y), y);
  const VD half = hn::Mul(y, C(0.5));
  const auto odd = hn::And(whole, hn::Ne(hn::Floor(half), half));
  p = hn::IfThenElse(odd, hn::CopySign(p, x), p);
  const auto negative = hn::And(hn::Lt(x, zero), hn::Lt(a, infinity));
  p = hn::IfThenElse(hn::And(negative, hn::Not(whole)), nan, p);
  p = hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::IsNaN(y)), nan, p);
  return hn::IfThenElse(hn::Or(hn::Eq(y, zero), hn::Eq(x, one)), one, p);
}

void Pow(const float* x, const float* y, float* z, size_t n) {
  const hn::Rebind<float, DD> df;
  const size_t lanes = hn::Lanes(dd);
  const auto pow = [&](hn::Vec<decltype(df)> a, hn::Vec<decltype(df)> b) HWY_ATTR {
    return hn::DemoteTo(df, PowOf(hn::PromoteTo(dd, a), hn::PromoteTo(dd, b)));
  };
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(pow(hn::LoadU(df, x + i), hn::LoadU(df, y + i)), df, z + i);
  }
  if (i < n) {
    StorePart(pow(LoadPart(df, x + i, n - i), LoadPart(df, y + i, n - i)), df, z + i, n - i);
  }
}

}  // namespace

void FillPower(SpanTable* table) { table->binary[static_cast<size_t>(Op::kPow)] = Pow; }

}  // namespace mlcompute::portable::MLC_SIMD_ISA
