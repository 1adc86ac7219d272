// mlcompute/portable/window_kernels.h: pooling of runs of windows over interleaved channels, by
// element type. float32 and bfloat16 take the vectors of the processor, float16 a few lanes of
// float.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "mlcompute/float16.h"
#include "mlcompute/portable/dispatch.h"

namespace mlcompute::portable {

constexpr int kLanes = 4;  // channels of float16 worked on together

// kLanes floats, of whatever vectors the processor has. Operators work on all lanes and comparisons
// give masks, so that one text serves it and a plain float.
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));

template <typename T>
void Load(const T* from, float& to) {
  to = *from;
}

template <typename T>
void Load(const T* from, Lanes& to) {
  if constexpr (std::is_same_v<T, float>) {
    std::memcpy(&to, from, sizeof(to));
  } else {
    for (int c = 0; c < kLanes; ++c) to[c] = from[c];
  }
}

template <typename T>
void Store(const float& from, T* to) {
  *to = T(from);
}

template <typename T>
void Store(const Lanes& from, T* to) {
  if constexpr (std::is_same_v<T, float>) {
    std::memcpy(to, &from, sizeof(from));
  } else {
    for (int c = 0; c < kLanes; ++c) to[c] = T(from[c]);
  }
}

// Calls body(a Lanes or float to tell by, offset in x, offset in y) over all channels of all
// windows.
template <typename Body>
void ForLanes(const WindowRun& run, const Body& body) {
  const Lanes lanes = {};
  const auto channels = static_cast<ptrdiff_t>(run.channels);
  for (size_t i = 0; i < run.windows; ++i) {
    const ptrdiff_t x = static_cast<ptrdiff_t>(i) * run.step;
    const ptrdiff_t y = static_cast<ptrdiff_t>(i) * run.pitch;
    ptrdiff_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) body(lanes, x + c, y + c);
    for (; c < channels; ++c) body(0.0f, x + c, y + c);
  }
}

constexpr float kLowestFloat16 = -65504.0f;  // where a maximum starts

template <typename T>
constexpr bool kHasSpans = std::is_same_v<T, float> || std::is_same_v<T, BFloat16>;

template <typename T>
const auto& WindowSpansOf() {
  if constexpr (std::is_same_v<T, float>) {
    return Spans().windows;
  } else {
    return Spans().windows_bfloat16;
  }
}

// The elements as the spans take them.
inline const float* Raw(const float* x) { return x; }
inline float* Raw(float* x) { return x; }
inline const uint16_t* Raw(const BFloat16* x) { return reinterpret_cast<const uint16_t*>(x); }
inline uint16_t* Raw(BFloat16* x) { return reinterpret_cast<uint16_t*>(x); }

template <typename T>
void MaxWindows(const WindowRun& run, const T* x, T* y) {
  if constexpr (kHasSpans<T>) {
    WindowSpansOf<T>().max(run, Raw(x), Raw(y));
  } else {
    ForLanes(run, [&](const auto& kind, ptrdiff_t in, ptrdiff_t out) {
      auto best = kind - kind + kLowestFloat16;
      for (size_t t = 0; t < run.taps; ++t) {
        auto v = kind;
        Load(x + in + run.offsets[t], v);
        best = v > best ? v : best;  // false for a NaN, which is thus passed over
      }
      Store(best, y + out);
    });
  }
}

template <typename T>
void AverageWindows(const WindowRun& run, const T* x, T* y) {
  if constexpr (kHasSpans<T>) {
    WindowSpansOf<T>().average(run, Raw(x), Raw(y));
  } else {
    ForLanes(run, [&](const auto& kind, ptrdiff_t in, ptrdiff_t out) {
      auto sum = kind - kind;
      for (size_t t = 0; t < run.taps; ++t) {
        auto v = kind;
        Load(x + in + run.offsets[t], v);
        sum += v;
      }
      sum /= static_cast<float>(run.taps);
      Store(sum, y + out);
    });
  }
}

// Adds to `sums`, which is as large as x.
template <typename T>
void MaxWindowsGrad(const WindowRun& run, const T* x, const T* dy, float* sums) {
  if constexpr (kHasSpans<T>) {
    WindowSpansOf<T>().max_grad(run, Raw(x), Raw(dy), sums);
  } else {
    ForLanes(run, [&](const auto& kind, ptrdiff_t in, ptrdiff_t out) {
      const auto zero = kind - kind;
      // A NaN in the first place stays there, since nothing exceeds it.
      auto best = zero;
      auto winner = zero;
      Load(x + in + run.offsets[0], best);
      for (size_t t = 1; t < run.taps; ++t) {
        auto v = zero;
        Load(x + in + run.offsets[t], v);
        const auto better = v > best;
        best = better ? v : best;
        winner = better ? zero + static_cast<float>(t) : winner;
      }
      auto gradient = zero;
      Load(dy + out, gradient);
      for (size_t t = 0; t < run.taps; ++t) {
        float* to = sums + in + run.offsets[t];
        auto sum = zero;
        Load(to, sum);
        sum += winner == zero + static_cast<float>(t) ? gradient : zero;
        Store(sum, to);
      }
    });
  }
}

template <typename T>
void AverageWindowsGrad(const WindowRun& run, const T* dy, float* sums) {
  if constexpr (kHasSpans<T>) {
    WindowSpansOf<T>().average_grad(run, Raw(dy), sums);
  } else {
    ForLanes(run, [&](const auto& kind, ptrdiff_t in, ptrdiff_t out) {
      auto share = kind;
      Load(dy + out, share);
      share /= static_cast<float>(run.taps);
      for (size_t t = 0; t < run.taps; ++t) {
        float* to = sums + in + run.offsets[t];
        auto sum = kind;
        Load(to, sum);
        sum += share;
        Store(sum, to);
      }
    });
  }
}

}  // namespace mlcompute::portable
