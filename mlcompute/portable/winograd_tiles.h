// mlcompute/portable/winograd_tiles.h: what the steps of winograd.h share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "mlcompute/backend/step.h"
#include "mlcompute/portable/dispatch.h"

namespace mlcompute::portable {

constexpr int64_t kWinogradTaps = 9;

// Pixels [batch, height, width] of `channels`.
struct Pixels {
  int64_t height, width, channels;

  int64_t At(int64_t image, int64_t row, int64_t column) const {
    return ((image * height + row) * width + column) * channels;
  }
  // Channels of a row of scratch memory.
  int64_t Padded() const { return RoundUp(channels); }
  static int64_t RoundUp(int64_t n) {
    constexpr auto unit = static_cast<int64_t>(kWinogradUnit);
    return (n + unit - 1) / unit * unit;
  }
};

// Tiles [row, row + rows) x [column, column + columns); a row belongs to image row / tile_rows.
struct TileBlock {
  int64_t row, rows, column, columns;
  int64_t count() const { return rows * columns; }
};

// Elements of pixels and filters are float or uint16_t, which means bfloat16. What is computed from
// them is float, and rounded once, when it is a result.

// A run of elements as floats.
template <typename T>
class Floats {
 public:
  // Valid until the next call.
  const float* Of(const T* x, int64_t n) {
    if constexpr (std::is_same_v<T, float>) {
      return x;
    } else {
      memory_.resize(static_cast<size_t>(n));
      Spans().from_bfloat16(x, memory_.data(), static_cast<size_t>(n));
      return memory_.data();
    }
  }

 private:
  std::vector<float> memory_;
};

inline void FromFloats(const std::vector<float>& x, float* y) { std::copy(x.begin(), x.end(), y); }
inline void FromFloats(const std::vector<float>& x, uint16_t* y) {
  Spans().to_bfloat16(x.data(), y, x.size());
}

// A convolution y = x * filter, whichever of them is computed, and the tiles of y.
struct WinogradShape {
  int64_t batch;
  Pixels x, y;
  int64_t top, left;  // padding
  int64_t tile;

  int64_t points() const { return (tile + 2) * (tile + 2); }
  int64_t tile_rows() const { return (y.height + tile - 1) / tile; }  // of an image
  int64_t tile_columns() const { return (y.width + tile - 1) / tile; }
  int64_t all_rows() const { return batch * tile_rows(); }
  int64_t tiles() const { return all_rows() * tile_columns(); }
  double DirectFlops() const {
    return 2.0 * static_cast<double>(batch * y.height * y.width * y.channels) *
           static_cast<double>(kWinogradTaps * x.channels);
  }
  template <typename T>
  const WinogradSpans<T>& spans() const {
    if constexpr (std::is_same_v<T, float>) {
      return Spans().winograd[tile == 4];
    } else {
      return Spans().winograd_bfloat16[tile == 4];
    }
  }

  // Where the pixels are that tile (row, column) of y reads of x, or those of the tile in y:
  // `elsewhere` if outside of the image.
  template <typename T>
  void PointAtInput(T* x_data, int64_t row, int64_t column, T* elsewhere, T** at) const {
    PointAt(x, x_data, row, column, top, left, tile + 2, elsewhere, at);
  }
  template <typename T>
  void PointAtOutput(T* y_data, int64_t row, int64_t column, T* elsewhere, T** at) const {
    PointAt(y, y_data, row, column, 0, 0, tile, elsewhere, at);
  }

  // Fetches what the tile below (row, column) reads and this one does not.
  template <typename T>
  void FetchInputBelow(const T* x_data, int64_t row, int64_t column) const {
    FetchBelow(x, x_data, row, column, 2 - top, left, tile + 2);
  }
  template <typename T>
  void FetchOutputBelow(const T* y_data, int64_t row, int64_t column) const {
    FetchBelow(y, y_data, row, column, 0, 0, tile);
  }

 private:
  template <typename T>
  void FetchBelow(const Pixels& pixels, const T* data, int64_t row, int64_t column, int64_t down,
                  int64_t aside, int64_t side) const {
    const int64_t first = (row % tile_rows() + 1) * tile + down;
    const int64_t begin = std::max<int64_t>(column * tile - aside, 0);
    const int64_t end = std::min(column * tile - aside + side, pixels.width);
    const T* line = data + pixels.At(row / tile_rows(), first, begin);
    for (int64_t h = first; h < std::min(first + tile, pixels.height); ++h) {
      const char* at = reinterpret_cast<const char*>(line);
      const auto bytes = static_cast<ptrdiff_t>((end - begin) * pixels.channels * sizeof(T));
      for (ptrdiff_t b = 0; b < bytes; b += 64) __builtin_prefetch(at + b);
      line += pixels.width * pixels.channels;
    }
  }

  template <typename T>
  void PointAt(const Pixels& pixels, T* data, int64_t row, int64_t column, int64_t up,
               int64_t aside, int64_t side, T* elsewhere, T** at) const {
    const int64_t first = row % tile_rows() * tile - up;
    const int64_t left_most = column * tile - aside;
    T* const image = data + pixels.At(row / tile_rows(), 0, 0);
    for (int64_t i = 0; i < side; ++i, at += side) {
      const int64_t h = first + i;
      if (h < 0 || h >= pixels.height) {
        std::fill_n(at, side, elsewhere);
        continue;
      }
      T* const line = image + h * pixels.width * pixels.channels;
      for (int64_t j = 0; j < side; ++j) {
        const int64_t w = left_most + j;
        at[j] = w < 0 || w >= pixels.width ? elsewhere : line + w * pixels.channels;
      }
    }
  }
};

// The convolution that `view` (kConvolution or a gradient of one) belongs to. False if Winograd's
// algorithm does not apply.
bool ReadWinogradShape(const OperationView& view, int64_t tile, WinogradShape* shape);

// Part [k, k + n) of row c of each of the filter's matrices in `dfilter`, by the sums that define
// it.
template <typename T>
void SumFilterGradient(const WinogradShape& s, int64_t c, int64_t k, int64_t n, const T* x,
                       const T* dy, T* dfilter);

// Whether the sums for a filter's gradient are too many for the second-level cache. They have a
// step of their own.
inline bool IsLargeFilter(const WinogradShape& s) { return s.x.channels * s.y.Padded() > 64 * 64; }
std::unique_ptr<Step> MakeWinogradGradLargeFilter(const WinogradShape& shape, DataType type);

// Hands out scratch memory, in floats, aligned to 64 bytes.
class ScratchPlan {
 public:
  int64_t Take(int64_t floats) {
    const int64_t at = floats_;
    floats_ += (floats + 15) / 16 * 16;
    return at;
  }
  size_t bytes() const { return static_cast<size_t>(floats_) * sizeof(float); }

 private:
  int64_t floats_ = 0;
};

// A distance between matrices of points that a power of two does not divide, so that they do not
// meet in the same sets of the caches.
inline int64_t PointStride(int64_t floats) { return (floats + 15) / 16 * 16 + 16; }

}  // namespace mlcompute::portable
