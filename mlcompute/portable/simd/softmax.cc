// mlcompute/portable/simd/softmax.cc: what rows of softmax and cross entropy are made of.
#include "mlcompute/portable/simd/exp.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

#if HWY_TARGET <= HWY_AVX3
// exp(x) of x that is not positive, or NaN: Highway's reduction and polynomial, with the
// instruction that scales by powers of two, also to what is below the normal numbers.
HWY_INLINE V ExpOfLess(V x) {
  const V least = V{_mm512_max_ps(C(-104.0f).raw, x.raw)};  // NaN comes through
  const V q = hn::Round(hn::Mul(least, C(1.44269504088896340736f)));
  const V r =
      hn::NegMulAdd(q, C(1.428606765330187045e-6f), hn::NegMulAdd(q, C(0.693145751953125f), least));
  const V square = hn::Mul(r, r);
  const V low = hn::MulAdd(r, C(0.166666671633720397949219f), C(0.5f));
  const V middle = hn::MulAdd(r, C(0.00833336077630519866943359f), C(0.0416664853692054748535156f));
  const V high = hn::MulAdd(r, C(0.000198527617612853646278381f), C(0.00139304355252534151077271f));
  const V p = hn::MulAdd(hn::Mul(square, square), high, hn::MulAdd(square, middle, low));
  return V{_mm512_scalef_ps(hn::Add(hn::MulAdd(p, square, r), C(1)).raw, q.raw)};
}
#else
HWY_INLINE V ExpOfLess(V x) { return ExpOf(x); }
#endif

// y = exp(x - shift), none of which is above 0; returns the sum.
HWY_INLINE float Exponentials(const float* x, float shift, float* y, size_t n) {
  const V s = C(shift);
  V sum = hn::Zero(d);
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const V e = ExpOfLess(hn::Sub(hn::LoadU(d, x + i), s));
    sum = hn::Add(sum, e);
    hn::StoreU(e, d, y + i);
  }
  if (i < n) {
    const V e = ExpOfLess(hn::Sub(LoadPart(d, x + i, n - i), s));
    sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, n - i), e));
    StorePart(e, d, y + i, n - i);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

float ExpShifted(const float* x, float shift, float* y, size_t n) {
  return Exponentials(x, shift, y, n);
}

// The largest of a row, NaN if there is one.
HWY_INLINE float Largest(const float* x, size_t n) {
  const size_t lanes = hn::Lanes(d);
  V most = C(-__builtin_inff());
  auto is_nan = hn::IsNaN(most);
  size_t i = 0;
  const auto take = [&](V v) HWY_ATTR {
    most = hn::Max(most, v);
    is_nan = hn::Or(is_nan, hn::IsNaN(v));
  };
  for (; i + lanes <= n; i += lanes) take(hn::LoadU(d, x + i));
  if (i < n) take(hn::IfThenElse(hn::FirstN(d, n - i), LoadPart(d, x + i, n - i), most));
  return hn::AllFalse(d, is_nan) ? hn::GetLane(hn::MaxOfLanes(d, most)) : __builtin_nanf("");
}

void Softmax(const float* x, float* y, size_t rows, size_t n) {
  for (size_t row = 0; row < rows; ++row, x += n, y += n) {
    const float sum = Exponentials(x, Largest(x, n), y, n);
    const V scale = C(1.0f / sum);
    MapUnary(y, y, n, [&](V v) HWY_ATTR { return hn::Mul(v, scale); });
  }
}

void Affine(const float* x, float a, float b, float* y, size_t n) {
  const V scale = C(a);
  const V shift = C(b);
  MapUnary(x, y, n, [&](V v) HWY_ATTR { return hn::MulAdd(v, scale, shift); });
}

void Subtract(const float* x, float a, float b, float* y, size_t n) {
  const V first = C(a);
  const V second = C(b);
  MapUnary(x, y, n, [&](V v) HWY_ATTR { return hn::Sub(hn::Sub(v, first), second); });
}

void ScaleSubtract(const float* x, float a, const float* z, float* y, size_t n) {
  const V scale = C(a);
  MapBinary(x, z, y, n, [&](V v, V w) HWY_ATTR { return hn::MulSub(v, scale, w); });
}

float Weigh(const float* x, const float* w, float a, float b, size_t n) {
  const V first = C(a);
  const V second = C(b);
  const size_t lanes = hn::Lanes(d);
  V sum = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const V value = hn::Sub(second, hn::Sub(hn::LoadU(d, x + i), first));
    sum = hn::MulAdd(hn::LoadU(d, w + i), value, sum);
  }
  if (i < n) {
    const V value = hn::Sub(second, hn::Sub(LoadPart(d, x + i, n - i), first));
    const V part = hn::Mul(LoadPart(d, w + i, n - i), value);
    sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, n - i), part));
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

}  // namespace

void FillSoftmax(SpanTable* table) {
  table->exp_shifted = ExpShifted;
  table->softmax = Softmax;
  table->affine = Affine;
  table->subtract = Subtract;
  table->scale_subtract = ScaleSubtract;
  table->weigh = Weigh;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
