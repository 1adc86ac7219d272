// mlcompute/portable/simd/depthwise.cc: sums over the taps of filters of one channel each.
#include <utility>

#include "mlcompute/portable/simd/halves.h"
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

const D d;

// Calls f(c, load, store) for each vector of channels, the last of which may be of fewer; load and
// store are of that many elements.
template <typename F>
HWY_INLINE void ForVectors(size_t channels, const F& f) {
  const size_t lanes = hn::Lanes(d);
  size_t c = 0;
  for (; c + lanes <= channels; c += lanes) {
    f(
        c, [](const auto* x) HWY_ATTR { return LoadWide(x); },
        [](V v, auto* y) HWY_ATTR { StoreNarrow(v, y); });
  }
  if (const size_t n = channels - c; n > 0) {
    f(
        c, [n](const auto* x) HWY_ATTR { return LoadWide(x, n); },
        [n](V v, auto* y) HWY_ATTR { StoreNarrow(v, y, n); });
  }
}

template <size_t kPixels, typename T>
void SumPixels(const T* x, size_t x_step, const ptrdiff_t* offsets, const float* const* rows,
               size_t taps, size_t channels, T* y, size_t y_step) {
  ForVectors(channels, [&](size_t c, const auto& load, const auto& store) HWY_ATTR {
    V sum[kPixels];
    for (size_t p = 0; p < kPixels; ++p) sum[p] = hn::Zero(d);
    for (size_t t = 0; t < taps; ++t) {
      const V factor = load(rows[t] + c);
      const T* const from = x + offsets[t] + c;
      for (size_t p = 0; p < kPixels; ++p) {
        sum[p] = hn::MulAdd(load(from + p * x_step), factor, sum[p]);
      }
    }
    for (size_t p = 0; p < kPixels; ++p) store(sum[p], y + p * y_step + c);
  });
}

template <typename T>
void Sum(const T* x, size_t x_step, const ptrdiff_t* offsets, const float* const* rows, size_t taps,
         size_t pixels, size_t channels, T* y, size_t y_step) {
  const auto run = [&](auto count) HWY_ATTR {
    constexpr size_t kPixels = decltype(count)::value;
    for (; pixels >= kPixels; pixels -= kPixels, x += kPixels * x_step, y += kPixels * y_step) {
      SumPixels<kPixels>(x, x_step, offsets, rows, taps, channels, y, y_step);
    }
  };
  run(std::integral_constant<size_t, 8>());
  run(std::integral_constant<size_t, 4>());
  run(std::integral_constant<size_t, 2>());
  run(std::integral_constant<size_t, 1>());
}

constexpr size_t kMostTaps = 9;     // whose sums fit in the registers
constexpr size_t kMostPixels = 32;  // which stay in the first-level cache for all channels

template <size_t kTaps, typename T>
void AddTaps(const T* x, size_t x_step, const ptrdiff_t* offsets, float* const* rows, size_t pixels,
             size_t channels, const T* dy, size_t dy_step) {
  ForVectors(channels, [&](size_t c, const auto& load, const auto& store) HWY_ATTR {
    V sum[kTaps];
    const T* from[kTaps];
    for (size_t t = 0; t < kTaps; ++t) {
      sum[t] = load(rows[t] + c);
      from[t] = x + offsets[t] + c;
    }
    for (size_t p = 0; p < pixels; ++p) {
      const V gradient = load(dy + p * dy_step + c);
      for (size_t t = 0; t < kTaps; ++t) {
        sum[t] = hn::MulAdd(load(from[t] + p * x_step), gradient, sum[t]);
      }
    }
    for (size_t t = 0; t < kTaps; ++t) store(sum[t], rows[t] + c);
  });
}

template <typename T, size_t... kTaps>
void AddSomeTaps(std::index_sequence<kTaps...>, size_t taps, const T* x, size_t x_step,
                 const ptrdiff_t* offsets, float* const* rows, size_t pixels, size_t channels,
                 const T* dy, size_t dy_step) {
  (void)((taps == kTaps + 1 &&
          (AddTaps<kTaps + 1>(x, x_step, offsets, rows, pixels, channels, dy, dy_step), true)) ||
         ...);
}

template <typename T>
void FilterGradient(const T* x, size_t x_step, const ptrdiff_t* offsets, float* const* rows,
                    size_t taps, size_t pixels, size_t channels, const T* dy, size_t dy_step) {
  for (size_t p = 0; p < pixels; p += kMostPixels) {
    const size_t count = pixels - p < kMostPixels ? pixels - p : kMostPixels;
    for (size_t t = 0; t < taps; t += kMostTaps) {
      const size_t some = taps - t < kMostTaps ? taps - t : kMostTaps;
      AddSomeTaps(std::make_index_sequence<kMostTaps>(), some, x + p * x_step, x_step, offsets + t,
                  rows + t, count, channels, dy + p * dy_step, dy_step);
    }
  }
}

template <typename T>
constexpr DepthwiseSpans<T> Spans() {
  return {Sum<T>, FilterGradient<T>};
}

}  // namespace

void FillDepthwise(SpanTable* table) {
  table->depthwise = Spans<float>();
  table->depthwise_bfloat16 = Spans<uint16_t>();
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
