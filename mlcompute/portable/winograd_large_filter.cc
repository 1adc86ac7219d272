#include <algorithm>
#include <vector>

#include "mlcompute/portable/winograd_tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

// A block of the filter, whose points stay in the second-level cache, with those of the tiles.
constexpr int64_t kBlockRows = 64, kBlockColumns = 32;
constexpr int64_t kMostTiles = 128;  // that are there at a time

// For many channels, where a filter's points would take longer to write, and to read for each block
// of tiles, than to compute: they are made block by block, right before each is used, and never
// written as a whole. The points of a range of tiles come first, laid out by blocks: [block of
// input channels, point, tile, channel].
template <typename T>
class WinogradLargeFilterStep : public Step {
 public:
  // `turns`: as in winograd.cc; the filter is [3, 3, y's channels, x's channels] and its taps are
  // in reverse.
  WinogradLargeFilterStep(const WinogradShape& shape, bool turns, int x, int filter)
      : s_(shape), turns_(turns), x_(x), filter_(filter) {
    x_blocks_ = (s_.x.channels + kBlockRows - 1) / kBlockRows;
    y_blocks_ = (s_.y.channels + kBlockColumns - 1) / kBlockColumns;
    slots_ = std::min<int64_t>(TeamSize(), y_blocks_);
    ranges_ = (s_.tiles() + kMostTiles - 1) / kMostTiles;
    const int64_t most_tiles = (s_.tiles() + ranges_ - 1) / ranges_;
    v_stride_ = PointStride(most_tiles * kBlockRows);
    u_stride_ = PointStride(kBlockRows * kBlockColumns);
    m_stride_ = PointStride(most_tiles * kBlockColumns);
    v_ = scratch_.Take(x_blocks_ * s_.points() * v_stride_);
    zeros_ = scratch_.Take(WinogradShape::SquareSize(s_.x));
    slot_ = scratch_.Take(0);
    u_ = slot_plan_.Take(s_.points() * u_stride_);
    m_ = slot_plan_.Take(s_.points() * m_stride_);
    if (turns_) turned_ = slot_plan_.Take(kWinogradTaps * kBlockRows * kBlockColumns);
    for (int64_t i = 0; i < slots_; ++i) {
      scratch_.Take(static_cast<int64_t>(slot_plan_.bytes() / sizeof(float)));
    }
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }

  void Run(const void* const* inputs, void* const* results, void* scratch_memory) const override {
    const auto* x = static_cast<const T*>(inputs[x_]);
    const auto* filter = static_cast<const T*>(inputs[filter_]);
    auto* y = static_cast<T*>(results[0]);
    auto* scratch = static_cast<float*>(scratch_memory);
    std::fill_n(scratch + zeros_, WinogradShape::SquareSize(s_.x), 0.0f);
    for (int64_t r = 0; r < ranges_; ++r) {
      const int64_t first = s_.tiles() * r / ranges_;
      RunRange(first, s_.tiles() * (r + 1) / ranges_ - first, x, filter, y, scratch);
    }
  }

 private:
  // What a block of the filter is read from, [taps, lines] of so many bytes, into the caches.
  struct Fetch {
    const char* data = nullptr;
    int64_t taps = 0, lines = 0, bytes = 0, tap_step = 0, line_step = 0;
    int64_t tap = 0, line = 0;

    void Lines(int64_t count) {
      for (; count > 0 && tap < taps; --count) {
        const char* at = data + tap * tap_step + line * line_step;
        for (int64_t b = 0; b < bytes; b += 64) __builtin_prefetch(at + b, 0, 2);
        if (++line == lines) line = 0, ++tap;
      }
    }
  };

  // `tiles` tiles from `first` on.
  void RunRange(int64_t first, int64_t tiles, const T* x, const T* filter, T* y,
                float* scratch) const {
    ParallelFor(tiles, 1, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) TransformTile(first + t, t, x, scratch);
    });
    const auto of_slot = static_cast<int64_t>(slot_plan_.bytes() / sizeof(float));
    ParallelFor(slots_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t slot = begin; slot < end; ++slot) {
        float* own = scratch + slot_ + slot * of_slot;
        const int64_t last = y_blocks_ * (slot + 1) / slots_;
        for (int64_t b = y_blocks_ * slot / slots_; b < last; ++b) {
          for (int64_t a = 0; a < x_blocks_; ++a) {
            TransformFilter(a, b, filter, own);
            Fetch next = a + 1 < x_blocks_ ? FetchOf(a + 1, b, filter)
                         : b + 1 < last    ? FetchOf(0, b + 1, filter)
                                           : Fetch{};
            Multiply(a, b, tiles, scratch + v_ + a * s_.points() * v_stride_, &next, own);
          }
          Finish(b, first, tiles, x, filter, y, own);
        }
      }
    });
  }

  int64_t Rows(int64_t block) const {
    return std::min(kBlockRows, s_.x.channels - block * kBlockRows);
  }
  int64_t Columns(int64_t block) const {
    return std::min(kBlockColumns, s_.y.channels - block * kBlockColumns);
  }
  int64_t Matrix() const { return s_.x.channels * s_.y.channels; }

  // Of input channel `row` to output channel `column`, by the first tap there is in memory.
  const T* FilterAt(const T* filter, int64_t row, int64_t column) const {
    return filter + (turns_ ? column * s_.x.channels + row : row * s_.y.channels + column);
  }

  Fetch FetchOf(int64_t x_block, int64_t y_block, const T* filter) const {
    constexpr int64_t kSize = sizeof(T);
    Fetch fetch;
    fetch.data = reinterpret_cast<const char*>(
        FilterAt(filter, x_block * kBlockRows, y_block * kBlockColumns));
    fetch.taps = kWinogradTaps;
    fetch.lines = turns_ ? Columns(y_block) : Rows(x_block);
    fetch.bytes = (turns_ ? Rows(x_block) : Columns(y_block)) * kSize;
    fetch.tap_step = Matrix() * kSize;
    fetch.line_step = (turns_ ? s_.x.channels : s_.y.channels) * kSize;
    return fetch;
  }

  // Tile `tile`, which is number t of those that are there.
  void TransformTile(int64_t tile, int64_t t, const T* x, float* scratch) const {
    WinogradSquare<const T> square;
    s_.PointAtInput(x, tile / s_.tile_columns(), tile % s_.tile_columns(),
                    reinterpret_cast<const T*>(scratch + zeros_), &square);
    for (int64_t b = 0; b < x_blocks_; ++b) {
      s_.spans<T>().input(square, static_cast<size_t>(Rows(b)),
                          scratch + v_ + b * s_.points() * v_stride_ + t * kBlockRows,
                          static_cast<size_t>(v_stride_));
      for (const T*& pixels : square.rows) pixels += kBlockRows;
    }
  }

  void TransformFilter(int64_t x_block, int64_t y_block, const T* filter, float* own) const {
    constexpr int64_t kSize = sizeof(T);
    const int64_t rows = Rows(x_block), columns = Columns(y_block);
    const T* from = FilterAt(filter, x_block * kBlockRows, y_block * kBlockColumns);
    int64_t row_step = s_.y.channels, tap_step = Matrix();
    if (turns_) {
      auto* turned = reinterpret_cast<T*>(own + turned_);
      row_step = kBlockColumns;
      tap_step = kBlockRows * kBlockColumns;
      for (int64_t t = 0; t < kWinogradTaps; ++t) {
        Spans().transpose[kSize / 2](from + (kWinogradTaps - 1 - t) * Matrix(),
                                     s_.x.channels * kSize, turned + t * tap_step, row_step * kSize,
                                     static_cast<size_t>(columns), static_cast<size_t>(rows));
      }
      from = turned;
    }
    const int64_t padded = Pixels::RoundUp(columns);
    for (int64_t row = 0; row < rows; ++row) {
      s_.spans<T>().filter(from + row * row_step, static_cast<size_t>(tap_step),
                           static_cast<size_t>(columns), own + u_ + row * padded,
                           static_cast<size_t>(u_stride_));
    }
  }

  void Multiply(int64_t x_block, int64_t y_block, int64_t tiles, const float* v, Fetch* next,
                float* own) const {
    const auto columns = static_cast<size_t>(Pixels::RoundUp(Columns(y_block)));
    const int64_t lines = (next->taps * next->lines + s_.points() - 1) / s_.points();
    for (int64_t p = 0; p < s_.points(); ++p) {
      next->Lines(lines);
      Spans().winograd_product(v + p * v_stride_, static_cast<size_t>(kBlockRows), 1,
                               own + u_ + p * u_stride_, columns, x_block > 0,
                               own + m_ + p * m_stride_, columns, static_cast<size_t>(tiles),
                               static_cast<size_t>(Rows(x_block)), columns);
    }
  }

  void Finish(int64_t y_block, int64_t first, int64_t tiles, const T* x, const T* filter, T* y,
              float* own) const {
    const int64_t column = y_block * kBlockColumns, columns = Columns(y_block);
    const int64_t padded = Pixels::RoundUp(columns);
    std::vector<float> taps;
    for (int64_t t = 0; t < tiles; ++t) {
      const int64_t tile_row = (first + t) / s_.tile_columns();
      const int64_t tile_column = (first + t) % s_.tile_columns();
      WinogradSquare<T> square;
      s_.PointAtOutput<T>(y + column, tile_row, tile_column, nullptr, &square);
      if (s_.spans<T>().output(own + m_ + t * padded, static_cast<size_t>(m_stride_), square,
                               static_cast<size_t>(columns))) {
        continue;
      }
      if (taps.empty()) taps = TapsOf(filter, column, columns);
      SumTile(s_, tile_row, tile_column, x, taps.data(), column, columns, y);
    }
  }

  // Columns of the filter's matrices, as floats, [tap, input channel, column].
  std::vector<float> TapsOf(const T* filter, int64_t column, int64_t columns) const {
    std::vector<float> taps;
    taps.reserve(static_cast<size_t>(kWinogradTaps * s_.x.channels * columns));
    Floats<T> number;
    for (int64_t t = 0; t < kWinogradTaps; ++t) {
      const T* matrix = filter + (turns_ ? kWinogradTaps - 1 - t : t) * Matrix();
      for (int64_t row = 0; row < s_.x.channels; ++row) {
        for (int64_t k = 0; k < columns; ++k) {
          taps.push_back(*number.Of(FilterAt(matrix, row, column + k), 1));
        }
      }
    }
    return taps;
  }

  const WinogradShape s_;
  const bool turns_;
  const int x_, filter_;         // which inputs
  int64_t x_blocks_, y_blocks_;  // of the filter
  int64_t ranges_;               // of tiles that are there at a time
  int64_t slots_;                // threads
  int64_t v_stride_, u_stride_, m_stride_;
  ScratchPlan scratch_, slot_plan_;
  int64_t v_, zeros_, slot_;    // in the scratch
  int64_t u_, m_, turned_ = 0;  // in that of a slot
};

}  // namespace

std::unique_ptr<Step> MakeWinogradLargeFilter(const WinogradShape& shape, bool turns, int x,
                                              int filter, DataType type) {
  if (type == DataType::kFloat32) {
    return std::make_unique<WinogradLargeFilterStep<float>>(shape, turns, x, filter);
  }
  return std::make_unique<WinogradLargeFilterStep<uint16_t>>(shape, turns, x, filter);
}

}  // namespace mlcompute::portable
