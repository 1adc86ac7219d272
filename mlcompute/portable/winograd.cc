#include "mlcompute/portable/winograd.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "mlcompute/portable/joined_convolution.h"
#include "mlcompute/portable/winograd_tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kPanelWidth = 32;  // output channels of a product
constexpr int64_t kMostChunk = 64;   // output channels of which all points are there
// Of a block of tiles, by all points: a part of the second-level cache.
constexpr int64_t kBlockFloats = 600 * 1024 / 4;
constexpr int64_t kLeastTiles = 12, kMostTiles = 64;
constexpr double kFlopsWorthATeam = 4e6;

// y from x and a filter [3, 3, x's channels, y's channels].
template <typename T>
class WinogradStep : public Step {
 public:
  // `turns`: the step has the filter of the convolution of which this is the gradient.
  // `epilogue`: elementwise operations on y, or nullptr.
  WinogradStep(const WinogradShape& shape, bool turns, int x, int filter,
               std::unique_ptr<const Epilogue> epilogue)
      : s_(shape), turns_(turns), x_(x), filter_(filter), epilogue_(std::move(epilogue)) {
    const int64_t outputs = s_.y.Padded();
    chunk_ = std::min(outputs, kMostChunk);
    x_row_ = s_.x.Padded();
    if (x_row_ % 128 == 0) x_row_ += 16;
    u_stride_ = PointStride(s_.x.channels * outputs);

    const int64_t of_tile = s_.points() * (x_row_ + chunk_);
    const int64_t most = std::clamp(kBlockFloats / of_tile, kLeastTiles, kMostTiles);
    const int64_t team = s_.DirectFlops() < kFlopsWorthATeam ? 1 : TeamSize();
    columns_ = s_.tile_columns();
    segments_ = columns_ <= most + most / 4 ? 1 : (columns_ + most - 1) / most;
    const int64_t columns = (columns_ + segments_ - 1) / segments_;
    const int64_t rows = std::max<int64_t>(most / columns, 1);
    groups_ = std::min((s_.all_rows() + rows - 1) / rows, s_.all_rows());
    groups_ = std::min((groups_ + team - 1) / team * team, s_.all_rows());
    most_tiles_ = ((s_.all_rows() + groups_ - 1) / groups_) * columns;
    slots_ = std::min(team, groups_ * segments_);

    v_stride_ = PointStride(most_tiles_ * x_row_);
    m_stride_ = PointStride(most_tiles_ * chunk_);
    if (turns_) turned_ = scratch_.Take(kWinogradTaps * s_.x.channels * s_.y.channels);
    u_ = scratch_.Take(s_.points() * u_stride_);
    slot_ = scratch_.Take(0);
    v_ = slot_plan_.Take(s_.points() * v_stride_);
    m_ = slot_plan_.Take(s_.points() * m_stride_);
    zeros_ = slot_plan_.Take(WinogradShape::SquareSize(s_.x));
    if (epilogue_) {
      const int64_t lines = (s_.all_rows() + groups_ - 1) / groups_ * s_.tile;
      y_ = slot_plan_.Take(lines * LineSize());
    }
    for (int64_t i = 0; i < slots_; ++i) {
      scratch_.Take(static_cast<int64_t>(slot_plan_.bytes() / sizeof(float)));
    }
  }

  size_t scratch_bytes() const override { return scratch_.bytes(); }

  bool CanShare(int result, int input) const override {
    return epilogue_ && input != x_ && input != filter_ && epilogue_->CanShare(result, input);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch_memory) const override {
    const auto* x = static_cast<const T*>(inputs[x_]);
    const auto* filter = static_cast<const T*>(inputs[filter_]);
    auto* scratch = static_cast<float*>(scratch_memory);
    if (turns_) {
      auto* turned = reinterpret_cast<T*>(scratch + turned_);
      Turn(filter, turned);
      filter = turned;
    }
    TransformFilter(filter, scratch + u_);
    const auto of_slot = static_cast<int64_t>(slot_plan_.bytes() / sizeof(float));
    const int64_t blocks = groups_ * segments_;
    ParallelFor(slots_, 1, [&](int64_t begin, int64_t end) {
      std::optional<Epilogue::Worker> worker;
      if (epilogue_) worker.emplace(*epilogue_, inputs, results);
      for (int64_t slot = begin; slot < end; ++slot) {
        float* own = scratch + slot_ + slot * of_slot;
        std::fill_n(own + zeros_, WinogradShape::SquareSize(s_.x), 0.0f);
        for (int64_t b = blocks * slot / slots_; b < blocks * (slot + 1) / slots_; ++b) {
          const TileBlock block = Block(b);
          Fetcher fetcher =
              FetcherOf(block, b + 1, x, worker ? nullptr : static_cast<T*>(results[0]));
          if (!worker) {
            RunBlock(block, x, filter, scratch + u_, static_cast<T*>(results[0]), own, &fetcher);
            continue;
          }
          // Lines of the block have a place of their own, found as if y began somewhere before.
          const int64_t before = FirstLine(block.row) * LineSize();
          auto* lines = reinterpret_cast<T*>(own + y_);
          auto* y = reinterpret_cast<T*>(reinterpret_cast<uintptr_t>(lines) -
                                         static_cast<uintptr_t>(before) * sizeof(T));
          RunBlock(block, x, filter, scratch + u_, y, own, &fetcher);
          Finish(block, lines, &*worker);
        }
      }
    });
  }

 private:
  TileBlock Block(int64_t index) const {
    const int64_t group = index / segments_, segment = index % segments_;
    const int64_t row = s_.all_rows() * group / groups_;
    const int64_t column = columns_ * segment / segments_;
    return {row, s_.all_rows() * (group + 1) / groups_ - row, column,
            columns_ * (segment + 1) / segments_ - column};
  }

  // Of what block `next` reads, and of where this one writes.
  Fetcher FetcherOf(const TileBlock& block, int64_t next, const T* x, const T* y) const {
    const int64_t pieces = s_.points() * ((s_.y.channels + chunk_ - 1) / chunk_);
    ByteRange input{}, output{};
    if (next < groups_ * segments_ && Block(next).row != block.row) {
      input = s_.InputOf(x, Block(next).row, Block(next).rows);
    }
    if (y != nullptr && segments_ == 1) output = s_.OutputOf(y, block.row, block.rows);
    return Fetcher({output, input}, pieces);
  }

  int64_t LineSize() const { return s_.y.width * s_.y.channels; }
  // Of all images' lines, the first of a row of tiles.
  int64_t FirstLine(int64_t tile_row) const {
    return tile_row / s_.tile_rows() * s_.y.height + tile_row % s_.tile_rows() * s_.tile;
  }

  // The elementwise operations on a block of y.
  void Finish(const TileBlock& block, const T* y, Epilogue::Worker* worker) const {
    const int64_t first = FirstLine(block.row), last = FirstLine(block.row + block.rows);
    if (block.columns == columns_) {
      return worker->Run(first * LineSize(), (last - first) * LineSize(), y);
    }
    const int64_t left = block.column * s_.tile * s_.y.channels;
    const int64_t right =
        std::min((block.column + block.columns) * s_.tile, s_.y.width) * s_.y.channels;
    for (int64_t line = first; line < last; ++line, y += LineSize()) {
      worker->Run(line * LineSize() + left, right - left, y + left);
    }
  }

  // [3, 3, y, x] with the taps in reverse, from [3, 3, x, y].
  void Turn(const T* filter, T* to) const {
    constexpr int64_t kSize = sizeof(T);
    const int64_t rows = s_.y.channels, columns = s_.x.channels;
    const int64_t matrix = rows * columns;
    const int64_t grain = std::max<int64_t>((64 << 10) / matrix, 1);
    ParallelFor(kWinogradTaps, grain, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        Spans().transpose[kSize / 2](filter + t * matrix, columns * kSize,
                                     to + (kWinogradTaps - 1 - t) * matrix, rows * kSize,
                                     static_cast<size_t>(rows), static_cast<size_t>(columns));
      }
    });
  }

  // Of each point, panels of kPanelWidth output channels, the last perhaps narrower: a row for each
  // input channel.
  void TransformFilter(const T* filter, float* u) const {
    const int64_t rows = s_.x.channels, columns = s_.y.channels;
    const int64_t panels = (columns + kPanelWidth - 1) / kPanelWidth;
    ParallelFor(panels * rows, std::max<int64_t>(kGrainFilters / s_.points(), 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const int64_t panel = i / rows, row = i % rows;
                    const int64_t column = panel * kPanelWidth;
                    const int64_t width = std::min(kPanelWidth, columns - column);
                    s_.spans<T>().filter(filter + row * columns + column,
                                         static_cast<size_t>(rows * columns),
                                         static_cast<size_t>(width),
                                         u + column * rows + row * Pixels::RoundUp(width),
                                         static_cast<size_t>(u_stride_));
                  }
                });
  }

  void RunBlock(const TileBlock& block, const T* x, const T* filter, const float* u, T* y,
                float* own, Fetcher* fetcher) const {
    const int64_t tiles = block.count();
    for (int64_t t = 0; t < tiles; ++t) {
      WinogradSquare<const T> square;
      s_.PointAtInput(x, block.row + t / block.columns, block.column + t % block.columns,
                      reinterpret_cast<const T*>(own + zeros_), &square);
      s_.spans<T>().input(square, static_cast<size_t>(s_.x.channels), own + v_ + t * x_row_,
                          static_cast<size_t>(v_stride_));
    }
    std::vector<int64_t> bad;
    for (int64_t column = 0; column < s_.y.channels; column += chunk_) {
      const int64_t width = std::min(chunk_, s_.y.channels - column);
      const int64_t padded = Pixels::RoundUp(width);
      for (int64_t p = 0; p < s_.points(); ++p) {
        fetcher->FetchPiece();
        for (int64_t panel = 0; panel < padded; panel += kPanelWidth) {
          const int64_t n = std::min(kPanelWidth, padded - panel);
          Spans().winograd_product(own + v_ + p * v_stride_, static_cast<size_t>(x_row_), 1,
                                   u + p * u_stride_ + (column + panel) * s_.x.channels,
                                   static_cast<size_t>(n), false, own + m_ + p * m_stride_ + panel,
                                   static_cast<size_t>(padded), static_cast<size_t>(tiles),
                                   static_cast<size_t>(s_.x.channels), static_cast<size_t>(n));
        }
      }
      for (int64_t t = 0; t < tiles; ++t) {
        WinogradSquare<T> square;
        s_.PointAtOutput<T>(y + column, block.row + t / block.columns,
                            block.column + t % block.columns, nullptr, &square);
        const bool finite =
            s_.spans<T>().output(own + m_ + t * padded, static_cast<size_t>(m_stride_), square,
                                 static_cast<size_t>(width));
        if (!finite && (bad.empty() || bad.back() != t)) bad.push_back(t);
      }
    }
    for (const int64_t t : bad) {
      Directly(block.row + t / block.columns, block.column + t % block.columns, x, filter, y);
    }
  }

  // A tile, by the sum that defines it.
  void Directly(int64_t tile_row, int64_t tile_column, const T* x, const T* filter, T* y) const {
    Floats<T> matrices;
    SumTile(s_, tile_row, tile_column, x,
            matrices.Of(filter, kWinogradTaps * s_.x.channels * s_.y.channels), 0, s_.y.channels,
            y);
  }

  static constexpr int64_t kGrainFilters = 8 << 10;

  const WinogradShape s_;
  const bool turns_;
  const int x_, filter_;  // which inputs
  const std::unique_ptr<const Epilogue> epilogue_;
  int64_t chunk_, x_row_, u_stride_, v_stride_, m_stride_;
  // Blocks of tiles: groups of rows, cut into segments.
  int64_t columns_, segments_, groups_, most_tiles_;
  int64_t slots_;  // threads
  ScratchPlan scratch_, slot_plan_;
  int64_t turned_ = 0, u_, slot_;  // in the scratch
  int64_t v_, m_, zeros_, y_ = 0;  // in that of a slot
};

template <typename T>
std::unique_ptr<Step> Make(const WinogradShape& s, bool turns, int x, int filter) {
  return std::make_unique<WinogradStep<T>>(s, turns, x, filter, nullptr);
}

}  // namespace

template <typename T>
void SumTile(const WinogradShape& s, int64_t tile_row, int64_t tile_column, const T* x,
             const float* taps, int64_t k, int64_t n, T* y) {
  const int64_t image = tile_row / s.tile_rows();
  const int64_t row = tile_row % s.tile_rows() * s.tile, column = tile_column * s.tile;
  Floats<T> pixel;
  std::vector<float> sums(static_cast<size_t>(n));
  for (int64_t h = row; h < std::min(row + s.tile, s.y.height); ++h) {
    for (int64_t w = column; w < std::min(column + s.tile, s.y.width); ++w) {
      std::fill(sums.begin(), sums.end(), 0.0f);
      for (int64_t tap = 0; tap < kWinogradTaps; ++tap) {
        const int64_t i = h + tap / 3 - s.top, j = w + tap % 3 - s.left;
        if (i < 0 || i >= s.x.height || j < 0 || j >= s.x.width) continue;
        Spans().add_weighted(pixel.Of(x + s.x.At(image, i, j), s.x.channels), 1,
                             taps + tap * s.x.channels * n, static_cast<size_t>(n),
                             static_cast<size_t>(s.x.channels), sums.data(), sums.size());
      }
      FromFloats(sums, y + s.y.At(image, h, w) + k);
    }
  }
}

template void SumTile(const WinogradShape&, int64_t, int64_t, const float*, const float*, int64_t,
                      int64_t, float*);
template void SumTile(const WinogradShape&, int64_t, int64_t, const uint16_t*, const float*,
                      int64_t, int64_t, uint16_t*);

std::unique_ptr<Step> MakeWinograd(const OperationView& view, int64_t tile) {
  WinogradShape s;
  if (!ReadWinogradShape(view, tile, &s)) return nullptr;
  const bool turns = view.op() == Op::kConvolutionGradInput;
  // Element h of x met h + top - tap of y: the padding that is left of the filter's two.
  if (turns) s = {s.batch, s.y, s.x, 2 - s.top, 2 - s.left, s.tile};
  const int x = turns ? 1 : 0, filter = 1 - x;
  if (HasLargeFilter(s)) {
    return MakeWinogradLargeFilter(s, turns, x, filter, view.results[0].dtype);
  }
  return view.results[0].dtype == DataType::kFloat32 ? Make<float>(s, turns, x, filter)
                                                     : Make<uint16_t>(s, turns, x, filter);
}

std::unique_ptr<Step> MakeJoinedWinograd(const JoinedConvolution& joined, int64_t tile) {
  WinogradShape s;
  if (!ReadWinogradShape(joined.view, tile, &s)) return nullptr;
  const auto make = [&](auto zero) -> std::unique_ptr<Step> {
    return std::make_unique<WinogradStep<decltype(zero)>>(s, false, joined.x, joined.filter,
                                                          joined.MakeEpilogue());
  };
  return joined.view.results[0].dtype == DataType::kFloat32 ? make(float()) : make(uint16_t());
}

}  // namespace mlcompute::portable
