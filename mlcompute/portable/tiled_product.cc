#include "mlcompute/portable/tiled_product.h"

#include <algorithm>

#include "mlcompute/portable/bfloat16_product.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/product_tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kUnit = 16;          // floats of a line of the cache
constexpr int64_t kLines = 2 * kUnit;  // what a tile fetches at once
constexpr int64_t kGroup = 4;          // steps of k after which it does

int64_t RoundUp(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// Rows so far apart lie in the same few lines of the first-level cache.
bool Conflict(int64_t row) { return row % 1024 == 0; }

class TiledProductStep : public Step {
 public:
  TiledProductStep(const ProductShape& s, const ProductPlan& plan)
      : s_(s),
        plan_(plan),
        copies_a_(!s.transpose_a && Conflict(s.k)),
        depth_(std::min(plan.depth, s.k)),
        a_row_(s.transpose_a ? 1 : s.k),
        a_column_(s.transpose_a ? s.m : 1),
        b_row_(s.transpose_b ? 1 : s.n),
        b_column_(s.transpose_b ? s.k : 1),
        geometry_(Geometry()),
        tiles_(geometry_, plan.panels_first && !s.transpose_b) {
    const int64_t threads = TeamSize();
    parts_ = std::min(threads, plan.split == ProductSplit::kRows      ? tiles_.tiles()
                               : plan.split == ProductSplit::kColumns ? tiles_.panels()
                                                                      : s.k);
    // Of a part: b, a, and what it sums up. Each thread packs b for itself: with one pack for all,
    // products of few rows were slower when repeated than with operands out of the caches.
    own_a_ = plan.panels_first ? kTileColumns * depth_
                               : tiles_.PackedAt(tiles_.panels(), PacksAll() ? s.k : depth_);
    own_c_ = own_a_ + (copies_a_ ? (plan.panels_first ? s.m : kTileRows) * CopiedRow() : 0);
    own_ = own_c_ + (plan.split == ProductSplit::kDepth ? RoundUp(s.m * s.n, kUnit) : 0);
  }

  bool Ok() const { return tiles_.Ok(); }

  size_t scratch_bytes() const override {
    return static_cast<size_t>(parts_ * own_) * sizeof(float);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch_memory) const override {
    const auto* a = static_cast<const float*>(inputs[0]);
    const auto* b = static_cast<const float*>(inputs[1]);
    auto* c = static_cast<float*>(results[0]);
    auto* scratch = static_cast<float*>(scratch_memory);
    ParallelFor(parts_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        float* own = scratch + part * own_;
        const auto share = [&](ProductSplit split, int64_t n) {
          return split == plan_.split ? Range(n, part, parts_) : Range(n, 0, 1);
        };
        const Range k = share(ProductSplit::kDepth, s_.k);
        float* sums = k.begin == 0 ? c : own + own_c_;
        if (plan_.panels_first) {
          RunPanels(a, b, sums, k, share(ProductSplit::kColumns, tiles_.panels()), own);
        } else {
          RunRows(a, b, sums, k, share(ProductSplit::kRows, tiles_.tiles()), own);
        }
      }
    });
    if (plan_.split == ProductSplit::kDepth && parts_ > 1) AddSums(scratch, c);
  }

 private:
  ProductTiles::Geometry Geometry() const {
    ProductTiles::Geometry g = {s_.m,      s_.n,   copies_a_ ? CopiedRow() : a_row_,
                                a_column_, b_row_, b_column_,
                                s_.n,      1,      kLines};
    if (plan_.panels_first) {
      if (s_.transpose_b) return g;
      g.fetch_stride = s_.n;
      g.fetch_rows = s_.m > 5 * kTileRows ? 1 : s_.m > 3 * kTileRows ? 2 : 4;
    } else if (s_.transpose_a) {
      g.fetch_stride = s_.m;
      g.fetch_rows = 2;
    }
    return g;
  }

  int64_t CopiedRow() const { return RoundUp(depth_, kUnit) + kUnit; }

  int64_t Blocks(int64_t k) const { return (k + depth_ - 1) / depth_; }

  const float* A(const float* a, int64_t row, int64_t k) const {
    return a + row * a_row_ + k * a_column_;
  }

  void CopyA(const float* a, int64_t k, int64_t rows, float* to) const {
    for (int64_t i = 0; i < rows; ++i) std::copy_n(a + i * s_.k, k, to + i * CopiedRow());
  }

  // Block `q` of the products of `all`.
  Range Block(const Range& all, int64_t q) const { return all.Part(q, Blocks(all.size())); }

  bool PacksAll() const { return plan_.split == ProductSplit::kRows; }

  void PackBlock(const float* b, const Range& k, float* to) const {
    for (int64_t panel = 0; panel < tiles_.panels(); ++panel) {
      tiles_.Pack(b + k.begin * b_row_, panel, k.size(), to + tiles_.PackedAt(panel, k.size()));
    }
  }

  void RunRows(const float* a, const float* b, float* c, const Range& all, const Range& tiles,
               float* own) const {
    const int64_t blocks = Blocks(all.size());
    if (!PacksAll()) {
      for (int64_t q = 0; q < blocks; ++q) {
        const Range k = Block(all, q);
        PackBlock(b, k, own);
        for (int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
          RunTile(a, own, c, k, tile, tile + 1 < tiles.end, q > 0, own);
        }
      }
      return;
    }
    const auto packed = [&](const Range& k) {
      return own + tiles_.PackedAt(tiles_.panels(), k.begin);
    };
    for (int64_t q = 0; q < blocks; ++q) PackBlock(b, Block(all, q), packed(Block(all, q)));
    for (int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
      for (int64_t q = 0; q < blocks; ++q) {
        const Range k = Block(all, q);
        RunTile(a, packed(k), c, k, tile, tile + 1 < tiles.end, q > 0, own);
      }
    }
  }

  // What is still to be fetched: `left` times two lines.
  struct Fetch {
    const float* from;
    int64_t stride, left;
    int64_t a_time;  // see TileShape::fetch_rows
  };

  // Lets a call fetch as much as it has the time for.
  void Take(Fetch* fetch, int64_t tile, TileRun* run) const {
    int64_t groups = run->k / kGroup;
    if (run->fetches_c) groups -= std::min(groups, (tiles_.Rows(tile) + 1) / 2);
    groups = std::min(groups, (fetch->left + fetch->a_time - 1) / fetch->a_time);
    run->fetch = fetch->from;
    run->fetch_groups = groups;
    fetch->from += groups * fetch->a_time * fetch->stride;
    fetch->left = std::max<int64_t>(fetch->left - groups * fetch->a_time, 0);
  }

  // A tile's rows through all panels of a block of b.
  void RunTile(const float* a, const float* packed, float* c, const Range& k, int64_t tile,
               bool has_next, bool adds, float* own) const {
    const int64_t row = tiles_.FirstRow(tile);
    TileRun run = {};
    run.a = A(a, row, k.begin);
    if (copies_a_) {
      CopyA(run.a, k.size(), tiles_.Rows(tile), own + own_a_);
      run.a = own + own_a_;
    }
    run.c = c + row * s_.n;
    run.k = k.size();
    run.adds = adds;
    run.fetches_c = !adds || !PacksAll();
    // Of the next tile's part of a: its columns, or this block's share of its rows.
    Fetch fetch = {a, geometry_.fetch_stride, 0, geometry_.fetch_rows};
    if (has_next && s_.transpose_a) {
      fetch.from = A(a, row + tiles_.Rows(tile), k.begin);
      fetch.left = k.size();
    } else if (has_next && PacksAll()) {
      const int64_t rows = tiles_.Rows(tile + 1);
      fetch.from = a + (row + tiles_.Rows(tile)) * s_.k + rows * k.begin;
      fetch.left = rows * k.size() / kLines + 1;
    }
    for (int64_t panel = 0; panel < tiles_.panels(); ++panel) {
      run.b = packed + tiles_.PackedAt(panel, k.size());
      Take(&fetch, tile, &run);
      tiles_.Run(tile, panel, false, run);
    }
  }

  void RunPanels(const float* a, const float* b, float* c, const Range& all, const Range& panels,
                 float* own) const {
    const int64_t blocks = Blocks(all.size());
    for (int64_t q = 0; q < blocks; ++q) {
      const Range k = Block(all, q);
      if (copies_a_) CopyA(a + k.begin, k.size(), s_.m, own + own_a_);
      for (int64_t panel = panels.begin; panel < panels.end; ++panel) {
        const bool is_last = panel + 1 == panels.end;
        const int64_t next_k = is_last ? k.end : k.begin;
        const int64_t next_panel = is_last ? panels.begin : panel + 1;
        Fetch fetch = {b + next_k * b_row_ + next_panel * kTileColumns * b_column_,
                       geometry_.fetch_stride, 0, geometry_.fetch_rows};
        if (next_k < all.end && !s_.transpose_b) {
          fetch.left = k.size();
        } else if (next_k < all.end && k.size() == s_.k) {
          fetch.left = s_.k * kTileColumns / kLines;  // rows that follow each other
        }
        RunPanel(a, b, c, k, panel, fetch, q > 0, own);
      }
    }
  }

  // All rows of a through a panel of a block of b, whose first tile keeps it in `own`.
  void RunPanel(const float* a, const float* b, float* c, const Range& k, int64_t panel, Fetch next,
                bool adds, float* own) const {
    if (s_.transpose_b) tiles_.Pack(b + k.begin * b_row_, panel, k.size(), own);
    Fetch nothing = {b, 0, 0, 1};
    TileRun run = {};
    run.k = k.size();
    run.adds = adds;
    run.kept = own;
    run.fetches_c = 1;
    for (int64_t tile = 0; tile < tiles_.tiles(); ++tile) {
      const int64_t row = tiles_.FirstRow(tile);
      const bool keeps = !s_.transpose_b && tile == 0;
      run.a = copies_a_ ? own + own_a_ + row * CopiedRow() : A(a, row, k.begin);
      run.b = keeps ? b + k.begin * b_row_ + panel * kTileColumns : own;
      run.c = c + row * s_.n;
      // The first tile waits for memory as it is.
      Take(keeps && tiles_.tiles() > 1 ? &nothing : &next, tile, &run);
      tiles_.Run(tile, panel, keeps, run);
    }
  }

  void AddSums(const float* first, float* c) const {
    constexpr int64_t kGrain = 16 << 10;
    ParallelFor(s_.m * s_.n, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; at += kGrain / 8) {
        const int64_t n = std::min(kGrain / 8, end - at);
        for (int64_t part = 1; part < parts_; ++part) {
          Spans().binary[static_cast<int>(Op::kAdd)](c + at, first + part * own_ + own_c_ + at,
                                                     c + at, static_cast<size_t>(n));
        }
      }
    });
  }

  const ProductShape s_;
  const ProductPlan plan_;
  const bool copies_a_;
  const int64_t depth_;
  const int64_t a_row_, a_column_, b_row_, b_column_;
  const ProductTiles::Geometry geometry_;
  const ProductTiles tiles_;
  int64_t parts_;
  int64_t own_, own_a_, own_c_;  // of the scratch, in floats
};

}  // namespace

std::optional<ProductPlan> PlanOf(const ProductShape& s, int64_t threads) {
  constexpr int64_t kDepth = 512;
  constexpr int64_t kMostFloats = 256 << 10;  // of what has to stay in the second-level cache
  // Cycles for what is not multiplication, estimated so that the choices agree with timings of
  // whole products on a Zen 4, two threads: to read and pack an element of b, to read one that
  // another thread reads too, to add one of another thread's sums, to wait for that.
  constexpr double kPack = 0.3, kTransposed = 1, kRead = 1, kAdd = 1.5, kWait = 10e3;
  // Of what multiplication takes: more is not worth it, and oneDNN has more ways to share work out.
  constexpr double kWorst = 1.4;
  constexpr double kMostTransposition = 0.25;
  // Cycles a thread has for each element. With more there is time enough to wait for memory.
  constexpr double kMostWork = 8;

  const double pack = !s.transpose_b ? kPack : Conflict(s.k) ? 4 * kTransposed : kTransposed;
  const auto m = static_cast<double>(s.m), k = static_cast<double>(s.k);
  const auto n = static_cast<double>(TileWidth(s.n));
  const double ideal = m * k * n / kTileLanes / static_cast<double>(threads);
  if (ideal > kMostWork * (m * k + k * n + m * n)) return std::nullopt;
  // The largest share of a thread, in equal ones.
  const auto uneven = [&](int64_t units) {
    const int64_t most = (units + threads - 1) / threads;
    return static_cast<double>(most * threads) / static_cast<double>(units);
  };
  const bool b_fits = s.k * s.n <= kMostFloats;
  const bool a_block_fits = s.m * std::min(kDepth, s.k) <= kMostFloats;
  const bool b_block_fits = s.n * std::min(kDepth, s.k) <= kMostFloats;

  std::optional<ProductPlan> best;
  double least = kWorst * ideal * static_cast<double>(s.n) / n;
  const auto offer = [&](const ProductPlan& plan, double cycles) {
    if (cycles > least) return;
    least = cycles;
    best = plan;
  };
  if (b_fits) {
    offer({ProductSplit::kRows, false, kDepth},
          ideal * uneven((s.m + kTileRows - 1) / kTileRows) + (pack + kRead) * k * n);
  }
  const double own_pack = s.transpose_b ? pack * k * n / static_cast<double>(threads) : 0;
  if (own_pack > kMostTransposition * ideal) return best;
  if (a_block_fits) {
    // A panel of a transposed b is in one piece where blocks are not cut, and can be fetched.
    offer({ProductSplit::kColumns, true, s.transpose_b ? 2 * kDepth : kDepth},
          ideal * uneven((s.n + kTileColumns - 1) / kTileColumns) + own_pack + kRead * m * k);
  }
  const bool panels_first = s.n >= s.m;
  if (s.m * s.n <= kMostFloats && (panels_first ? a_block_fits : b_block_fits)) {
    const double packs = panels_first ? own_pack : pack * k * n / static_cast<double>(threads);
    offer({ProductSplit::kDepth, panels_first, kDepth}, ideal + packs + kAdd * m * n + kWait);
  }
  return best;
}

std::unique_ptr<Step> MakeTiledProduct(const ProductShape& shape, const ProductPlan& plan) {
  auto step = std::make_unique<TiledProductStep>(shape, plan);
  if (!step->Ok()) return nullptr;
  return step;
}

std::unique_ptr<Step> MakeTiledProduct(const OperationView& view) {
  constexpr double kFlopsWorthATeam = 1e6;  // as in onednn/matmul.cc
  const Shape& a = view.inputs[0].shape;
  const Shape& b = view.inputs[1].shape;
  if (view.inputs[0].dtype != DataType::kFloat32 || a.elements() == 0 || b.elements() == 0) {
    return nullptr;
  }
  const bool transpose_a = view.attributes().Bool("transpose_a");
  const bool transpose_b = view.attributes().Bool("transpose_b");
  const int64_t rows = a[a.rank() - 2], columns = a[a.rank() - 1];
  const int64_t matrices = a.elements() / (rows * columns);
  if (b.elements() != b[b.rank() - 2] * b[b.rank() - 1] || (transpose_a && matrices > 1)) {
    return nullptr;
  }
  ProductShape s;
  s.m = transpose_a ? columns : matrices * rows;
  s.k = transpose_a ? rows : columns;
  s.n = b[b.rank() - (transpose_b ? 2 : 1)];
  s.transpose_a = transpose_a;
  s.transpose_b = transpose_b;
  const double flops =
      2 * static_cast<double>(s.m) * static_cast<double>(s.k) * static_cast<double>(s.n);
  if (flops < kFlopsWorthATeam) return nullptr;
  const std::optional<ProductPlan> plan = PlanOf(s, TeamSize());
  return plan ? MakeTiledProduct(s, *plan) : nullptr;
}

std::unique_ptr<Step> MakeProduct(const OperationView& view) {
  std::unique_ptr<Step> step = MakeTiledProduct(view);
  if (!step) step = MakeBFloat16Product(view);
  return step ? std::move(step) : MakeMatMul(view);
}

}  // namespace mlcompute::portable
