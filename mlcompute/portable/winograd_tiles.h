// mlcompute/portable/winograd_tiles.h: what the steps of winograd.h share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
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

struct ByteRange {
  const char *begin, *end;
};

// Fetches memory into the second-level cache, piece by piece between other work.
class Fetcher {
 public:
  // The ranges, in so many pieces.
  Fetcher(std::initializer_list<ByteRange> ranges, int64_t pieces) : pieces_(pieces) {
    for (const ByteRange& range : ranges) {
      if (range.begin >= range.end) continue;
      ranges_[count_++] = range;
      lines_ += (range.end - range.begin + kLine - 1) / kLine;
    }
  }
  void FetchPiece() {
    for (int64_t i = (lines_ + pieces_ - 1) / pieces_; i > 0 && at_ < count_; --i) {
      ByteRange& range = ranges_[at_];
      __builtin_prefetch(range.begin, 0, 2);
      range.begin += kLine;
      if (range.begin >= range.end) ++at_;
    }
  }

 private:
  static constexpr ptrdiff_t kLine = 64;
  ByteRange ranges_[3];
  int at_ = 0, count_ = 0;
  int64_t lines_ = 0;
  int64_t pieces_;
};

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

  // The pixels that tile (row, column) of y reads of x, or those of the tile in y; rows outside of
  // the image are at `elsewhere`, which has SquareSize() elements of x's or y's channels.
  template <typename T>
  void PointAtInput(T* x_data, int64_t row, int64_t column, T* elsewhere,
                    WinogradSquare<T>* square) const {
    PointAt(x, x_data, row, column, top, left, tile + 2, elsewhere, square);
  }
  template <typename T>
  void PointAtOutput(T* y_data, int64_t row, int64_t column, T* elsewhere,
                     WinogradSquare<T>* square) const {
    PointAt(y, y_data, row, column, 0, 0, tile, elsewhere, square);
  }
  static int64_t SquareSize(const Pixels& pixels) { return kMostSide * pixels.Padded(); }

  // The bytes from the first to behind the last of what blocks of whole rows of tiles read of x or
  // have in y.
  template <typename T>
  ByteRange InputOf(const T* x_data, int64_t row, int64_t rows) const {
    return Lines(x, x_data, row, rows, top, tile + 2 - top);
  }
  template <typename T>
  ByteRange OutputOf(const T* y_data, int64_t row, int64_t rows) const {
    return Lines(y, y_data, row, rows, 0, tile);
  }

 private:
  static constexpr int64_t kMostSide = WinogradSquare<float>::kMost;

  template <typename T>
  ByteRange Lines(const Pixels& pixels, const T* data, int64_t row, int64_t rows, int64_t up,
                  int64_t down) const {
    const auto line = [&](int64_t tile_row, int64_t offset) {
      const int64_t h = tile_row % tile_rows() * tile + offset;
      const int64_t inside = std::clamp<int64_t>(h, 0, pixels.height);
      return reinterpret_cast<const char*>(data + pixels.At(tile_row / tile_rows(), inside, 0));
    };
    return {line(row, -up), line(row + rows - 1, down)};
  }

  template <typename T>
  void PointAt(const Pixels& pixels, T* data, int64_t row, int64_t column, int64_t up,
               int64_t aside, int64_t side, T* elsewhere, WinogradSquare<T>* square) const {
    const int64_t image = row / tile_rows();
    const int64_t first = (row - image * tile_rows()) * tile - up;
    const int64_t left_most = column * tile - aside;
    const auto inside = [&](int64_t w) { return std::clamp<int64_t>(w, 0, pixels.width - 1); };
    T* const begin = data + pixels.At(image, 0, inside(left_most));
    for (int64_t i = 0; i < side; ++i) {
      const int64_t h = first + i;
      square->rows[i] =
          h < 0 || h >= pixels.height ? elsewhere : begin + h * pixels.width * pixels.channels;
      square->columns[i] =
          static_cast<size_t>((inside(left_most + i) - inside(left_most)) * pixels.channels);
    }
    square->begin = static_cast<size_t>(std::clamp<int64_t>(-left_most, 0, side));
    square->end = static_cast<size_t>(std::clamp<int64_t>(pixels.width - left_most, 0, side));
    square->bottom = static_cast<size_t>(std::clamp<int64_t>(pixels.height - first, 0, side));
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

// Tile (tile_row, tile_column) of y's channels [k, k + n), by the sum that defines it. taps: those
// columns of the filter's matrices, [tap, x's channels, n].
template <typename T>
void SumTile(const WinogradShape& s, int64_t tile_row, int64_t tile_column, const T* x,
             const float* taps, int64_t k, int64_t n, T* y);

// Whether a convolution's filter has too many points to keep them for as few tiles as there are, or
// for any cache. It has a step of its own. `turns`: as for a gradient of the input; `x` and
// `filter` say which inputs they are.
inline bool HasLargeFilter(const WinogradShape& s) {
  constexpr int64_t kLarge = 1 << 20, kLargest = 4 << 20, kFewTiles = 128;
  const int64_t floats = s.points() * s.x.channels * s.y.channels;
  return floats >= (s.tiles() <= kFewTiles ? kLarge : kLargest);
}
std::unique_ptr<Step> MakeWinogradLargeFilter(const WinogradShape& shape, bool turns, int x,
                                              int filter, DataType type);

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
