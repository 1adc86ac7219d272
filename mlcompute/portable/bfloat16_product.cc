#include "mlcompute/portable/bfloat16_product.h"

#include <algorithm>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/product_tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kDepth = 192;           // pairs of rows of a block
constexpr int64_t kMostA = 96 << 10;      // pairs of a that are interleaved together
constexpr int64_t kMostSums = 256 << 10;  // of a group of tiles that is not done after one block
constexpr int64_t kStoredPanels = 4;      // whose results are stored together where it is
constexpr int64_t kLine = 16;             // elements of four bytes

int64_t Ceiling(int64_t n, int64_t unit) { return (n + unit - 1) / unit; }

class BFloat16ProductStep : public Step {
 public:
  BFloat16ProductStep(const BFloat16ProductShape& s, ProductSplit split)
      : s_(s),
        split_(split),
        pairs_(Ceiling(s.k, 2)),
        tile_count_(Ceiling(s.m, kTileRows)),
        panel_count_(Ceiling(s.n, kTileColumns)),
        parts_(std::min<int64_t>(TeamSize(), split == ProductSplit::kRows      ? tile_count_
                                             : split == ProductSplit::kColumns ? panel_count_
                                                                               : pairs_)),
        depth_(std::min(kDepth, MostOf(ProductSplit::kDepth, pairs_))),
        is_one_block_(split != ProductSplit::kDepth && depth_ == pairs_),
        sum_row_(kTileColumns *
                 (is_one_block_ ? kStoredPanels : MostOf(ProductSplit::kColumns, panel_count_))),
        group_(GroupOf()),
        // An odd number of lines, so that rows are spread over the cache.
        a_row_((Ceiling(group_ * kTileRows, 2 * kLine) * 2 + 1) * kLine),
        tiles_({s.m, s.n, 1, a_row_, 0, 0, sum_row_, 1, kTileColumns, true}, false),
        own_b_(depth_ * a_row_),
        own_sums_(own_b_ + depth_ * kTileColumns),
        own_(own_sums_ + (split == ProductSplit::kDepth ? s.m : group_ * kTileRows) * sum_row_) {}

  bool Ok() const { return tiles_.Ok(); }

  size_t scratch_bytes() const override {
    return static_cast<size_t>(parts_ * own_) * sizeof(float);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto* a = static_cast<const uint16_t*>(inputs[0]);
    const auto* b = static_cast<const uint16_t*>(inputs[1]);
    auto* c = static_cast<uint16_t*>(results[0]);
    auto* memory = static_cast<float*>(scratch);
    ParallelFor(parts_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) RunPart(part, a, b, c, memory + part * own_);
    });
    if (split_ == ProductSplit::kDepth) AddParts(memory, c);
  }

 private:
  // The largest part of `n` units of what is split.
  int64_t MostOf(ProductSplit split, int64_t n) const {
    return split == split_ ? Ceiling(n, parts_) : n;
  }
  Range PartOf(ProductSplit split, int64_t n, int64_t part) const {
    return split == split_ ? Range(n, part, parts_) : Range(n, 0, 1);
  }
  // Tiles, of which a block of a is interleaved before they run.
  int64_t GroupOf() const {
    int64_t most = kMostA / (depth_ * kTileRows);
    if (!is_one_block_ && split_ != ProductSplit::kDepth) {
      most = std::min(most, kMostSums / (sum_row_ * kTileRows));
    }
    return std::clamp<int64_t>(most, 1, MostOf(ProductSplit::kRows, tile_count_));
  }

  void RunPart(int64_t part, const uint16_t* a, const uint16_t* b, uint16_t* c, float* own) const {
    const Range tiles = PartOf(ProductSplit::kRows, tile_count_, part);
    const Range panels = PartOf(ProductSplit::kColumns, panel_count_, part);
    const Range pairs = PartOf(ProductSplit::kDepth, pairs_, part);
    const int64_t blocks = Ceiling(pairs.size(), depth_);
    for (int64_t first = tiles.begin; first < tiles.end; first += group_) {
      const int64_t last = std::min(first + group_, tiles.end);
      float* sums = own + own_sums_;
      if (split_ == ProductSplit::kDepth) sums += tiles_.FirstRow(first) * sum_row_;
      for (int64_t q = 0; q < blocks; ++q) {
        const Range block = pairs.Part(q, blocks);
        Pair(a, s_.m, block, tiles_.FirstRow(first), tiles_.FirstRow(last), own, a_row_);
        int64_t stored = panels.begin;  // panels before it are
        for (int64_t panel = panels.begin; panel < panels.end; ++panel) {
          const int64_t column = panel * kTileColumns;
          const int64_t end = std::min(column + kTileColumns, s_.n);
          Pair(b, s_.n, block, column, end, own + own_b_, TileWidth(end - column));
          RunPanel(block.size(), first, last, panel, q > 0, own,
                   sums + (panel - stored) * kTileColumns);
          const bool is_due = is_one_block_ && panel + 1 - stored == kStoredPanels;
          const bool is_last = panel + 1 == panels.end && q + 1 == blocks;
          if (split_ != ProductSplit::kDepth && (is_due || is_last)) {
            Store(sums, first, last, stored, panel + 1, c);
            stored = panel + 1;
          }
        }
      }
    }
  }

  // Columns [begin, end) of a block of a or b, which have `row` of them.
  void Pair(const uint16_t* x, int64_t row, const Range& block, int64_t begin, int64_t end,
            float* to, int64_t to_row) const {
    const int64_t first = 2 * block.begin, last = std::min(2 * block.end, s_.k);
    Spans().pair_rows(x + first * row + begin, static_cast<size_t>(row),
                      static_cast<size_t>(last - first), static_cast<size_t>(end - begin), to,
                      static_cast<size_t>(to_row));
  }

  // The tiles of a group by a panel. sums: of the group's first row and the panel's first column.
  void RunPanel(int64_t pairs, int64_t first, int64_t last, int64_t panel, bool adds,
                const float* own, float* sums) const {
    TileRun run = {};
    run.b = own + own_b_;
    run.k = pairs;
    run.adds = adds;
    for (int64_t tile = first; tile < last; ++tile) {
      const int64_t row = tiles_.FirstRow(tile) - tiles_.FirstRow(first);
      run.a = own + row;
      run.c = sums + row * sum_row_;
      tiles_.RunAt(tile, panel, false, run);
    }
  }

  // Panels [begin, end) of a group's rows.
  void Store(const float* sums, int64_t first, int64_t last, int64_t begin, int64_t end,
             uint16_t* c) const {
    const int64_t column = begin * kTileColumns;
    const auto columns = static_cast<size_t>(std::min(end * kTileColumns, s_.n) - column);
    for (int64_t row = tiles_.FirstRow(first); row < tiles_.FirstRow(last); ++row) {
      Spans().to_bfloat16(sums, c + row * s_.n + column, columns);
      sums += sum_row_;
    }
  }

  void AddParts(float* memory, uint16_t* c) const {
    constexpr int64_t kGrain = 16 << 10;
    ParallelFor(s_.m, Ceiling(kGrain, s_.n), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        float* sums = memory + own_sums_ + row * sum_row_;
        for (int64_t part = 1; part < parts_; ++part) {
          Spans().binary[static_cast<int>(Op::kAdd)](sums, sums + part * own_, sums,
                                                     static_cast<size_t>(s_.n));
        }
        Spans().to_bfloat16(sums, c + row * s_.n, static_cast<size_t>(s_.n));
      }
    });
  }

  const BFloat16ProductShape s_;
  const ProductSplit split_;
  const int64_t pairs_;  // of rows of a and b
  const int64_t tile_count_, panel_count_;
  const int64_t parts_;
  const int64_t depth_;  // pairs of a block, at most
  const bool is_one_block_;
  const int64_t sum_row_;  // elements from one row of sums to the next
  const int64_t group_;    // tiles
  const int64_t a_row_;    // elements from one interleaved row of a to the next
  const ProductTiles tiles_;
  const int64_t own_b_, own_sums_, own_;  // of a part's scratch, in elements of four bytes
};

}  // namespace

ProductSplit SplitOf(const BFloat16ProductShape& s, int64_t threads) {
  // Cycles, as in tiled_product.cc: to read and interleave an element that other threads do too, to
  // add one of another thread's sums, to wait for that.
  constexpr double kPair = 0.2, kAdd = 1.5, kWait = 10e3;
  const auto m = static_cast<double>(s.m), k = static_cast<double>(s.k);
  const auto n = static_cast<double>(s.n);
  const double ideal = m * k * n / (4 * kTileLanes) / static_cast<double>(threads);
  // What the largest share of a thread takes longer than an equal one.
  const auto uneven = [&](int64_t units) {
    const int64_t most = Ceiling(units, threads);
    return ideal * (static_cast<double>(most * threads) / static_cast<double>(units) - 1);
  };
  const double rows = uneven(Ceiling(s.m, kTileRows)) + kPair * k * n;
  const double columns = uneven(Ceiling(s.n, kTileColumns)) + kPair * k * m;
  const double depth = s.m * s.n <= kMostSums ? kAdd * m * n + kWait : rows + columns;
  if (depth < std::min(rows, columns)) return ProductSplit::kDepth;
  return rows <= columns ? ProductSplit::kRows : ProductSplit::kColumns;
}

std::unique_ptr<Step> MakeBFloat16Product(const BFloat16ProductShape& shape, ProductSplit split) {
  auto step = std::make_unique<BFloat16ProductStep>(shape, split);
  if (!step->Ok()) return nullptr;
  return step;
}

std::unique_ptr<Step> MakeBFloat16Product(const OperationView& view) {
  // With fewer rows oneDNN is as fast, near the processor's peak.
  constexpr int64_t kLeastRows = 256;
  constexpr double kFlopsWorthATeam = 1e7;
  const TensorType &a = view.inputs[0], &b = view.inputs[1];
  if (a.dtype != DataType::kBFloat16 || !view.attributes().Bool("transpose_a") ||
      view.attributes().Bool("transpose_b") || a.elements() == 0 || b.elements() == 0 ||
      ProductsOfBFloat16() != BFloat16Products::kDots) {
    return nullptr;
  }
  const BFloat16ProductShape s = {a.shape[a.shape.rank() - 1], a.shape[a.shape.rank() - 2],
                                  b.shape[b.shape.rank() - 1]};
  const double flops =
      2 * static_cast<double>(s.m) * static_cast<double>(s.k) * static_cast<double>(s.n);
  if (a.elements() != s.m * s.k || b.elements() != s.k * s.n || s.k < kLeastRows ||
      flops < kFlopsWorthATeam) {
    return nullptr;
  }
  return MakeBFloat16Product(s, SplitOf(s, TeamSize()));
}

}  // namespace mlcompute::portable
