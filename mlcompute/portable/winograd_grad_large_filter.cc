#include <algorithm>

#include "mlcompute/portable/winograd_tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

// A block of the filter, whose sums at all points stay in the second-level cache.
constexpr int64_t kBlockRows = 32, kBlockColumns = 64;
constexpr int64_t kMostFloats = 5 << 20;  // points of tiles that are there at a time

// First the points of many tiles, of the input and of the gradient of the result; then the sums, a
// block of the filter at a time. As each is one sum over all tiles in order, threads make no
// difference. Points are laid out by blocks: [block of channels, point, tile, channel].
template <typename T>
class WinogradGradLargeFilterStep : public Step {
 public:
  explicit WinogradGradLargeFilterStep(const WinogradShape& shape) : s_(shape) {
    x_blocks_ = (s_.x.channels + kBlockRows - 1) / kBlockRows;
    y_blocks_ = (s_.y.channels + kBlockColumns - 1) / kBlockColumns;
    const int64_t of_tile = s_.points() * (x_blocks_ * kBlockRows + y_blocks_ * kBlockColumns);
    most_tiles_ = std::min(s_.tiles(), std::max<int64_t>(kMostFloats / of_tile, 32));
    ranges_ = (s_.tiles() + most_tiles_ - 1) / most_tiles_;
    most_tiles_ = (s_.tiles() + ranges_ - 1) / ranges_;
    slots_ = std::min<int64_t>(TeamSize(), x_blocks_ * y_blocks_);

    v_stride_ = PointStride(most_tiles_ * kBlockRows);
    w_stride_ = PointStride(most_tiles_ * kBlockColumns);
    sum_stride_ = PointStride(kBlockRows * kBlockColumns);
    v_ = scratch_.Take(x_blocks_ * s_.points() * v_stride_);
    w_ = scratch_.Take(y_blocks_ * s_.points() * w_stride_);
    zeros_ = scratch_.Take(Zeros());
    // Of one range, a block's sums are done with before the next block's.
    const int64_t kept = ranges_ == 1 ? slots_ : x_blocks_ * y_blocks_;
    sums_ = scratch_.Take(kept * s_.points() * sum_stride_);
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }

  void Run(const void* const* inputs, void* const* results, void* scratch_memory) const override {
    const auto* x = static_cast<const T*>(inputs[0]);
    const auto* dy = static_cast<const T*>(inputs[1]);
    auto* dfilter = static_cast<T*>(results[0]);
    auto* scratch = static_cast<float*>(scratch_memory);
    std::fill_n(scratch + zeros_, Zeros(), 0.0f);
    const int64_t blocks = x_blocks_ * y_blocks_;
    for (int64_t range = 0; range < ranges_; ++range) {
      const int64_t first = s_.tiles() * range / ranges_;
      const int64_t tiles = s_.tiles() * (range + 1) / ranges_ - first;
      ParallelFor(tiles, 1, [&](int64_t begin, int64_t end) {
        for (int64_t t = begin; t < end; ++t) Transform(first + t, t, x, dy, scratch);
      });
      ParallelFor(slots_, 1, [&](int64_t begin, int64_t end) {
        for (int64_t slot = begin; slot < end; ++slot) {
          for (int64_t b = blocks * slot / slots_; b < blocks * (slot + 1) / slots_; ++b) {
            float* sums = scratch + sums_ + (ranges_ == 1 ? slot : b) * s_.points() * sum_stride_;
            SumUp(b % x_blocks_, b / x_blocks_, tiles, range > 0, scratch, sums);
            if (range + 1 == ranges_) Finish(b % x_blocks_, b / x_blocks_, x, dy, sums, dfilter);
          }
        }
      });
    }
  }

 private:
  int64_t Zeros() const {
    return std::max(WinogradShape::SquareSize(s_.x), WinogradShape::SquareSize(s_.y));
  }
  int64_t Rows(int64_t block) const {
    return std::min(kBlockRows, s_.x.channels - block * kBlockRows);
  }
  int64_t Columns(int64_t block) const {
    return std::min(kBlockColumns, s_.y.channels - block * kBlockColumns);
  }

  // Tile `tile`, which is number t of those that are there.
  void Transform(int64_t tile, int64_t t, const T* x, const T* dy, float* scratch) const {
    const int64_t row = tile / s_.tile_columns(), column = tile % s_.tile_columns();
    WinogradSquare<const T> square;
    s_.PointAtInput(x, row, column, reinterpret_cast<const T*>(scratch + zeros_), &square);
    for (int64_t b = 0; b < x_blocks_; ++b) {
      s_.spans<T>().input(square, static_cast<size_t>(Rows(b)),
                          scratch + v_ + b * s_.points() * v_stride_ + t * kBlockRows,
                          static_cast<size_t>(v_stride_));
      for (const T*& pixels : square.rows) pixels += kBlockRows;
    }
    s_.PointAtOutput(dy, row, column, reinterpret_cast<const T*>(scratch + zeros_), &square);
    for (int64_t b = 0; b < y_blocks_; ++b) {
      s_.spans<T>().output_gradient(square, static_cast<size_t>(Columns(b)),
                                    scratch + w_ + b * s_.points() * w_stride_ + t * kBlockColumns,
                                    static_cast<size_t>(w_stride_));
      for (const T*& pixels : square.rows) pixels += kBlockColumns;
    }
  }

  void SumUp(int64_t x_block, int64_t y_block, int64_t tiles, bool adds, const float* scratch,
             float* sums) const {
    const float* v = scratch + v_ + x_block * s_.points() * v_stride_;
    const float* w = scratch + w_ + y_block * s_.points() * w_stride_;
    const auto product = Spans().winograd_product;
    for (int64_t p = 0; p < s_.points(); ++p) {
      product(v + p * v_stride_, 1, kBlockRows, w + p * w_stride_, kBlockColumns, adds,
              sums + p * sum_stride_, kBlockColumns, static_cast<size_t>(Rows(x_block)),
              static_cast<size_t>(tiles), static_cast<size_t>(Pixels::RoundUp(Columns(y_block))));
    }
  }

  void Finish(int64_t x_block, int64_t y_block, const T* x, const T* dy, const float* sums,
              T* dfilter) const {
    const int64_t k = y_block * kBlockColumns;
    for (int64_t i = 0; i < Rows(x_block); ++i) {
      const int64_t c = x_block * kBlockRows + i;
      const bool finite = s_.spans<T>().filter_gradient(
          sums + i * kBlockColumns, static_cast<size_t>(sum_stride_), 0, 1,
          dfilter + c * s_.y.channels + k, static_cast<size_t>(s_.x.channels * s_.y.channels),
          static_cast<size_t>(Columns(y_block)));
      if (!finite) SumFilterGradient(s_, c, k, Columns(y_block), x, dy, dfilter);
    }
  }

  const WinogradShape s_;
  int64_t x_blocks_, y_blocks_;  // of the filter
  int64_t most_tiles_, ranges_;  // of tiles that are there at a time
  int64_t slots_;                // threads
  int64_t v_stride_, w_stride_, sum_stride_;
  ScratchPlan scratch_;
  int64_t v_, w_, zeros_, sums_;  // in the scratch
};

}  // namespace

std::unique_ptr<Step> MakeWinogradGradLargeFilter(const WinogradShape& shape, DataType type) {
  if (type == DataType::kFloat32) {
    return std::make_unique<WinogradGradLargeFilterStep<float>>(shape);
  }
  return std::make_unique<WinogradGradLargeFilterStep<uint16_t>>(shape);
}

}  // namespace mlcompute::portable
