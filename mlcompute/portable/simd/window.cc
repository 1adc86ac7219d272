// mlcompute/portable/simd/window.cc: windows of pooling over interleaved channels.
#include <limits>

#include "mlcompute/portable/simd/halves.h"
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// Channels of a window that are worked on together: all lanes, or the first n.
struct Whole {
  template <typename T>
  static HWY_INLINE V Load(const T* x) {
    return LoadWide(x);
  }
  template <typename T>
  static HWY_INLINE void Store(V v, T* y) {
    StoreNarrow(v, y);
  }
  // Of Exact numbers.
  static HWY_INLINE void StoreExact(V v, float* y) { StoreNarrow(v, y); }
  static HWY_INLINE void StoreExact(hn::Vec<Words> v, uint16_t* y) {
    hn::StoreU(hn::TruncateTo(Halves(), v), Halves(), y);
  }
};
struct Part {
  size_t n;
  template <typename T>
  HWY_INLINE V Load(const T* x) const {
    return LoadWide(x, n);
  }
  template <typename T>
  HWY_INLINE void Store(V v, T* y) const {
    StoreNarrow(v, y, n);
  }
  HWY_INLINE void StoreExact(V v, float* y) const { StoreNarrow(v, y, n); }
  HWY_INLINE void StoreExact(hn::Vec<Words> v, uint16_t* y) const {
    StorePart(hn::TruncateTo(Halves(), v), Halves(), y, n);
  }
};

// Numbers that the type of `y` has, almost as it has them: bfloat16's bits are still in words.
HWY_INLINE V Exact(V v, const float*) { return v; }
HWY_INLINE hn::Vec<Words> Exact(V v, const uint16_t*) {
  return hn::ShiftRight<16>(hn::BitCast(Words(), v));
}
HWY_INLINE V ExactIf(hn::Mask<D> mask, V v) { return hn::IfThenElseZero(mask, v); }
HWY_INLINE hn::Vec<Words> ExactIf(hn::Mask<D> mask, hn::Vec<Words> v) {
  return hn::IfThenElseZero(hn::RebindMask(Words(), mask), v);
}

// body(lanes, offset in x, offset in y) for all channels of all windows.
template <typename Body>
HWY_INLINE void ForChannels(const WindowRun& run, const Body& body) {
  const size_t lanes = hn::Lanes(D());
  const size_t whole = run.channels - run.channels % lanes;
  for (size_t i = 0; i < run.windows; ++i) {
    const ptrdiff_t x = static_cast<ptrdiff_t>(i) * run.step;
    const ptrdiff_t y = static_cast<ptrdiff_t>(i) * run.pitch;
    for (size_t c = 0; c < whole; c += lanes) {
      body(Whole(), x + static_cast<ptrdiff_t>(c), y + static_cast<ptrdiff_t>(c));
    }
    if (whole < run.channels) {
      body(Part{run.channels - whole}, x + static_cast<ptrdiff_t>(whole),
           y + static_cast<ptrdiff_t>(whole));
    }
  }
}

// The type's lowest finite value, where a maximum starts.
template <typename T>
constexpr float kLowest = -0x1.fep127f;
template <>
constexpr float kLowest<float> = std::numeric_limits<float>::lowest();

// Fetches what comes 2 KiB further on: the processor's own prefetchers stop at each page.
template <typename T>
HWY_INLINE void FetchAhead(const T* x) {
  __builtin_prefetch(reinterpret_cast<const char*>(x) + 2048);
}

template <typename T>
void MaxWindows(const WindowRun& run, const T* x, T* y) {
  const V lowest = hn::Set(D(), kLowest<T>);
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    V best = lowest;
    for (size_t t = 0; t < run.taps; ++t) {
      FetchAhead(x + in + run.offsets[t]);
      const V v = lanes.Load(x + in + run.offsets[t]);
      best = hn::IfThenElse(hn::Gt(v, best), v, best);  // false for a NaN, which is passed over
    }
    lanes.StoreExact(Exact(best, y), y + out);
  });
}

template <typename T>
void AverageWindows(const WindowRun& run, const T* x, T* y) {
  const V count = hn::Set(D(), static_cast<float>(run.taps));
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    V sum = hn::Zero(D());
    for (size_t t = 0; t < run.taps; ++t) {
      sum = hn::Add(sum, lanes.Load(x + in + run.offsets[t]));
    }
    lanes.Store(hn::Div(sum, count), y + out);
  });
}

// The largest of a window and its number. A NaN in the first place stays there, since nothing
// exceeds it.
template <typename Lanes, typename T>
HWY_INLINE V FindMaximum(const WindowRun& run, const Lanes& lanes, const T* x, V* best) {
  const V one = hn::Set(D(), 1.0f);
  FetchAhead(x + run.offsets[0]);
  *best = lanes.Load(x + run.offsets[0]);
  V winner = hn::Zero(D());
  V number = one;
  for (size_t t = 1; t < run.taps; ++t) {
    FetchAhead(x + run.offsets[t]);
    const V v = lanes.Load(x + run.offsets[t]);
    const auto better = hn::Gt(v, *best);
    *best = hn::IfThenElse(better, v, *best);
    winner = hn::IfThenElse(better, number, winner);
    number = hn::Add(number, one);
  }
  return winner;
}

// Adds to dx.
template <typename T>
void MaxWindowsGrad(const WindowRun& run, const T* x, const T* dy, float* dx) {
  const V one = hn::Set(D(), 1.0f);
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    V best;
    const V winner = FindMaximum(run, lanes, x + in, &best);
    const V gradient = lanes.Load(dy + out);
    V number = hn::Zero(D());
    for (size_t t = 0; t < run.taps; ++t) {
      float* to = dx + in + run.offsets[t];
      const V taken = hn::IfThenElseZero(hn::Eq(winner, number), gradient);
      lanes.Store(hn::Add(lanes.Load(to), taken), to);
      number = hn::Add(number, one);
    }
  });
}

// What a maximum gets.
template <bool kRelu>
HWY_INLINE V Share(V gradient, V best) {
  if constexpr (!kRelu) return gradient;
  const V one = hn::Set(D(), 1.0f);
  return hn::Mul(gradient, hn::IfThenElseZero(hn::Gt(best, hn::Zero(D())), one));
}

template <bool kRelu, bool kGives, typename T, typename Result>
void MaxApart(const WindowRun& run, const T* x, const T* dy, Result* dx, float* given) {
  const V one = hn::Set(D(), 1.0f);
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    V best;
    const V winner = FindMaximum(run, lanes, x + in, &best);
    const V gradient = Share<kRelu>(lanes.Load(dy + out), best);
    if constexpr (kGives) lanes.Store(gradient, given + out);
    const auto exact = Exact(gradient, dx);
    V number = hn::Zero(D());
    for (size_t t = 0; t < run.taps; ++t) {
      lanes.StoreExact(ExactIf(hn::Eq(winner, number), exact), dx + in + run.offsets[t]);
      number = hn::Add(number, one);
    }
  });
}

// Windows of 2 by 2, the usual ones: who wins is kept in masks.
template <bool kRelu, bool kGives, typename T, typename Result>
void MaxApartOfFour(const WindowRun& run, const T* x, const T* dy, Result* dx, float* given) {
  const int64_t at[] = {run.offsets[0], run.offsets[1], run.offsets[2], run.offsets[3]};
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    for (const int64_t offset : at) FetchAhead(x + in + offset);
    V best = lanes.Load(x + in + at[0]);
    const V second = lanes.Load(x + in + at[1]);
    const auto over_first = hn::Gt(second, best);
    best = hn::IfThenElse(over_first, second, best);
    const V third = lanes.Load(x + in + at[2]);
    const auto over_second = hn::Gt(third, best);
    best = hn::IfThenElse(over_second, third, best);
    const V fourth = lanes.Load(x + in + at[3]);
    const auto is_fourth = hn::Gt(fourth, best);
    best = hn::IfThenElse(is_fourth, fourth, best);
    const auto is_late = hn::Or(over_second, is_fourth);
    const V gradient = Share<kRelu>(lanes.Load(dy + out), best);
    if constexpr (kGives) lanes.Store(gradient, given + out);
    const auto exact = Exact(gradient, dx);
    lanes.StoreExact(ExactIf(hn::Not(hn::Or(over_first, is_late)), exact), dx + in + at[0]);
    lanes.StoreExact(ExactIf(hn::AndNot(is_late, over_first), exact), dx + in + at[1]);
    lanes.StoreExact(ExactIf(hn::AndNot(is_fourth, over_second), exact), dx + in + at[2]);
    lanes.StoreExact(ExactIf(is_fourth, exact), dx + in + at[3]);
  });
}

template <bool kRelu, bool kGives, typename T, typename Result>
void MaxApartOfAny(const WindowRun& run, const T* x, const T* dy, Result* dx, float* given) {
  const auto apart =
      run.taps == 4 ? MaxApartOfFour<kRelu, kGives, T, Result> : MaxApart<kRelu, kGives, T, Result>;
  apart(run, x, dy, dx, given);
}

template <typename T, typename Result>
void MaxWindowsGradApart(const WindowRun& run, bool relu, const T* x, const T* dy, Result* dx,
                         float* given) {
  if (given == nullptr) {
    relu ? MaxApartOfAny<true, false>(run, x, dy, dx, given)
         : MaxApartOfAny<false, false>(run, x, dy, dx, given);
  } else {
    relu ? MaxApartOfAny<true, true>(run, x, dy, dx, given)
         : MaxApartOfAny<false, true>(run, x, dy, dx, given);
  }
}

template <typename T>
void AverageWindowsGrad(const WindowRun& run, const T* dy, float* dx) {
  const V count = hn::Set(D(), static_cast<float>(run.taps));
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    const V share = hn::Div(lanes.Load(dy + out), count);
    for (size_t t = 0; t < run.taps; ++t) {
      float* to = dx + in + run.offsets[t];
      lanes.Store(hn::Add(lanes.Load(to), share), to);
    }
  });
}

template <typename T>
constexpr WindowSpans<T> Spans() {
  return {MaxWindows<T>,
          AverageWindows<T>,
          MaxWindowsGrad<T>,
          MaxWindowsGradApart<T, T>,
          MaxWindowsGradApart<T, float>,
          AverageWindowsGrad<T>};
}

}  // namespace

void FillWindow(SpanTable* table) {
  table->windows = Spans<float>();
  table->windows_bfloat16 = Spans<uint16_t>();
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
