// mlcompute/portable/fused_reduction.cc: elementwise operations and reductions of what they make
// over the leading axes, in one pass: a tile of the elements is computed and folded while it is in
// the first-level cache.
#include <algorithm>
#include <vector>

#include "mlcompute/portable/column_fold.h"
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

struct Parts {
  std::vector<const Operation*> elementwise;
  std::vector<Value> outputs;     // of elementwise operations
  std::vector<int> output_of;     // by result: which of `outputs` it is, or -1
  std::vector<size_t> result_of;  // by output
  std::vector<ColumnReduction> reductions;
  std::vector<Value> wanted;
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
    parts.reductions.push_back(ReductionOf(view, results));
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
    chunks_ = (plan.tile_count() + chunk_ - 1) / chunk_;
    const int64_t weight = tiles_.weight() + static_cast<int64_t>(parts_.reductions.size());
    grain_ = std::max<int64_t>(kGrain / (tile * chunk_ * std::max<int64_t>(weight, 2)), 1);
  }

  bool CanShare(int result, int input) const override {
    const int output = parts_.output_of[static_cast<size_t>(result)];
    return output >= 0 && tiles_.CanShare(output, input);
  }

  size_t scratch_bytes() const override { return reductions_.scratch_bytes(chunks_); }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    ParallelFor(chunks_, grain_, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = begin; chunk < end; ++chunk) RunChunk(chunk, inputs, results, scratch);
      tiles_.Finish();
    });
    reductions_.Finish(chunks_, scratch, results);
  }

 private:
  void RunChunk(int64_t chunk, const void* const* inputs, void* const* results,
                void* scratch) const {
    thread_local std::vector<void*> to;
    to.clear();
    for (const size_t result : parts_.result_of) to.push_back(results[result]);
    std::vector<Columns>& folds = reductions_.BeginChunk();
    const FusedTiles::Memory memory(tiles_);
    const TilePlan& plan = tiles_.plan();
    const int64_t first = chunk * chunk_;
    for (int64_t t = first; t < std::min(first + chunk_, plan.tile_count()); ++t) {
      const TilePlan::Tile tile = plan.tile(t);
      tiles_.Run(tile, t != first, inputs, to.data(), {}, memory);
      for (size_t r = 0; r < folds.size(); ++r) {
        folds[r].Add(memory.tile(parts_.reductions[r].x), tile.start, tile.size);
      }
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
