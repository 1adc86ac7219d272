// mlcompute/portable/simd/sigmoid.h: the two sigmoid functions, for the files that compose them.
#pragma once

#include "mlcompute/portable/simd/exp.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// tanh|x| = 1 - 2 / (exp(2|x|) + 1), and an odd polynomial where that cancels (fitted on x^2 in
// [0, 0.3906], relative error under 1e-8).
HWY_INLINE V TanhOf(V x) {
  const V a = hn::Abs(x);
  const V z = hn::Mul(x, x);
  V p = C(0.0022727037f);
  p = hn::MulAdd(p, z, C(-0.0083264009f));
  p = hn::MulAdd(p, z, C(0.021763633f));
  p = hn::MulAdd(p, z, C(-0.053958624f));
  p = hn::MulAdd(p, z, C(0.13333301f));
  p = hn::MulAdd(p, z, C(-0.33333333f));
  const V small = hn::MulAdd(hn::Mul(p, z), x, x);
  const V e = hn::Exp(d, hn::Min(hn::Add(a, a), C(40.0f)));
  const V large = hn::Sub(C(1.0f), hn::Div(C(2.0f), hn::Add(e, C(1.0f))));
  return KeepNaN(x, hn::IfThenElse(hn::Lt(a, C(0.625f)), small, hn::CopySign(large, x)));
}

HWY_INLINE V SigmoidOf(V x) {
  const V e = ExpOf(hn::Neg(x));
  return hn::Div(C(1.0f), hn::Add(C(1.0f), e));
}

}  // namespace
}  // namespace mlcompute::portable::MLC_SIMD_ISA
