// mlcompute/portable/fused_rows.cc: elementwise operations on a matrix, reductions of its rows, and
// what is computed of those for each row and read by later elementwise operations, in one pass:
// layer normalization, softmax and their gradients.
//
// A block of rows goes through all of it while it is in the first-level cache. The operations are
// cut into stages: what a stage makes of whole rows is reduced before the next one begins.
// Reductions over the leading axes, as in fused_reduction.cc, may come last.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "mlcompute/portable/column_fold.h"
#include "mlcompute/portable/fused.h"
#include "mlcompute/portable/fused_tiles.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 48 << 10;  // elements times instructions that pay for a thread
constexpr int64_t kLeastRow = 8;

bool IsNumeric(Op op) {
  return op == Op::kReduceSum || op == Op::kReduceMean || op == Op::kReduceProd ||
         op == Op::kReduceMax || op == Op::kReduceMin;
}

bool ReducesRows(const OperationView& view) {
  const std::vector<int64_t>& axes = view.attributes().Ints("axes");
  return axes.size() == 1 && axes[0] == view.inputs[0].shape.rank() - 1;
}

// What a value is to the rows of the matrix.
enum class Extent {
  kWhole,   // all elements
  kRow,     // one number for each row
  kColumn,  // one for each column
  kOne,     // one for all
};

// Operations of one extent that run together on a block of rows.
struct Part {
  Program program;                // on the shapes of a block; values are its own
  std::map<Value, Value> inside;  // by value of the body
  std::vector<Value> from;        // by input: value of the body
  std::vector<Value> outputs;     // values of the body
  std::vector<Value> wanted;
  std::vector<Value> made;
  std::optional<FusedTiles> tiles;
};

struct RowReduction {
  Value x;
  Value y;
  Fold fold;
  double count;
};

// What is computed of the rows, then of whole rows, and how those are reduced.
struct Stage {
  Part rows;
  Part whole;
  std::vector<RowReduction> reductions;
};

class FusedRowsStep : public Step {
 public:
  explicit FusedRowsStep(const Program& body)
      : body_(body),
        extents_(static_cast<size_t>(body.value_count())),
        value_results_(extents_.size()) {
    for (size_t o = 0; o < body.outputs().size(); ++o) ResultsOf(body.outputs()[o]).push_back(o);
    FindMatrix();
    block_ = std::min(std::max<int64_t>(kTile / columns_, 1), rows_);
    Sort();
    for (Stage& stage : stages_) {
      Plan(&stage.rows, Shape{block_});
      Plan(&stage.whole, Shape{block_, columns_});
    }
    columns_folds_.emplace(column_reductions_, columns_);
    const int64_t blocks = (rows_ + block_ - 1) / block_;
    const int64_t least = column_reductions_.empty() ? 0 : columns_folds_->chunk();
    chunk_ = std::max<int64_t>(least / (block_ * columns_), 1);
    chunks_ = (blocks + chunk_ - 1) / chunk_;
    const int64_t work = chunk_ * block_ * columns_ * std::max<int64_t>(weight_, 2);
    grain_ = std::max<int64_t>(kGrain / work, 1);
  }

  bool CanShare(int result, int input) const override {
    const Value y = body_.outputs()[static_cast<size_t>(result)];
    const Value x = body_.inputs()[static_cast<size_t>(input)];
    if (ExtentOf(y) != Extent::kWhole || ExtentOf(x) != Extent::kWhole) return false;
    for (const ColumnReduction& reduction : column_reductions_) {
      if (reduction.x == x) return false;
    }
    // Whoever reads x after y is written, or in the same stage in another order.
    bool is_written = false;
    for (const Stage& stage : stages_) {
      const Part& part = stage.whole;
      const auto read = std::find(part.from.begin(), part.from.end(), x);
      const auto written = std::find(part.outputs.begin(), part.outputs.end(), y);
      if (read != part.from.end()) {
        if (is_written) return false;
        if (written != part.outputs.end() &&
            !part.tiles->CanShare(static_cast<int>(written - part.outputs.begin()),
                                  static_cast<int>(read - part.from.begin()))) {
          return false;
        }
      }
      is_written = is_written || written != part.outputs.end();
      for (const RowReduction& reduction : stage.reductions) {
        if (reduction.x == x && is_written) return false;
      }
    }
    return body_.type(x) == body_.type(y) && body_.type(x).dtype == DataType::kFloat32;
  }

  size_t scratch_bytes() const override { return columns_folds_->scratch_bytes(chunks_); }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    ParallelFor(chunks_, grain_, [&](int64_t begin, int64_t end) {
      Worker worker(*this, inputs, results);
      for (int64_t chunk = begin; chunk < end; ++chunk) {
        std::vector<Columns>& folds = columns_folds_->BeginChunk();
        const int64_t last = std::min((chunk + 1) * chunk_ * block_, rows_);
        for (int64_t row = chunk * chunk_ * block_; row < last; row += block_) {
          worker.Run(row, std::min(block_, last - row), &folds);
        }
        columns_folds_->EndChunk(chunk, chunks_, &folds, scratch);
      }
      for (const Stage& stage : stages_) {
        if (stage.whole.tiles) stage.whole.tiles->Finish();
      }
    });
    columns_folds_->Finish(chunks_, scratch, results);
  }

 private:
  Extent& ExtentOf(Value v) { return extents_[static_cast<size_t>(v)]; }
  Extent ExtentOf(Value v) const { return extents_[static_cast<size_t>(v)]; }
  std::vector<size_t>& ResultsOf(Value v) { return value_results_[static_cast<size_t>(v)]; }
  const std::vector<size_t>& ResultsOf(Value v) const {
    return value_results_[static_cast<size_t>(v)];
  }

  void FindMatrix() {
    for (const Operation& operation : body_.operations()) {
      const OperationView view = View(body_, operation);
      if (CanReduceRows(view)) shape_ = view.inputs[0].shape;
    }
    columns_ = shape_[shape_.rank() - 1];
    rows_ = shape_.elements() / columns_;
    for (Value v = 0; v < body_.value_count(); ++v) {
      const Shape& shape = body_.type(v).shape;
      ExtentOf(v) = shape == shape_            ? Extent::kWhole
                    : shape.elements() == 1    ? Extent::kOne
                    : shape.dims().back() == 1 ? Extent::kRow
                                               : Extent::kColumn;
    }
  }

  // Each operation into the first stage that has what it reads.
  void Sort() {
    std::vector<size_t> stage_of(extents_.size(), 0);  // of what was made: where it can be read
    for (const Operation& operation : body_.operations()) {
      const Value y = operation.results[0];
      size_t s = 0;
      for (const Value v : operation.inputs) s = std::max(s, stage_of[static_cast<size_t>(v)]);
      if (stages_.size() < s + 1) stages_.resize(s + 1);
      stage_of[static_cast<size_t>(y)] = s;
      if (Kind(operation.op) != OpKind::kReduction) {
        Part& part = ExtentOf(y) == Extent::kWhole ? stages_[s].whole : stages_[s].rows;
        Add(operation, &part);
        continue;
      }
      const OperationView view = View(body_, operation);
      if (!ReducesRows(view)) {
        column_reductions_.push_back(ReductionOf(view, ResultsOf(y)));
        continue;
      }
      ExtentOf(y) = Extent::kRow;
      const bool is_mean = operation.op == Op::kReduceMean;
      stages_[s].reductions.push_back({operation.inputs[0], y, FoldOf(operation.op),
                                       is_mean ? static_cast<double>(columns_) : 1.0});
      stage_of[static_cast<size_t>(y)] = s + 1;
    }
  }

  void Add(const Operation& operation, Part* part) {
    std::vector<Value> inputs;
    for (const Value v : operation.inputs) {
      const auto [it, is_new] = part->inside.emplace(v, -1);
      if (is_new) {
        const bool is_of_rows = ExtentOf(operation.results[0]) == Extent::kRow;
        Shape shape;
        if (ExtentOf(v) == Extent::kWhole) shape = Shape{block_, columns_};
        if (ExtentOf(v) == Extent::kRow) shape = is_of_rows ? Shape{block_} : Shape{block_, 1};
        if (ExtentOf(v) == Extent::kColumn) shape = Shape{columns_};
        it->second = Bring(v, shape, part);
        part->from.push_back(v);
      }
      inputs.push_back(it->second);
    }
    const Value y = operation.results[0];
    part->inside[y] = part->program.Append(operation.op, inputs, operation.attributes);
    part->made.push_back(y);
  }

  // Halves that another part made are in their tile as floats.
  Value Bring(Value v, const Shape& shape, Part* part) const {
    const DataType type = body_.type(v).dtype;
    const std::vector<Value>& inputs = body_.inputs();
    const bool is_half = type == DataType::kBFloat16 || type == DataType::kFloat16;
    if (!is_half || std::count(inputs.begin(), inputs.end(), v) > 0) {
      return part->program.AddInput({type, shape});
    }
    const Value tile = part->program.AddInput({DataType::kFloat32, shape});
    return part->program.Append(Op::kCast, {tile}, {{"to", type}});
  }

  bool IsReadOutside(Value v, const Part& part) const {
    for (const Operation& operation : body_.operations()) {
      const bool is_in_part =
          part.inside.count(operation.results[0]) > 0 &&
          std::count(part.made.begin(), part.made.end(), operation.results[0]) > 0;
      if (!is_in_part && std::count(operation.inputs.begin(), operation.inputs.end(), v) > 0) {
        return true;
      }
    }
    return false;
  }

  // Rows' values leave through buffers of a block, those of whole rows to their tensors; what else
  // is read of the latter is found in its tile.
  void Plan(Part* part, const Shape& shape) {
    if (part->made.empty()) return;
    const bool is_whole = shape.rank() == 2;
    TileWants wants;
    std::vector<Value> outputs;
    for (const Value v : part->made) {
      const bool is_read = IsReadOutside(v, *part);
      if (!ResultsOf(v).empty() || (is_read && !is_whole)) {
        part->outputs.push_back(v);
        outputs.push_back(part->inside[v]);
      }
      if (is_read && is_whole) {
        part->wanted.push_back(v);
        wants.tiles.push_back(part->inside[v]);
      }
    }
    wants.elements = is_whole ? rows_ * columns_ : rows_;
    std::vector<const Operation*> operations;
    for (const Operation& operation : part->program.operations()) {
      operations.push_back(&operation);
    }
    part->tiles.emplace(part->program, operations, part->program.inputs(), outputs, wants);
    if (is_whole) weight_ += part->tiles->weight() + 1;
  }

  // What a thread works with.
  class Worker {
   public:
    Worker(const FusedRowsStep& step, const void* const* inputs, void* const* results)
        : step_(step), results_(results), at_(step.extents_.size(), nullptr) {
      const size_t values = step.extents_.size();
      size_t floats = values * static_cast<size_t>(step.block_);
      size_t pointers = 0;
      for (const Stage& stage : step.stages_) {
        for (const Part* part : {&stage.rows, &stage.whole}) {
          if (!part->tiles) continue;
          floats += part->tiles->memory_floats() + kAlign;
          pointers += static_cast<size_t>(part->program.value_count());
        }
      }
      thread_local std::vector<float> memory;
      thread_local std::vector<const void*> places;
      if (memory.size() < floats + 2 * kAlign) memory.resize(floats + 2 * kAlign);
      places.assign(pointers, nullptr);
      float* next = Align(memory.data());
      rows_ = next;
      next = Align(next + values * static_cast<size_t>(step.block_));
      const void** place = places.data();
      for (const Stage& stage : step.stages_) {
        for (const Part* part : {&stage.rows, &stage.whole}) {
          memories_.emplace_back(next, place);
          if (!part->tiles) continue;
          next = Align(next + part->tiles->memory_floats());
          place += part->program.value_count();
        }
      }
      const std::vector<Value>& values_in = step.body_.inputs();
      for (size_t i = 0; i < values_in.size(); ++i) {
        bases_.push_back(static_cast<const std::byte*>(inputs[i]));
      }
    }

    // Rows [row, row + n).
    void Run(int64_t row, int64_t n, std::vector<Columns>* folds) {
      const std::vector<Value>& inputs = step_.body_.inputs();
      for (size_t i = 0; i < inputs.size(); ++i) {
        const Value v = inputs[i];
        const auto size = static_cast<int64_t>(SizeOf(step_.body_.type(v).dtype));
        at_[static_cast<size_t>(v)] = bases_[i] + OffsetOf(v, row) * size;
      }
      size_t m = 0;
      for (const Stage& stage : step_.stages_) {
        RunPart(stage.rows, row, n, memories_[m++]);
        RunPart(stage.whole, row, n, memories_[m++]);
        for (const RowReduction& reduction : stage.reductions) Reduce(reduction, row, n);
      }
      is_held_ = true;
      for (size_t r = 0; r < folds->size(); ++r) {
        const Value x = step_.column_reductions_[r].x;
        (*folds)[r].Add(static_cast<const float*>(at_[static_cast<size_t>(x)]),
                        row * step_.columns_, n * step_.columns_);
      }
    }

   private:
    static constexpr size_t kAlign = 16;  // floats

    static float* Align(float* p) {
      const auto address = reinterpret_cast<uintptr_t>(p);
      return reinterpret_cast<float*>((address + 63) / 64 * 64);
    }

    int64_t OffsetOf(Value v, int64_t row) const {
      if (step_.ExtentOf(v) == Extent::kWhole) return row * step_.columns_;
      return step_.ExtentOf(v) == Extent::kRow ? row : 0;
    }

    float* RowsOf(Value v) { return rows_ + static_cast<int64_t>(v) * step_.block_; }

    void RunPart(const Part& part, int64_t row, int64_t n, const FusedTiles::Memory& memory) {
      if (!part.tiles) return;
      const bool is_whole = step_.ExtentOf(part.made[0]) == Extent::kWhole;
      from_.clear();
      for (const Value v : part.from) from_.push_back(at_[static_cast<size_t>(v)]);
      to_.clear();
      for (const Value v : part.outputs) {
        if (!is_whole) {
          to_.push_back(RowsOf(v));
          continue;
        }
        const auto size = static_cast<int64_t>(SizeOf(step_.body_.type(v).dtype));
        to_.push_back(static_cast<std::byte*>(results_[step_.ResultsOf(v)[0]]) +
                      OffsetOf(v, row) * size);
      }
      const int64_t size = is_whole ? n * step_.columns_ : n;
      // Columns stay where they were brought for the block before; what there is one of for each
      // row is one for all in a block of one.
      const bool held = is_held_ && step_.block_ > 1;
      part.tiles->Run({0, size}, held, from_.data(), to_.data(), {}, memory);
      if (is_whole) {
        for (const Value v : part.wanted) {
          at_[static_cast<size_t>(v)] = memory.tile(part.inside.at(v));
        }
        return;
      }
      for (const Value v : part.outputs) Leave(v, row, n);
    }

    void Reduce(const RowReduction& reduction, int64_t row, int64_t n) {
      const auto run = Spans().fold_float32[static_cast<size_t>(reduction.fold)].run;
      const auto* x = static_cast<const float*>(at_[static_cast<size_t>(reduction.x)]);
      float* y = RowsOf(reduction.y);
      for (int64_t r = 0; r < n; ++r) {
        const double value = run(x + r * step_.columns_, static_cast<size_t>(step_.columns_));
        y[r] = static_cast<float>(value / reduction.count);
      }
      Leave(reduction.y, row, n);
    }

    // The numbers of a block of rows are there.
    void Leave(Value v, int64_t row, int64_t n) {
      at_[static_cast<size_t>(v)] = RowsOf(v);
      for (const size_t result : step_.ResultsOf(v)) {
        std::copy_n(RowsOf(v), n, static_cast<float*>(results_[result]) + row);
      }
    }

    const FusedRowsStep& step_;
    void* const* const results_;
    std::vector<const std::byte*> bases_;  // by input
    std::vector<const void*> at_;          // by value of the body
    std::vector<FusedTiles::Memory> memories_;
    std::vector<const void*> from_;
    std::vector<void*> to_;
    bool is_held_ = false;
    float* rows_;  // by value, a number for each row of a block
  };

  const Program body_;
  Shape shape_;
  int64_t columns_ = 1;
  int64_t rows_ = 1;
  int64_t block_ = 1;
  std::vector<Extent> extents_;                     // by value
  std::vector<std::vector<size_t>> value_results_;  // by value: the results it is
  std::vector<Stage> stages_;
  std::vector<ColumnReduction> column_reductions_;
  std::optional<ColumnReductions> columns_folds_;
  int64_t weight_ = 0;
  int64_t chunk_ = 1;  // blocks of a task
  int64_t chunks_ = 1;
  int64_t grain_ = 1;
};

}  // namespace

bool CanReduceRows(const OperationView& view) {
  const TensorType& x = view.inputs[0];
  if (!IsNumeric(view.op()) || x.dtype != DataType::kFloat32 || x.shape.rank() < 2 ||
      !ReducesRows(view) || !view.attributes().Bool("keep_dims")) {
    return false;
  }
  const int64_t columns = x.shape[x.shape.rank() - 1];
  return columns >= kLeastRow && columns <= kTile && x.elements() >= 2 * columns;
}

std::unique_ptr<Step> MakeFusedRows(const OperationView& view) {
  const Program& body = *view.operation.body;
  const auto reduces_rows = [&](const Operation& o) { return CanReduceRows(View(body, o)); };
  if (!std::any_of(body.operations().begin(), body.operations().end(), reduces_rows)) {
    return nullptr;
  }
  return std::make_unique<FusedRowsStep>(body);
}

}  // namespace mlcompute::portable
