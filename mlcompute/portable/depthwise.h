// mlcompute/portable/depthwise.h: what the steps of depthwise convolutions share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "mlcompute/backend/step.h"
#include "mlcompute/portable/dispatch.h"

namespace mlcompute::portable {

// A tap of a filter's axis and where its first pixel reads.
struct FilterTap {
  int64_t tap, source;
};

// Pixels first, first + step, ... of an axis, which read the same taps; sources move by
// AxisRuns::source_step from one to the next.
struct PixelRun {
  int64_t first, count;
  std::vector<FilterTap> taps;
};

// An axis of a result, and how it reads the other's.
struct AxisRuns {
  int64_t size, step, source_step;
  std::vector<PixelRun> runs;
  std::vector<std::vector<FilterTap>> of_pixel;

  // Taps of pixel i are such that f(i, tap, &source) holds.
  template <typename Reads>
  AxisRuns(int64_t n, int64_t taps, int64_t pixel_step, int64_t move, const Reads& reads)
      : size(n), step(pixel_step), source_step(move) {
    of_pixel.resize(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) {
      auto& list = of_pixel[static_cast<size_t>(i)];
      for (int64_t tap = 0; tap < taps; ++tap) {
        int64_t source = 0;
        if (reads(i, tap, &source)) list.push_back({tap, source});
      }
    }
    for (int64_t start = 0; start < std::min(step, n); ++start) {
      for (int64_t i = start; i < n; i += step) {
        if (i > start && Continues(i)) {
          ++runs.back().count;
        } else {
          runs.push_back({i, 1, of_pixel[static_cast<size_t>(i)]});
        }
      }
    }
  }

 private:
  bool Continues(int64_t i) const {
    const auto& before = of_pixel[static_cast<size_t>(i - step)];
    const auto& now = of_pixel[static_cast<size_t>(i)];
    return std::equal(before.begin(), before.end(), now.begin(), now.end(),
                      [&](const FilterTap& a, const FilterTap& b) {
                        return a.tap == b.tap && a.source + source_step == b.source;
                      });
  }
};

struct ConvolvedAxis {
  int64_t x, filter, y, stride, dilation, pad;

  AxisRuns OfY() const {
    return {y, filter, 1, stride, [this](int64_t i, int64_t tap, int64_t* source) {
              *source = i * stride - pad + tap * dilation;
              return *source >= 0 && *source < x;
            }};
  }
  AxisRuns OfX() const {
    return {x, filter, stride, 1, [this](int64_t i, int64_t tap, int64_t* source) {
              const int64_t from = i + pad - tap * dilation;
              *source = from / stride;
              return from >= 0 && from % stride == 0 && *source < y;
            }};
  }
};

struct DepthwiseShape {
  int64_t batch, channels, multiplier;
  ConvolvedAxis rows, columns;

  int64_t taps() const { return rows.filter * columns.filter; }
  int64_t XPixels() const { return batch * rows.x * columns.x; }
  int64_t YPixels() const { return batch * rows.y * columns.y; }
  // Of one filter's results.
  int64_t YPlane() const { return YPixels() * channels; }
};

// False where MakeDepthwise() gives nullptr.
bool ReadDepthwiseShape(const OperationView& view, DepthwiseShape* shape);

template <typename T>
const DepthwiseSpans<T>& SpansOfDepthwise() {
  if constexpr (std::is_same_v<T, float>) {
    return Spans().depthwise;
  } else {
    return Spans().depthwise_bfloat16;
  }
}

// Multiplications that pay for waking another thread.
constexpr int64_t kDepthwiseWork = 64 << 10;

// What a run of pixels reads: distances in elements, and taps of the whole filter.
struct TapReads {
  std::vector<ptrdiff_t> offsets;
  std::vector<int64_t> taps;

  void Set(const std::vector<FilterTap>& rows, const std::vector<FilterTap>& columns,
           const DepthwiseShape& shape, int64_t width) {
    offsets.clear();
    taps.clear();
    for (const FilterTap& row : rows) {
      for (const FilterTap& column : columns) {
        offsets.push_back((row.source * width + column.source) * shape.channels);
        taps.push_back(row.tap * shape.columns.filter + column.tap);
      }
    }
  }
};

// Elements [begin, end) of each of `planes` planes of n from where they are in turn, and back.
template <typename T>
void TakeApart(const T* in_turn, T* planes, int64_t n, int64_t count, int64_t begin, int64_t end) {
  constexpr auto kSize = static_cast<int64_t>(sizeof(T));
  Spans().transpose[kSize / 2](in_turn + begin * count, count * kSize, planes + begin, n * kSize,
                               static_cast<size_t>(end - begin), static_cast<size_t>(count));
}
template <typename T>
void PutInTurn(const T* planes, T* in_turn, int64_t n, int64_t count, int64_t begin, int64_t end) {
  constexpr auto kSize = static_cast<int64_t>(sizeof(T));
  Spans().transpose[kSize / 2](planes + begin, n * kSize, in_turn + begin * count, count * kSize,
                               static_cast<size_t>(count), static_cast<size_t>(end - begin));
}

inline size_t AlignedBytes(int64_t elements, size_t size) {
  return (static_cast<size_t>(elements) * size + 63) / 64 * 64;
}

std::unique_ptr<Step> MakeDepthwiseGradFilter(const DepthwiseShape& shape, DataType type);

}  // namespace mlcompute::portable
