#include <algorithm>
#include <vector>

#include "mlcompute/portable/winograd.h"
#include "mlcompute/portable/winograd_tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kBlockFloats = 500 * 1024 / 4;  // of the points of a block of tiles
constexpr int64_t kLeastTiles = 48, kMostTiles = 96;
constexpr int64_t kMostParts = 16;
constexpr int64_t kMostPartsFloats = 6 << 20;  // sums of all parts
constexpr double kFlopsWorthATeam = 4e6;

// Tiles are added up in parts, which do not depend on the number of threads, and the parts' sums in
// order.
template <typename T>
class WinogradGradFilterStep : public Step {
 public:
  explicit WinogradGradFilterStep(const WinogradShape& shape) : s_(shape) {
    x_row_ = s_.x.Padded();
    y_row_ = s_.y.Padded();
    const int64_t of_tile = s_.points() * (x_row_ + y_row_);
    const int64_t most = std::clamp(kBlockFloats / of_tile, kLeastTiles, kMostTiles);
    columns_ = s_.tile_columns();
    segments_ = columns_ <= most + most / 4 ? 1 : (columns_ + most - 1) / most;
    const int64_t columns = (columns_ + segments_ - 1) / segments_;
    rows_ = std::min(std::max<int64_t>(most / columns, 1), s_.all_rows());

    sum_stride_ = PointStride(s_.x.channels * y_row_);
    part_floats_ = s_.points() * sum_stride_;
    const int64_t blocks = (s_.all_rows() + rows_ - 1) / rows_;
    parts_ = std::clamp<int64_t>(kMostPartsFloats / part_floats_, 2, kMostParts);
    parts_ = std::min(parts_, blocks);
    slots_ = s_.DirectFlops() < kFlopsWorthATeam ? 1 : std::min<int64_t>(TeamSize(), parts_);

    v_stride_ = PointStride(rows_ * columns * x_row_);
    w_stride_ = PointStride(rows_ * columns * y_row_);
    sums_ = scratch_.Take(parts_ * part_floats_);
    slot_ = scratch_.Take(0);
    v_ = slot_plan_.Take(s_.points() * v_stride_);
    w_ = slot_plan_.Take(s_.points() * w_stride_);
    zeros_ = slot_plan_.Take(Zeros());
    for (int64_t i = 0; i < slots_; ++i) {
      scratch_.Take(static_cast<int64_t>(slot_plan_.bytes() / sizeof(float)));
    }
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }

  void Run(const void* const* inputs, void* const* results, void* scratch_memory) const override {
    const auto* x = static_cast<const T*>(inputs[0]);
    const auto* dy = static_cast<const T*>(inputs[1]);
    auto* dfilter = static_cast<T*>(results[0]);
    auto* scratch = static_cast<float*>(scratch_memory);
    const auto of_slot = static_cast<int64_t>(slot_plan_.bytes() / sizeof(float));
    ParallelFor(slots_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t slot = begin; slot < end; ++slot) {
        float* own = scratch + slot_ + slot * of_slot;
        std::fill_n(own + zeros_, Zeros(), 0.0f);
        for (int64_t p = parts_ * slot / slots_; p < parts_ * (slot + 1) / slots_; ++p) {
          RunPart(p, x, dy, scratch + sums_ + p * part_floats_, own);
        }
      }
    });
    const int64_t grain = std::max<int64_t>((64 << 10) / (s_.points() * parts_ * s_.y.channels), 1);
    ParallelFor(
        s_.x.channels, slots_ == 1 ? s_.x.channels : grain, [&](int64_t begin, int64_t end) {
          for (int64_t c = begin; c < end; ++c) {
            const bool finite = s_.spans<T>().filter_gradient(
                scratch + sums_ + c * y_row_, static_cast<size_t>(sum_stride_),
                static_cast<size_t>(part_floats_), static_cast<size_t>(parts_),
                dfilter + c * s_.y.channels, static_cast<size_t>(s_.x.channels * s_.y.channels),
                static_cast<size_t>(s_.y.channels));
            if (!finite) SumFilterGradient(s_, c, 0, s_.y.channels, x, dy, dfilter);
          }
        });
  }

 private:
  int64_t Zeros() const {
    return std::max(WinogradShape::SquareSize(s_.x), WinogradShape::SquareSize(s_.y));
  }

  void RunPart(int64_t part, const T* x, const T* dy, float* sums, float* own) const {
    const int64_t end = s_.all_rows() * (part + 1) / parts_;
    bool adds = false;
    for (int64_t row = s_.all_rows() * part / parts_; row < end; row += rows_) {
      const int64_t rows = std::min(rows_, end - row);
      // The next rows, perhaps of the next part. The last ones fetch nothing.
      const int64_t next = std::min(row + rows, s_.all_rows() - 1);
      const int64_t next_rows = std::min(rows_, s_.all_rows() - row - rows);
      Fetcher fetcher({}, 1);
      if (next_rows > 0) {
        fetcher = Fetcher({s_.InputOf(x, next, next_rows), s_.OutputOf(dy, next, next_rows)},
                          s_.points() * segments_);
      }
      for (int64_t segment = 0; segment < segments_; ++segment) {
        const int64_t column = columns_ * segment / segments_;
        RunBlock({row, rows, column, columns_ * (segment + 1) / segments_ - column}, x, dy, adds,
                 sums, own, &fetcher);
        adds = true;
      }
    }
  }

  void RunBlock(const TileBlock& block, const T* x, const T* dy, bool adds, float* sums, float* own,
                Fetcher* fetcher) const {
    const auto* zeros = reinterpret_cast<const T*>(own + zeros_);
    const int64_t tiles = block.count();
    WinogradSquare<const T> square;
    for (int64_t t = 0; t < tiles; ++t) {
      const int64_t row = block.row + t / block.columns, column = block.column + t % block.columns;
      s_.PointAtInput(x, row, column, zeros, &square);
      s_.spans<T>().input(square, static_cast<size_t>(s_.x.channels), own + v_ + t * x_row_,
                          static_cast<size_t>(v_stride_));
      s_.PointAtOutput(dy, row, column, zeros, &square);
      s_.spans<T>().output_gradient(square, static_cast<size_t>(s_.y.channels),
                                    own + w_ + t * y_row_, static_cast<size_t>(w_stride_));
    }
    for (int64_t p = 0; p < s_.points(); ++p) {
      fetcher->FetchPiece();
      Spans().winograd_product(own + v_ + p * v_stride_, 1, static_cast<size_t>(x_row_),
                               own + w_ + p * w_stride_, static_cast<size_t>(y_row_), adds,
                               sums + p * sum_stride_, static_cast<size_t>(y_row_),
                               static_cast<size_t>(s_.x.channels), static_cast<size_t>(tiles),
                               static_cast<size_t>(y_row_));
    }
  }

  const WinogradShape s_;
  int64_t x_row_, y_row_, v_stride_, w_stride_, sum_stride_, part_floats_;
  int64_t columns_, segments_, rows_;  // blocks of tiles: rows_ of them, cut into segments
  int64_t parts_, slots_;              // slots: threads
  ScratchPlan scratch_, slot_plan_;
  int64_t sums_, slot_;    // in the scratch
  int64_t v_, w_, zeros_;  // in that of a slot
};

}  // namespace

template <typename T>
void SumFilterGradient(const WinogradShape& s, int64_t c, int64_t k, int64_t n, const T* x,
                       const T* dy, T* dfilter) {
  Floats<T> pixels, gradients;
  std::vector<float> sums(static_cast<size_t>(n));
  for (int64_t tap = 0; tap < kWinogradTaps; ++tap) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    const int64_t down = tap / 3 - s.top, aside = tap % 3 - s.left;
    const int64_t first = std::max<int64_t>(0, -aside);
    const int64_t count = std::min(s.y.width, s.x.width - aside) - first;
    for (int64_t image = 0; image < s.batch && count > 0; ++image) {
      for (int64_t h = 0; h < s.y.height; ++h) {
        if (h + down < 0 || h + down >= s.x.height) continue;
        const float* const weights = pixels.Of(x + s.x.At(image, h + down, first + aside) + c,
                                               (count - 1) * s.x.channels + 1);
        const float* const rows =
            gradients.Of(dy + s.y.At(image, h, first) + k, (count - 1) * s.y.channels + n);
        Spans().add_weighted(weights, static_cast<size_t>(s.x.channels), rows,
                             static_cast<size_t>(s.y.channels), static_cast<size_t>(count),
                             sums.data(), sums.size());
      }
    }
    FromFloats(sums, dfilter + (tap * s.x.channels + c) * s.y.channels + k);
  }
}

template void SumFilterGradient(const WinogradShape&, int64_t, int64_t, int64_t, const float*,
                                const float*, float*);
template void SumFilterGradient(const WinogradShape&, int64_t, int64_t, int64_t, const uint16_t*,
                                const uint16_t*, uint16_t*);

std::unique_ptr<Step> MakeWinogradGradFilter(const OperationView& view, int64_t tile) {
  WinogradShape s;
  if (!ReadWinogradShape(view, tile, &s)) return nullptr;
  const DataType type = view.results[0].dtype;
  if (IsLargeFilter(s)) return MakeWinogradGradLargeFilter(s, type);
  if (type == DataType::kFloat32) return std::make_unique<WinogradGradFilterStep<float>>(s);
  return std::make_unique<WinogradGradFilterStep<uint16_t>>(s);
}

}  // namespace mlcompute::portable
