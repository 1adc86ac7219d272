// mlcompute/portable/simd/softmax.cc: what rows of softmax and cross entropy are made of.
#include "mlcompute/portable/simd/exp.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

float ExpShifted(const float* x, float shift, float* y, size_t n) {
  const V s = C(shift);
  V sum = hn::Zero(d);
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const V e = ExpOf(hn::Sub(hn::LoadU(d, x + i), s));
    sum = hn::Add(sum, e);
    hn::StoreU(e, d, y + i);
  }
  if (i < n) {
    const V e = ExpOf(hn::Sub(LoadPart(d, x + i, n - i), s));
    sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, n - i), e));
    StorePart(e, d, y + i, n - i);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
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
  table->affine = Affine;
  table->subtract = Subtract;
  table->scale_subtract = ScaleSubtract;
  table->weigh = Weigh;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
