// mlcompute/portable/simd/reduce.cc: sums and extrema of a run.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

const D d;

// Folds with four accumulators: their number, not the speed of the machine, decides the rounding.
template <typename Load, typename Combine>
HWY_INLINE V Fold(size_t whole, size_t lanes, V initial, const Load& load,
                  const Combine& combine) {
  V a = initial, b = initial, c = initial, e = initial;
  size_t i = 0;
  for (; i + 4 * lanes <= whole; i += 4 * lanes) {
    a = combine(a, load(i));
    b = combine(b, load(i + lanes));
    c = combine(c, load(i + 2 * lanes));
    e = combine(e, load(i + 3 * lanes));
  }
  for (; i < whole; i += lanes) a = combine(a, load(i));
  return combine(combine(a, b), combine(c, e));
}

// Long runs are cut, so that an error grows with the number of cuts and not of elements.
constexpr size_t kBlock = 4096;

float SumBlock(const float* x, size_t n) {
  const size_t lanes = hn::Lanes(d);
  const size_t whole = n - n % lanes;
  const V sum = Fold(
      whole, lanes, hn::Zero(d), [&](size_t i) HWY_ATTR { return hn::LoadU(d, x + i); },
      [](V a, V b) HWY_ATTR { return hn::Add(a, b); });
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (size_t i = whole; i < n; ++i) total += x[i];
  return total;
}

float Sum(const float* x, size_t n) {
  if (n <= kBlock) return SumBlock(x, n);
  double total = 0.0;
  for (size_t i = 0; i < n; i += kBlock) total += SumBlock(x + i, n - i < kBlock ? n - i : kBlock);
  return static_cast<float>(total);
}

float SumSquaredDifference(const float* x, float mean, size_t n) {
  const size_t lanes = hn::Lanes(d);
  const V m = hn::Set(d, mean);
  double total = 0.0;
  for (size_t begin = 0; begin < n; begin += kBlock) {
    const size_t size = n - begin < kBlock ? n - begin : kBlock;
    const size_t whole = size - size % lanes;
    const float* run = x + begin;
    const V sum = Fold(
        whole, lanes, hn::Zero(d),
        [&](size_t i) HWY_ATTR {
          const V c = hn::Sub(hn::LoadU(d, run + i), m);
          return hn::Mul(c, c);
        },
        [](V a, V b) HWY_ATTR { return hn::Add(a, b); });
    float part = hn::GetLane(hn::SumOfLanes(d, sum));
    for (size_t i = whole; i < size; ++i) part += (run[i] - mean) * (run[i] - mean);
    total += part;
  }
  return static_cast<float>(total);
}

template <bool kMax>
float Extremum(const float* x, size_t n) {
  const float infinity = __builtin_inff();
  const size_t lanes = hn::Lanes(d);
  const size_t whole = n - n % lanes;
  const V best = Fold(
      whole, lanes, hn::Set(d, kMax ? -infinity : infinity),
      [&](size_t i) HWY_ATTR { return hn::LoadU(d, x + i); },
      [](V a, V b) HWY_ATTR {
        // A NaN on either side wins.
        const V m = hn::IfThenElse(kMax ? hn::Lt(a, b) : hn::Lt(b, a), b, a);
        return hn::IfThenElse(hn::IsNaN(b), b, m);
      });
  HWY_ALIGN float out[hn::MaxLanes(d)];
  hn::Store(best, d, out);
  float result = kMax ? -infinity : infinity;
  const auto take = [&](float v) {
    if (v != v || (result == result && (kMax ? v > result : v < result))) result = v;
  };
  for (size_t i = 0; i < lanes; ++i) take(out[i]);
  for (size_t i = whole; i < n; ++i) take(x[i]);
  return result;
}

}  // namespace

void FillReduce(SpanTable* table) {
  table->sum = Sum;
  table->sum_squared_difference = SumSquaredDifference;
  table->max = Extremum<true>;
  table->min = Extremum<false>;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
