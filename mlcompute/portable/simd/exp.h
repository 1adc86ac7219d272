// mlcompute/portable/simd/exp.h: the exponential, for the files that compose it. Included once by
// each, after Highway has been told the instruction set.
#pragma once

#include <hwy/contrib/math/math-inl.h>

#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

const D d;

HWY_INLINE V C(float value) { return hn::Set(d, value); }

// x where it is NaN, else y: Highway's functions do not promise to pass NaN on.
HWY_INLINE V KeepNaN(V x, V y) { return hn::IfThenElse(hn::IsNaN(x), x, y); }

constexpr float kInfinity = __builtin_inff();

HWY_INLINE V ExpOf(V x) {
  const V clamped = hn::Min(hn::Max(x, C(-104.0f)), C(88.7228f));
  V y = hn::Exp(d, clamped);
  y = hn::IfThenZeroElse(hn::Lt(x, C(-103.97208f)), y);
  y = hn::IfThenElse(hn::Gt(x, C(88.72283f)), C(kInfinity), y);
  return KeepNaN(x, y);
}

}  // namespace
}  // namespace mlcompute::portable::MLC_SIMD_ISA
