// mlcompute/portable/fused_reduction.cc: elementwise operations and reductions of what they make
// over the leading axes, in one pass: a tile of the elements is computed and folded while it is in
// the first-level cache.
#include <algorithm>
#include <vector>

#include "mlcompute/portable/column_fold.h"
#include "mlcompute/portable/column_moments.h"
#include "mlcompute/portable/fused.h"
#include "mlcompute/portable/fused_tiles.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 48 << 10;       // elements times instructions that pay for a thread
constexpr int64_t kMostColumns = 4 << 10;  // a task has a few numbers for each

bool IsFolded(Op op) {
  return op == Op::kReduceSum || op == Op::kReduceMean || op == Op::kReduceProd ||
         op == Op::kReduceMax || op == Op::kReduceMin;
}

bool Reduces(const Operation& operation) {
  return Kind(operation.op) == OpKind::kReduction || operation.op == Op::kMoments;
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

// A kMoments of the body, and where its mean and variance go.
struct Moments {
  Value x;
  std::vector<size_t> means, variances;
};

struct Parts {
  std::vector<const Operation*> elementwise;
  std::vector<Value> outputs;     // of elementwise operations
  std::vector<int> output_of;     // by result: which of `outputs` it is, or -1
  std::vector<size_t> result_of;  // by output
  std::vector<ColumnReduction> reductions;
  std::vector<Moments> moments;
  std::vector<Value> wanted;
  Shape row;
};

Parts PartsOf(const Program& body) {
  Parts parts;
  parts.output_of.assign(body.outputs().size(), -1);
  const auto results_of = [&](Value y) {
    std::vector<size_t> results;
    for (size_t o = 0; o < body.outputs().size(); ++o) {
      if (body.outputs()[o] == y) results.push_back(o);
    }
    return results;
  };
  for (const Operation& operation : body.operations()) {
    const Value y = operation.results[0];
    const std::vector<size_t> results = results_of(y);
    if (!Reduces(operation)) {
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
    if (operation.op == Op::kMoments) {
      parts.moments.push_back({operation.inputs[0], results, results_of(operation.results[1])});
    } else {
      parts.reductions.push_back(ReductionOf(view, results));
    }
    if (std::count(parts.wanted.begin(), parts.wanted.end(), operation.inputs[0]) == 0) {
      parts.wanted.push_back(operation.inputs[0]);
    }
  }
  return parts;
}

class FusedReductionStep : public Step {
 public:
  explicit FusedReductionStep(const Program& body)
      : parts_(PartsOf(body)),
        tiles_(body, parts_.elementwise, body.inputs(), parts_.outputs,
               {parts_.wanted, parts_.row, -1}),
        reductions_(parts_.reductions, parts_.row.elements()) {
    const TilePlan& plan = tiles_.plan();
    const int64_t tile = std::max<int64_t>(plan.elements() / plan.tile_count(), 1);
    chunk_ = std::max<int64_t>(reductions_.chunk() / tile, 1);
    if (!parts_.moments.empty()) KeepRowsWhole();
    chunks_ = (plan.tile_count() + chunk_ - 1) / chunk_;
    const size_t reductions = parts_.reductions.size() + 2 * parts_.moments.size();
    const int64_t weight = tiles_.weight() + static_cast<int64_t>(reductions);
    grain_ = std::max<int64_t>(kGrain / (tile * chunk_ * std::max<int64_t>(weight, 2)), 1);
  }

  bool CanShare(int result, int input) const override {
    const int output = parts_.output_of[static_cast<size_t>(result)];
    return output >= 0 && tiles_.CanShare(output, input);
  }

  size_t scratch_bytes() const override {
    return reductions_.scratch_bytes(chunks_) + parts_.moments.size() * moment_chunks().bytes();
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    ParallelFor(chunks_, grain_, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) RunChunk(chunk, inputs, results, scratch);
      tiles_.Finish();
    });
    reductions_.Finish(chunks_, scratch, results);
    for (size_t m = 0; m < parts_.moments.size(); ++m) FinishMoments(m, results, scratch);
  }

 private:
  // A chunk then begins with a row.
  void KeepRowsWhole() {
    const TilePlan& plan = tiles_.plan();
    const int64_t columns = parts_.row.elements();
    int64_t whole = 1;  // tiles
    while (whole < plan.tile_count() && plan.tile(whole).start % columns != 0) ++whole;
    chunk_ = (chunk_ + whole - 1) / whole * whole;
  }

  MomentChunks moment_chunks() const {
    const TilePlan& plan = tiles_.plan();
    const int64_t columns = parts_.row.elements();
    const int64_t rows = plan.elements() / columns;
    const bool is_one = chunk_ >= plan.tile_count();
    return {rows, columns, is_one ? rows : plan.tile(chunk_).start / columns};
  }

  double* MomentParts(size_t m, void* scratch) const {
    const size_t at = reductions_.scratch_bytes(chunks_) + m * moment_chunks().bytes();
    return reinterpret_cast<double*>(static_cast<std::byte*>(scratch) + at);
  }

  void FinishMoments(size_t m, void* const* results, void* scratch) const {
    const auto n = static_cast<size_t>(parts_.row.elements());
    std::vector<float> mean(n), variance(n);
    moment_chunks().Finish(MomentParts(m, scratch), mean.data(), variance.data());
    const Moments& to = parts_.moments[m];
    for (const size_t r : to.means) std::copy(mean.begin(), mean.end(), At(results, r));
    for (const size_t r : to.variances) std::copy(variance.begin(), variance.end(), At(results, r));
  }
  static float* At(void* const* results, size_t r) { return static_cast<float*>(results[r]); }

  void RunChunk(int64_t chunk, const void* const* inputs, void* const* results,
                void* scratch) const {
    thread_local std::vector<void*> to;
    to.clear();
    for (const size_t result : parts_.result_of) to.push_back(results[result]);
    std::vector<Columns>& folds = reductions_.BeginChunk();
    thread_local std::vector<ColumnMoments> moments;
    if (moments.size() < parts_.moments.size()) moments.resize(parts_.moments.size());
    const int64_t columns = parts_.row.elements();
    for (size_t m = 0; m < parts_.moments.size(); ++m) moments[m].Begin(columns, false);
    const FusedTiles::Memory memory(tiles_);
    const TilePlan& plan = tiles_.plan();
    const int64_t first = chunk * chunk_;
    for (int64_t t = first; t < std::min(first + chunk_, plan.tile_count()); ++t) {
      const TilePlan::Tile tile = plan.tile(t);
      tiles_.Run(tile, t != first, inputs, to.data(), {}, memory);
      for (size_t r = 0; r < folds.size(); ++r) {
        folds[r].Add(memory.tile(parts_.reductions[r].x), tile.start, tile.size);
      }
      for (size_t m = 0; m < parts_.moments.size(); ++m) {
        moments[m].Add(memory.tile(parts_.moments[m].x), tile.size);
      }
    }
    for (size_t m = 0; m < parts_.moments.size(); ++m) {
      moments[m].End();
      moment_chunks().Keep(chunk, 0, columns, moments[m], MomentParts(m, scratch));
    }
    reductions_.EndChunk(chunk, chunks_, &folds, scratch);
  }

  const Parts parts_;
  const FusedTiles tiles_;
  const ColumnReductions reductions_;
  int64_t chunk_ = 1;  // tiles of a task
  int64_t chunks_ = 1;
  int64_t grain_ = 1;
};

}  // namespace

bool CanReduce(const OperationView& view) {
  Shape row;
  const DataType type = view.inputs[0].dtype;
  const bool fits = view.op() == Op::kMoments ? type == DataType::kFloat32
                                              : IsFolded(view.op()) && IsSimdFloat(type);
  return fits && view.inputs[0].elements() > view.results[0].elements() &&
         view.results[0].elements() > 0 && FindRow(view, &row) && row.elements() <= kMostColumns;
}

std::unique_ptr<Step> MakeFusedReduction(const OperationView& view) {
  const Program& body = *view.operation.body;
  if (!std::any_of(body.operations().begin(), body.operations().end(), Reduces)) return nullptr;
  return std::make_unique<FusedReductionStep>(body);
}

}  // namespace mlcompute::portable
