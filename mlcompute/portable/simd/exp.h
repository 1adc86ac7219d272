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

HWY_INLINE V ExpOf(V x) {
  // Where it is 0 or infinite, but its scaling by a power of two in two steps is right.
  return KeepNaN(x, hn::Exp(d, hn::Min(hn::Max(x, C(-104.0f)), C(89.0f))));
}

}  // namespace
}  // namespace mlcompute::portable::MLC_SIMD_ISA
