// mlcompute/portable/simd/arg.cc: where the extrema of a run or of columns are.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// The best number that beats `limit`, or `limit`; NaN beats nothing.
template <bool kMax>
float Best(const float* x, float limit, size_t n) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V worst = hn::Set(d, limit);
  V best[4] = {worst, worst, worst, worst};
  const auto take = [](V m, V v) HWY_ATTR {
    return hn::IfThenElse(kMax ? hn::Gt(v, m) : hn::Lt(v, m), v, m);
  };
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    for (size_t k = 0; k < 4; ++k) best[k] = take(best[k], hn::LoadU(d, x + i + k * lanes));
  }
  for (; i + lanes <= n; i += lanes) best[0] = take(best[0], hn::LoadU(d, x + i));
  if (i < n) {
    const auto part = hn::FirstN(d, n - i);
    best[1] = take(best[1], hn::IfThenElse(part, LoadPart(d, x + i, n - i), worst));
  }
  const V all = take(take(best[0], best[1]), take(best[2], best[3]));
  return hn::GetLane(kMax ? hn::MaxOfLanes(d, all) : hn::MinOfLanes(d, all));
}

template <bool kMax>
int64_t ArgRun(const float* x, float limit, size_t n) {
  const float best = Best<kMax>(x, limit, n);
  if (best == limit) return 0;
  const D d;
  const V wanted = hn::Set(d, best);
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    if (!hn::AllFalse(d, hn::Eq(hn::LoadU(d, x + i), wanted))) break;
  }
  for (; i < n; ++i) {
    if (x[i] == best) return static_cast<int64_t>(i);
  }
  return 0;
}

// Takes row `index` into the best of each column so far.
template <bool kMax>
void ArgRow(const float* x, int32_t index, float* best, int32_t* at, size_t n) {
  for (size_t j = 0; j < n; ++j) {
    const bool better = kMax ? x[j] > best[j] : x[j] < best[j];
    best[j] = better ? x[j] : best[j];
    at[j] = better ? index : at[j];
  }
}

}  // namespace

void FillArg(SpanTable* table) {
  table->arg_run[0] = ArgRun<false>;
  table->arg_run[1] = ArgRun<true>;
  table->arg_row[0] = ArgRow<false>;
  table->arg_row[1] = ArgRow<true>;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
