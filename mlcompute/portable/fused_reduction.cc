// mlcompute/portable/fused_reduction.cc: elementwise operations and reductions of what they make
// over the leading axes, in one pass.
//
// A tile of the elements is computed and folded while it is in the first-level cache. Work is cut
// by the sizes alone and the parts are combined in order, so that results do not depend on the
// number of threads; as in fold_pass.h a few rows are folded in float32 and those results in
// float64.
#include <algorithm>
#include <limits>
#include <vector>

#include "mlcompute/float16.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/fused.h"
#include "mlcompute/portable/fused_tiles.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 48 << 10;       // elements times instructions that pay for a thread
constexpr int64_t kChunk = 32 << 10;       // elements folded by one task
constexpr int64_t kMostColumns = 4 << 10;  // a task has a few numbers for each
constexpr int64_t kWide = 128;             // columns folded together, where rows are short
constexpr int64_t kLanes = 16;
constexpr int64_t kRows = 32;  // rows folded in float32

bool IsFolded(Op op) {
  return op == Op::kReduceSum || op == Op::kReduceMean || op == Op::kReduceProd ||
         op == Op::kReduceMax || op == Op::kReduceMin;
}

Fold FoldOf(Op op) {
  switch (op) {
    case Op::kReduceProd:
      return Fold::kProd;
    case Op::kReduceMax:
      return Fold::kMax;
    case Op::kReduceMin:
      return Fold::kMin;
    default:
      return Fold::kSum;
  }
}

double Initial(Fold fold) {
  switch (fold) {
    case Fold::kProd:
      return 1.0;
    case Fold::kMax:
      return -std::numeric_limits<double>::infinity();
    case Fold::kMin:
      return std::numeric_limits<double>::infinity();
    default:
      return 0.0;
  }
}

// The axes that stay, if they are the last ones; those of size 1 do not count.
bool FindRow(const OperationView& view, Shape* row) {
  const Shape& shape = view.inputs[0].shape;
  const std::vector<int64_t>& axes = view.attributes().Ints("axes");
  std::vector<int64_t> kept;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1) continue;
    const bool is_reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (is_reduced && !kept.empty()) return false;
    if (!is_reduced || !kept.empty()) kept.push_back(shape[axis]);
  }
  *row = Shape(kept);
  return true;
}

// One reduction of the body.
struct Reduction {
  Value x;
  Fold fold;
  const FoldSpans<float, double>* spans;
  int64_t count;  // what the result is divided by
  DataType dtype;
  std::vector<size_t> results;
};

// What is folded of [rows, columns] by one thread, tile by tile.
class Columns {
 public:
  // narrow, sums: `width` elements each.
  Columns(const Reduction& reduction, int64_t columns, int64_t width, float* narrow, double* sums)
      : spans_(*reduction.spans),
        initial_(Initial(reduction.fold)),
        columns_(columns),
        width_(width),
        narrow_(narrow),
        sums_(sums) {}

  void Begin() {
    rows_ = 0;
    std::fill_n(sums_, width_, initial_);
    std::fill_n(narrow_, width_, static_cast<float>(initial_));
  }

  // Elements [start, start + n) of the matrix.
  void Add(const float* x, int64_t start, int64_t n) {
    const int64_t column = start % columns_;
    if (column > 0) {
      const int64_t part = std::min(n, columns_ - column);
      Rows(x, 1, narrow_ + column, part);
      x += part;
      n -= part;
    }
    const int64_t whole = n / width_;
    Rows(x, whole, narrow_, width_);
    x += whole * width_;
    n -= whole * width_;
    const int64_t single = n / columns_;
    Rows(x, single, narrow_, columns_);
    x += single * columns_;
    n -= single * columns_;
    if (n > 0) Rows(x, 1, narrow_, n);
    if (rows_ >= kRows) Widen();
  }

  // to[j] = the fold of column j.
  void End(double* to) {
    Widen();
    const auto n = static_cast<size_t>(columns_);
    for (int64_t i = columns_; i < width_; i += columns_) spans_.merge_wide(sums_ + i, sums_, n);
    std::copy_n(sums_, columns_, to);
  }

 private:
  // Rows of n elements that follow each other.
  void Rows(const float* x, int64_t rows, float* y, int64_t n) {
    if (rows == 0) return;
    const auto size = static_cast<size_t>(n);
    spans_.rows(x, size, static_cast<size_t>(rows), y, size);
    rows_ += rows;
  }

  void Widen() {
    spans_.merge(narrow_, sums_, static_cast<size_t>(width_));
    std::fill_n(narrow_, width_, static_cast<float>(initial_));
    rows_ = 0;
  }

  const FoldSpans<float, double>& spans_;
  const double initial_;
  const int64_t columns_;
  const int64_t width_;
  float* const narrow_;
  double* const sums_;
  int64_t rows_ = 0;  // in narrow_
};

// Several short rows that are taken as one, of whole registers if possible.
int64_t Width(int64_t columns) {
  const int64_t least = (kWide + columns - 1) / columns * columns;
  for (int64_t width = least; width <= 4 * kWide; width += columns) {
    if (width % kLanes == 0) return width;
  }
  return std::max(least, columns);
}

struct Parts {
  std::vector<const Operation*> elementwise;
  std::vector<Value> outputs;     // of elementwise operations
  std::vector<int> output_of;     // by result: which of `outputs` it is, or -1
  std::vector<size_t> result_of;  // by output
  std::vector<Reduction> reductions;
  std::vector<Value> folded;
  Shape row;
};

Parts PartsOf(const Program& body) {
  Parts parts;
  parts.output_of.assign(body.outputs().size(), -1);
  for (const Operation& operation : body.operations()) {
    const Value y = operation.results[0];
    std::vector<size_t> results;
    for (size_t o = 0; o < body.outputs().size(); ++o) {
      if (body.outputs()[o] == y) results.push_back(o);
    }
    if (Kind(operation.op) != OpKind::kReduction) {
      parts.elementwise.push_back(&operation);
      for (const size_t o : results) {
        parts.output_of[o] = static_cast<int>(parts.outputs.size());
        parts.outputs.push_back(y);
        parts.result_of.push_back(o);
      }
      continue;
    }
    const OperationView view = View(body, operation);
    FindRow(view, &parts.row);
    const Fold fold = FoldOf(operation.op);
    const bool is_mean = operation.op == Op::kReduceMean;
    parts.reductions.push_back(
        {operation.inputs[0], fold, &Spans().fold_float32[static_cast<size_t>(fold)],
         is_mean ? view.inputs[0].elements() / view.results[0].elements() : 1,
         view.results[0].dtype, results});
    if (std::count(parts.folded.begin(), parts.folded.end(), operation.inputs[0]) == 0) {
      parts.folded.push_back(operation.inputs[0]);
    }
  }
  return parts;
}

void Store(double value, DataType type, void* to, int64_t i) {
  const auto narrow = static_cast<float>(value);
  switch (type) {
    case DataType::kFloat16:
      static_cast<Float16*>(to)[i] = static_cast<Float16>(narrow);
      return;
    case DataType::kBFloat16:
      static_cast<BFloat16*>(to)[i] = static_cast<BFloat16>(narrow);
      return;
    default:
      static_cast<float*>(to)[i] = narrow;
  }
}

class FusedReductionStep : public Step {
 public:
  explicit FusedReductionStep(const Program& body)
      : parts_(PartsOf(body)),
        tiles_(body, parts_.elementwise, body.inputs(), parts_.outputs, parts_.folded, parts_.row),
        columns_(parts_.row.elements()),
        width_(Width(columns_)) {
    const TilePlan& plan = tiles_.plan();
    const int64_t tile = std::max<int64_t>(plan.elements() / plan.tile_count(), 1);
    chunk_ = std::max<int64_t>(std::max(kChunk, kRows * columns_) / tile, 1);
    chunks_ = (plan.tile_count() + chunk_ - 1) / chunk_;
    const int64_t weight = tiles_.weight() + static_cast<int64_t>(parts_.reductions.size());
    grain_ = std::max<int64_t>(kGrain / (tile * chunk_ * std::max<int64_t>(weight, 2)), 1);
  }

  bool CanShare(int result, int input) const override {
    const int output = parts_.output_of[static_cast<size_t>(result)];
    return output >= 0 && tiles_.CanShare(output, input);
  }

  size_t scratch_bytes() const override {
    return parts_.reductions.size() * static_cast<size_t>(chunks_ * columns_) * sizeof(double);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    auto* sums = static_cast<double*>(scratch);
    ParallelFor(chunks_, grain_, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) RunChunk(chunk, inputs, results, sums);
      tiles_.Finish();
    });
    for (size_t r = 0; r < parts_.reductions.size(); ++r) {
      const Reduction& reduction = parts_.reductions[r];
      double* total = SumsOf(r, 0, sums);
      for (int64_t chunk = 1; chunk < chunks_; ++chunk) {
        reduction.spans->merge_wide(SumsOf(r, chunk, sums), total, static_cast<size_t>(columns_));
      }
      for (const size_t result : reduction.results) {
        for (int64_t i = 0; i < columns_; ++i) {
          Store(total[i] / static_cast<double>(reduction.count), reduction.dtype, results[result],
                i);
        }
      }
    }
  }

 private:
  double* SumsOf(size_t reduction, int64_t chunk, double* sums) const {
    return sums + (static_cast<int64_t>(reduction) * chunks_ + chunk) * columns_;
  }

  void RunChunk(int64_t chunk, const void* const* inputs, void* const* results,
                double* sums) const {
    thread_local std::vector<float> narrow;
    thread_local std::vector<double> wide;
    thread_local std::vector<void*> to;
    thread_local std::vector<Columns> folds;
    const size_t count = parts_.reductions.size();
    const size_t size = count * static_cast<size_t>(width_);
    if (narrow.size() < size) {
      narrow.resize(size);
      wide.resize(size);
    }
    folds.clear();
    for (size_t r = 0; r < count; ++r) {
      const size_t at = r * static_cast<size_t>(width_);
      folds.emplace_back(parts_.reductions[r], columns_, width_, &narrow[at], &wide[at]);
      folds[r].Begin();
    }
    to.clear();
    for (const size_t result : parts_.result_of) to.push_back(results[result]);
    const FusedTiles::Memory memory(tiles_);
    const TilePlan& plan = tiles_.plan();
    const int64_t first = chunk * chunk_;
    for (int64_t t = first; t < std::min(first + chunk_, plan.tile_count()); ++t) {
      const TilePlan::Tile tile = plan.tile(t);
      tiles_.Run(tile, t != first, inputs, to.data(), {}, memory);
      for (size_t r = 0; r < count; ++r) {
        folds[r].Add(memory.tile(parts_.reductions[r].x), tile.start, tile.size);
      }
    }
    for (size_t r = 0; r < count; ++r) folds[r].End(SumsOf(r, chunk, sums));
  }

  const Parts parts_;
  const FusedTiles tiles_;
  const int64_t columns_;
  const int64_t width_;
  int64_t chunk_ = 1;  // tiles of a task
  int64_t chunks_ = 1;
  int64_t grain_ = 1;
};

}  // namespace

bool CanReduce(const OperationView& view) {
  Shape row;
  return IsFolded(view.op()) && IsSimdFloat(view.inputs[0].dtype) &&
         view.inputs[0].elements() > view.results[0].elements() && view.results[0].elements() > 0 &&
         FindRow(view, &row) && row.elements() <= kMostColumns;
}

std::unique_ptr<Step> MakeFusedReduction(const OperationView& view) {
  const Program& body = *view.operation.body;
  const auto reduces = [](const Operation& o) { return Kind(o.op) == OpKind::kReduction; };
  if (!std::any_of(body.operations().begin(), body.operations().end(), reduces)) return nullptr;
  return std::make_unique<FusedReductionStep>(body);
}

}  // namespace mlcompute::portable
