#include "mlcompute/portable/product.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/epilogue.h"
#include "mlcompute/portable/joined_convolution.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/product_tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kWide = static_cast<int64_t>(kPanel);
constexpr int64_t kNarrow = static_cast<int64_t>(kNarrowPanel);
constexpr int64_t kDepth = 512;  // of a block: a panel of it takes a part of the second-level cache
constexpr int64_t kFlopsWorthAThread = 1 << 20;
constexpr int64_t kMostRows = 120;  // of a task; a multiple of kPanelRows
constexpr int64_t kPanelRows = 12;  // of a tile of SpanTable::product_panel

// A tensor as a kMatMul sees it: sizes of its axes and how far apart elements are.
struct Layout {
  std::vector<int64_t> dims, strides;

  explicit Layout(const Shape& shape) : dims(shape.dims()), strides(shape.Strides()) {}

  void Permute(const std::vector<int64_t>& perm) {
    const Layout before = *this;
    for (size_t i = 0; i < perm.size(); ++i) {
      dims[i] = before.dims[static_cast<size_t>(perm[i])];
      strides[i] = before.strides[static_cast<size_t>(perm[i])];
    }
  }
  void SwapMatrix() {
    std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
    std::swap(strides[strides.size() - 1], strides[strides.size() - 2]);
  }
  int64_t Row() const { return strides[strides.size() - 2]; }
  int64_t Column() const { return strides.back(); }
  // Batch axis `from_end` (0 is the last): its size, and its stride, 0 where it broadcasts.
  int64_t Batch(int from_end) const {
    const int axis = static_cast<int>(dims.size()) - 3 - from_end;
    return axis < 0 ? 1 : dims[static_cast<size_t>(axis)];
  }
  int64_t Step(int from_end) const {
    const int axis = static_cast<int>(dims.size()) - 3 - from_end;
    return Batch(from_end) == 1 ? 0 : strides[static_cast<size_t>(axis)];
  }
};

struct BatchAxis {
  int64_t size, a, b, c;  // strides
};

// c = a b for matrices with any strides; columns of c are next to each other.
struct Geometry {
  int64_t m, k, n;
  int64_t a_row, a_column, b_row, b_column, c_row;
  std::vector<BatchAxis> batch;  // innermost first
  int64_t batches = 1;

  Geometry(const Layout& a, const Layout& b, const Layout& c)
      : m(c.dims[c.dims.size() - 2]),
        k(a.dims.back()),
        n(c.dims.back()),
        a_row(a.Row()),
        a_column(a.Column()),
        b_row(b.Row()),
        b_column(b.Column()),
        c_row(c.Row()) {
    for (int i = 0; i + 2 < static_cast<int>(c.dims.size()); ++i) {
      const BatchAxis axis{c.Batch(i), a.Step(i), b.Step(i), c.Step(i)};
      if (axis.size == 1) continue;
      // More rows of one matrix.
      if (batch.empty() && axis.b == 0 && axis.a == m * a_row && axis.c == m * c_row) {
        m *= axis.size;
        continue;
      }
      batch.push_back(axis);
      batches *= axis.size;
    }
  }

  bool OneB() const {
    return std::all_of(batch.begin(), batch.end(), [](const BatchAxis& x) { return x.b == 0; });
  }
  // Whether the rows of all matrices follow each other in c.
  bool CIsDense() const {
    int64_t step = m * n;
    if (c_row != n) return false;
    for (const BatchAxis& axis : batch) {
      if (axis.c != step) return false;
      step *= axis.size;
    }
    return true;
  }
};

// The rows of a task by compiled tiles. b is packed in blocks of kDepth, each with all panels.
class TiledRows {
 public:
  // Of `rows` rows, with rows of c `c_row` elements apart. fetches_c: as TileRun.
  TiledRows(const Geometry& g, int64_t rows, int64_t c_row, bool fetches_c)
      : g_(g),
        c_row_(c_row),
        fetches_c_(fetches_c),
        tiles_({rows, g.n, g.a_row, g.a_column, g.b_row, g.b_column, c_row, 1, kLines}, false) {}

  // Whether the tiles suit a product: b stays in the second-level cache, and rows of a do not lie
  // in the same few lines of the first.
  static bool Fits(const Geometry& g) {
    constexpr int64_t kMostFloats = 256 << 10;
    return g.OneB() && g.m >= kTileRows && g.k * g.n <= kMostFloats && g.a_row % 1024 != 0;
  }
  // Few enough for their results, 64 KiB, to be in the second-level cache for an epilogue.
  static int64_t RowsOfATask(const Geometry& g) {
    constexpr int64_t kFloats = 16 << 10;
    return std::clamp(kFloats / g.n / kTileRows, int64_t{1}, int64_t{8}) * kTileRows;
  }

  bool Ok() const { return tiles_.Ok(); }
  int64_t PackSize() const { return tiles_.PackedAt(tiles_.panels(), g_.k); }

  int64_t Units() const { return Blocks() * tiles_.panels(); }
  // A unit of the pack.
  void Pack(const float* b, int64_t unit, float* to) const {
    const int64_t first = Begin(unit / tiles_.panels());
    const int64_t k = Begin(unit / tiles_.panels() + 1) - first;
    tiles_.Pack(
        b + first * g_.b_row, unit % tiles_.panels(), k,
        to + tiles_.PackedAt(tiles_.panels(), first) + tiles_.PackedAt(unit % tiles_.panels(), k));
  }

  // next: the rows of a after these, if they are to be brought into the cache meanwhile.
  void Run(const float* a, const float* next, const float* packed, float* c) const {
    int64_t left = next && g_.a_row == g_.k ? tiles_.FirstRow(tiles_.tiles()) * g_.k / kLines : 0;
    for (int64_t tile = 0; tile < tiles_.tiles(); ++tile) {
      TileRun run = {};
      run.c = c + tiles_.FirstRow(tile) * c_row_;
      for (int64_t q = 0; q < Blocks(); ++q) {
        const int64_t first = Begin(q);
        run.k = Begin(q + 1) - first;
        run.a = a + tiles_.FirstRow(tile) * g_.a_row + first * g_.a_column;
        run.adds = q > 0;
        run.fetches_c = fetches_c_ && q == 0;
        for (int64_t panel = 0; panel < tiles_.panels(); ++panel) {
          run.b = packed + tiles_.PackedAt(tiles_.panels(), first) + tiles_.PackedAt(panel, run.k);
          run.fetch = next;
          const int64_t others = run.fetches_c ? (kTileRows + 1) / 2 : 0;
          run.fetch_groups = std::clamp(left, int64_t{0}, std::max(run.k / 4 - others, int64_t{0}));
          left -= run.fetch_groups;
          if (next) next += run.fetch_groups * kLines;
          tiles_.Run(tile, panel, false, run);
        }
      }
    }
  }

 private:
  static constexpr int64_t kLines = 32;  // floats that a tile fetches at once

  int64_t Blocks() const { return (g_.k + kDepth - 1) / kDepth; }
  int64_t Begin(int64_t block) const { return g_.k * block / Blocks(); }

  const Geometry g_;
  const int64_t c_row_;
  const bool fetches_c_;
  const ProductTiles tiles_;
};

// Memory of the calling thread, for one purpose each.
float* ThreadMemory(int purpose, int64_t floats) {
  thread_local std::vector<float> memory[2];
  std::vector<float>& mine = memory[purpose];
  const auto size = static_cast<size_t>(floats) + 16;
  if (mine.size() < size) mine.resize(size);
  const auto address = reinterpret_cast<uintptr_t>(mine.data());
  return reinterpret_cast<float*>((address + 63) / 64 * 64);
}

class ProductStep : public Step {
 public:
  // `epilogue`: elementwise operations on the product, or nullptr.
  ProductStep(const Geometry& geometry, int a, int b, std::unique_ptr<const Epilogue> epilogue)
      : g_(geometry), a_(a), b_(b), epilogue_(std::move(epilogue)) {
    packs_ = g_.b_column != 1 || (g_.n % kWide != 0 && g_.n % kWide != kNarrow) ||
             (g_.n > 4 * kWide && g_.m > kMostRows);
    shares_pack_ = packs_ && g_.OneB();
    const int64_t flops = 2 * g_.m * g_.n * g_.k;
    const int64_t threads = TeamSize();
    // Few enough rows for several tasks a thread, many enough for a tile.
    const int64_t wanted = g_.batches > 1 ? g_.m : (g_.m + 4 * threads - 1) / (4 * threads);
    rows_ = std::clamp((wanted + kPanelRows - 1) / kPanelRows * kPanelRows, kPanelRows, kMostRows);
    // A pack of its own is worth many rows.
    if (packs_ && !shares_pack_) rows_ = std::max(rows_, std::min<int64_t>(g_.m, 4 * kMostRows));
    if (TiledRows::Fits(g_)) MakeTiles();
    blocks_ = (g_.m + rows_ - 1) / rows_;
    const int64_t of_task = std::max<int64_t>(flops / blocks_, 1);
    grain_ = std::max<int64_t>(kFlopsWorthAThread / of_task, 1);
  }

  size_t scratch_bytes() const override {
    const int64_t floats =
        tiled_ ? (owns_pack_ ? 0 : tiled_->PackSize()) : (shares_pack_ ? PackSize() : 0);
    return static_cast<size_t>(floats) * sizeof(float);
  }

  bool CanShare(int result, int input) const override {
    return epilogue_ && input != a_ && input != b_ && epilogue_->CanShare(result, input);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto* a = static_cast<const float*>(inputs[a_]);
    const auto* b = static_cast<const float*>(inputs[b_]);
    auto* shared = static_cast<float*>(scratch);
    const int64_t grain = std::max<int64_t>((64 << 10) / (kWide * g_.k), 1);
    if (tiled_ && !owns_pack_) {
      ParallelFor(tiled_->Units(), grain, [&](int64_t begin, int64_t end) {
        for (int64_t unit = begin; unit < end; ++unit) tiled_->Pack(b, unit, shared);
      });
    } else if (!tiled_ && shares_pack_) {
      ParallelFor(Panels(), grain,
                  [&](int64_t begin, int64_t end) { Pack(b, shared, begin, end); });
    }
    ParallelFor(g_.batches * blocks_, grain_, [&](int64_t begin, int64_t end) {
      std::optional<Epilogue::Worker> worker;
      if (epilogue_) worker.emplace(*epilogue_, inputs, results);
      const float* packed_tiles = shared;
      if (tiled_ && owns_pack_) {
        float* own = ThreadMemory(0, tiled_->PackSize());
        for (int64_t unit = 0; unit < tiled_->Units(); ++unit) tiled_->Pack(b, unit, own);
        packed_tiles = own;
      }
      for (int64_t task = begin; task < end; ++task) {
        const int64_t first = task % blocks_ * rows_;
        const int64_t rows = std::min(rows_, g_.m - first);
        int64_t at_a = 0, at_b = 0, at_c = 0;
        int64_t rest = task / blocks_;
        for (const BatchAxis& axis : g_.batch) {
          at_a += rest % axis.size * axis.a;
          at_b += rest % axis.size * axis.b;
          at_c += rest % axis.size * axis.c;
          rest /= axis.size;
        }
        const auto multiply = [&](float* c, int64_t c_row) {
          const float* left = a + at_a + first * g_.a_row;
          if (tiled_) {
            const bool has_next = task + 1 < end && (task + 1) % blocks_ != 0;
            (rows == rows_ ? tiled_ : last_tiled_)
                ->Run(left, has_next ? left + rows * g_.a_row : nullptr, packed_tiles, c);
            return;
          }
          const float* packed = shared;
          if (packs_ && !shares_pack_) {
            float* own = ThreadMemory(0, PackSize());
            Pack(b + at_b, own, 0, Panels());
            packed = own;
          }
          Multiply(left, b + at_b, packed, c, c_row, rows);
        };
        if (!epilogue_) {
          multiply(static_cast<float*>(results[0]) + at_c + first * g_.c_row, g_.c_row);
          continue;
        }
        float* c = ThreadMemory(1, rows * g_.n);
        multiply(c, g_.n);
        worker->Run((task / blocks_ * g_.m + first) * g_.n, rows * g_.n, c);
      }
    });
  }

 private:
  void MakeTiles() {
    const int64_t c_row = epilogue_ ? g_.n : g_.c_row;
    const int64_t rows = std::min(TiledRows::RowsOfATask(g_), g_.m);
    const int64_t rest = g_.m % rows;
    auto tiled = std::make_unique<TiledRows>(g_, rows, c_row, !epilogue_);
    auto last = std::make_unique<TiledRows>(g_, rest > 0 ? rest : rows, c_row, !epilogue_);
    if (!tiled->Ok() || !last->Ok()) return;
    tiled_ = std::move(tiled);
    last_tiled_ = std::move(last);
    rows_ = rows;
    // Of so many rows a thread, packing b for itself takes little, and nobody waits for others.
    owns_pack_ = g_.m * g_.batches >= 256 * TeamSize();
  }

  int64_t Panels() const { return (g_.n + kWide - 1) / kWide; }
  int64_t Columns(int64_t panel) const { return std::min(kWide, g_.n - panel * kWide); }
  int64_t Width(int64_t panel) const { return Columns(panel) <= kNarrow ? kNarrow : kWide; }
  int64_t PackSize() const { return Panels() * kWide * g_.k; }

  // Panels [begin, end) of b: k rows of Width() elements each, zeros where b ends.
  void Pack(const float* b, float* to, int64_t begin, int64_t end) const {
    for (int64_t panel = begin; panel < end; ++panel) {
      const int64_t width = Width(panel), columns = Columns(panel);
      float* y = to + panel * kWide * g_.k;
      const float* x = b + panel * kWide * g_.b_column;
      if (columns < width) std::fill_n(y, width * g_.k, 0.0f);
      if (g_.b_column == 1) {
        for (int64_t i = 0; i < g_.k; ++i) std::copy_n(x + i * g_.b_row, columns, y + i * width);
      } else if (g_.b_row == 1) {
        Spans().transpose[2](x, g_.b_column * 4, y, width * 4, static_cast<size_t>(columns),
                             static_cast<size_t>(g_.k));
      } else {
        for (int64_t i = 0; i < g_.k; ++i) {
          for (int64_t j = 0; j < columns; ++j) {
            y[i * width + j] = x[i * g_.b_row + j * g_.b_column];
          }
        }
      }
    }
  }

  void Multiply(const float* a, const float* b, const float* packed, float* c, int64_t ldc,
                int64_t rows) const {
    for (int64_t depth = 0; depth < g_.k; depth += kDepth) {
      const int64_t k = std::min(kDepth, g_.k - depth);
      for (int64_t panel = 0; panel < Panels(); ++panel) {
        const int64_t width = Width(panel);
        const float* right = packs_ ? packed + panel * kWide * g_.k + depth * width
                                    : b + panel * kWide + depth * g_.b_row;
        Spans().product_panel(
            a + depth * g_.a_column, static_cast<size_t>(g_.a_row),
            static_cast<size_t>(g_.a_column), right, static_cast<size_t>(packs_ ? width : g_.b_row),
            depth > 0, c + panel * kWide, static_cast<size_t>(ldc), static_cast<size_t>(rows),
            static_cast<size_t>(k), static_cast<size_t>(Columns(panel)));
      }
    }
  }

  const Geometry g_;
  const int a_, b_;  // which inputs
  const std::unique_ptr<const Epilogue> epilogue_;
  std::unique_ptr<const TiledRows> tiled_, last_tiled_;
  bool owns_pack_ = false;
  bool packs_, shares_pack_;  // without tiles
  int64_t rows_, blocks_, grain_;
};

bool IsFloat32(const OperationView& view) {
  for (const TensorType& type : view.inputs) {
    if (type.dtype != DataType::kFloat32 || type.elements() == 0) return false;
  }
  return view.results[0].elements() > 0;
}

// A body that join.cc made: transpositions of a and b, the product, a transposition or a reshape of
// it, elementwise operations.
struct JoinedBody {
  const Operation* product = nullptr;
  const Operation* a_transpose = nullptr;
  const Operation* b_transpose = nullptr;
  const Operation* c_transpose = nullptr;
  Value value = -1;  // the product as the elementwise operations read it
  std::vector<const Operation*> elementwise;

  explicit JoinedBody(const Program& body) {
    std::vector<const Operation*> producer(static_cast<size_t>(body.value_count()), nullptr);
    for (const Operation& operation : body.operations()) {
      producer[static_cast<size_t>(operation.results[0])] = &operation;
      if (operation.op == Op::kMatMul) {
        product = &operation;
        a_transpose = producer[static_cast<size_t>(operation.inputs[0])];
        b_transpose = producer[static_cast<size_t>(operation.inputs[1])];
        value = operation.results[0];
      } else if (operation.op == Op::kTranspose) {
        if (product) c_transpose = &operation;
      } else if (operation.op == Op::kReshape) {
        value = operation.results[0];
      } else {
        elementwise.push_back(&operation);
      }
    }
  }
};

int IndexOf(const std::vector<Value>& list, Value v) {
  const auto at = std::find(list.begin(), list.end(), v);
  return at == list.end() ? -1 : static_cast<int>(at - list.begin());
}

}  // namespace

bool CanJoin(const OperationView& view) {
  // Of fewer rows oneDNN's product is the faster, by more than a pass over the result costs.
  constexpr int64_t kLeastRows = 1024;
  return IsFloat32(view) && InstructionSet() == "avx512" &&
         view.results[0].elements() / view.results[0].shape.dims().back() >= kLeastRows;
}

bool IsPointwise(const OperationView& convolution) {
  const auto all = [&](const char* name, int64_t wanted) {
    const std::vector<int64_t>& values = convolution.attributes().Ints(name);
    return std::all_of(values.begin(), values.end(), [=](int64_t v) { return v == wanted; });
  };
  const std::vector<int64_t>& filter = convolution.inputs[1].shape.dims();
  return std::all_of(filter.begin(), filter.end() - 2, [](int64_t size) { return size == 1; }) &&
         all("strides", 1) && all("pads_begin", 0) && all("pads_end", 0) &&
         convolution.attributes().Int("groups") == 1 &&
         convolution.attributes().Bool("channels_last") && CanJoin(convolution);
}

std::unique_ptr<Step> MakeJoinedProduct(const OperationView& view) {
  const Program& body = *view.operation.body;
  const JoinedBody joined(body);
  if (!joined.product) return nullptr;
  const auto layout = [&](int i, const Operation* transpose, std::string_view transposed) {
    const Value v =
        transpose ? transpose->inputs[0] : joined.product->inputs[static_cast<size_t>(i)];
    Layout result(body.type(v).shape);
    if (transpose) result.Permute(transpose->attributes.Ints("perm"));
    if (joined.product->attributes.Bool(transposed)) result.SwapMatrix();
    return std::pair(result, IndexOf(body.inputs(), v));
  };
  const auto [a, a_input] = layout(0, joined.a_transpose, "transpose_a");
  const auto [b, b_input] = layout(1, joined.b_transpose, "transpose_b");
  Layout c(body.type(joined.product->results[0]).shape);
  if (joined.c_transpose) {
    // Axis i of the transposed result is axis perm[i] of the product.
    const std::vector<int64_t>& perm = joined.c_transpose->attributes.Ints("perm");
    const std::vector<int64_t> strides = body.type(joined.c_transpose->results[0]).shape.Strides();
    for (size_t i = 0; i < perm.size(); ++i) c.strides[static_cast<size_t>(perm[i])] = strides[i];
  }
  std::unique_ptr<const Epilogue> epilogue;
  if (!joined.elementwise.empty()) {
    epilogue = std::make_unique<Epilogue>(body, joined.elementwise, joined.value);
  }
  return std::make_unique<ProductStep>(Geometry(a, b, c), a_input, b_input, std::move(epilogue));
}

std::unique_ptr<Step> MakePointwiseConvolution(const OperationView& view) {
  const JoinedConvolution joined(*view.operation.body);
  return std::make_unique<ProductStep>(
      Geometry(Layout(joined.view.inputs[0].shape), Layout(joined.view.inputs[1].shape),
               Layout(joined.view.results[0].shape)),
      joined.x, joined.filter, joined.MakeEpilogue());
}

}  // namespace mlcompute::portable
