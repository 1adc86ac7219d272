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
  // Of numbers that T has.
  static HWY_INLINE void StoreExact(V v, float* y) { StoreNarrow(v, y); }
  static HWY_INLINE void StoreExact(V v, uint16_t* y) { hn::StoreU(Cut(v), Halves(), y); }
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
  HWY_INLINE void StoreExact(V v, uint16_t* y) const { StorePart(Cut(v), Halves(), y, n); }
};

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
    lanes.StoreExact(best, y + out);
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

template <bool kRelu, bool kGives, typename T>
void MaxApart(const WindowRun& run, const T* x, const T* dy, T* dx, float* given) {
  const V one = hn::Set(D(), 1.0f);
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    V best;
    const V winner = FindMaximum(run, lanes, x + in, &best);
    V gradient = lanes.Load(dy + out);
    if constexpr (kRelu) {
      gradient = hn::Mul(gradient, hn::IfThenElseZero(hn::Gt(best, hn::Zero(D())), one));
    }
    if constexpr (kGives) lanes.Store(gradient, given + out);
    V number = hn::Zero(D());
    for (size_t t = 0; t < run.taps; ++t) {
      lanes.StoreExact(hn::IfThenElseZero(hn::Eq(winner, number), gradient),
                       dx + in + run.offsets[t]);
      number = hn::Add(number, one);
    }
  });
}

template <typename T>
void MaxWindowsGradApart(const WindowRun& run, bool relu, const T* x, const T* dy, T* dx,
                         float* given) {
  if (given == nullptr) {
    relu ? MaxApart<true, false>(run, x, dy, dx, given)
         : MaxApart<false, false>(run, x, dy, dx, given);
  } else {
    relu ? MaxApart<true, true>(run, x, dy, dx, given)
         : MaxApart<false, true>(run, x, dy, dx, given);
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
  return {MaxWindows<T>, AverageWindows<T>, MaxWindowsGrad<T>, MaxWindowsGradApart<T>,
          AverageWindowsGrad<T>};
}

}  // namespace

void FillWindow(SpanTable* table) {
  table->windows = Spans<float>();
  table->windows_bfloat16 = Spans<uint16_t>();
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
