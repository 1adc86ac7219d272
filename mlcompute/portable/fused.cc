#include "mlcompute/portable/fused.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/operand.h"
#include "mlcompute/portable/segment_rows.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

// Elements times instructions that pay for waking another thread.
constexpr int64_t kGrain = 48 << 10;
constexpr int64_t kExpensive = 8;  // an exponential weighs about as much as this many additions

// Results of as many bytes are written past the caches: nothing of them would be left there for
// who reads them, and a store through the cache reads the line first.
constexpr int64_t kStreamBytes = 4 << 20;

// What an instruction does, by the types it reads and writes.
enum class Form { kUnary, kBinary, kCompare, kTest, kLogic, kSelect, kFromBool, kMove, kSegment };

bool IsSimd(DataType t) { return IsSimdFloat(t) || t == DataType::kBool; }

bool IsSegmentSum(const OperationView& view) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();  // for SegmentRows
  return view.attributes().String("combine") == "sum" &&
         view.inputs[0].dtype == DataType::kFloat32 && view.inputs[0].elements() > 0 &&
         view.inputs[1].elements() < kMost && view.attributes().Int("segments") < kMost;
}

// False when there is no span for the operation.
bool FormOf(const OperationView& view, Form* form) {
  if (view.op() == Op::kUnsortedSegment) {
    *form = Form::kSegment;
    return IsSegmentSum(view);
  }
  const auto op = static_cast<size_t>(view.op());
  for (const TensorType& type : view.inputs) {
    if (!IsSimd(type.dtype)) return false;
  }
  const DataType from = view.inputs[0].dtype;
  const DataType to = view.results[0].dtype;
  if (!IsSimd(to)) return false;
  if (view.op() == Op::kCast) {
    *form = from == DataType::kBool ? Form::kFromBool : Form::kMove;
    return IsSimdFloat(to);
  }
  if (view.op() == Op::kSelect) {
    *form = Form::kSelect;
    return IsSimdFloat(to);
  }
  const bool two = view.inputs.size() == 2;
  if (from == DataType::kBool) {
    *form = Form::kLogic;
    return Spans().logic[op] != nullptr;
  }
  if (to == DataType::kBool) {
    *form = two ? Form::kCompare : Form::kTest;
    return two ? Spans().compare[op] != nullptr : Spans().test[op] != nullptr;
  }
  *form = two ? Form::kBinary : Form::kUnary;
  return two ? Spans().binary[op] != nullptr
             : view.inputs.size() == 1 && Spans().unary[op] != nullptr;
}

OperationView View(const Program& program, const Operation& operation) {
  OperationView view{operation, {}, {}};
  for (const Value v : operation.inputs) view.inputs.push_back(program.type(v));
  for (const Value v : operation.results) view.results.push_back(program.type(v));
  return view;
}

struct Instruction {
  Op op;
  Form form;
  int inputs[3];  // values of the body
  int result;
  int lists = -1;  // kSegment: index in segment_lists_
  DataType rounded_to =
      DataType::kFloat32;  // kFloat16 or kBFloat16: each element, before it is read
};

// Whether results are 0, 1 or elements of an input as they are: they need no rounding.
bool IsExact(Op op, DataType from, DataType to) {
  switch (op) {
    case Op::kAbs:
    case Op::kMaximum:
    case Op::kMinimum:
    case Op::kNeg:
    case Op::kRelu:
    case Op::kSelect:
      return true;
    case Op::kCast:
      return from == to || from == DataType::kBool;
    default:
      return false;
  }
}

// Where a value of the body lives while a tile is worked on.
struct Home {
  int buffer = -1;  // of kTile floats; -1: in the output's own memory
  int output = -1;  // the output it is, if any
  bool is_bool = false;
  bool is_streamed = false;
};

// The lists of rows by segment that one or more instructions go along.
struct SegmentLists {
  size_t ids;  // an input of the step
  DataType type;
  Shape shape;
  int64_t segments;
  size_t offset;  // in the scratch
};

// Inputs that are brought tile by tile: all but those only segments are summed up from.
std::vector<size_t> TiledInputs(const OperationView& view) {
  const Program& body = *view.operation.body;
  std::vector<size_t> tiled;
  for (size_t i = 0; i < view.inputs.size(); ++i) {
    const auto reads = [&](const Operation& operation) {
      return operation.op != Op::kUnsortedSegment &&
             std::count(operation.inputs.begin(), operation.inputs.end(), body.inputs()[i]) > 0;
    };
    if (std::any_of(body.operations().begin(), body.operations().end(), reads)) tiled.push_back(i);
  }
  return tiled;
}

class FusedStep : public Step {
 public:
  explicit FusedStep(const OperationView& view)
      : tiled_(TiledInputs(view)),
        plan_(ShapesOf(view, tiled_), view.results[0].shape),
        sources_(static_cast<size_t>(view.operation.body->value_count()), -1) {
    const Program& body = *view.operation.body;
    homes_.resize(static_cast<size_t>(body.value_count()));
    for (size_t k = 0; k < tiled_.size(); ++k) {
      operands_.emplace_back(k, view.inputs[tiled_[k]].dtype);
      input_values_.push_back(body.inputs()[tiled_[k]]);
    }
    for (size_t i = 0; i < view.inputs.size(); ++i) {
      sources_[static_cast<size_t>(body.inputs()[i])] = static_cast<int>(i);
    }
    for (size_t o = 0; o < view.results.size(); ++o) {
      result_types_.push_back(view.results[o].dtype);
      homes_[static_cast<size_t>(body.outputs()[o])].output = static_cast<int>(o);
    }
    int64_t weight = 0;
    for (const Operation& operation : body.operations()) {
      Instruction instruction{operation.op, Form::kMove, {-1, -1, -1}, operation.results[0]};
      FormOf(View(body, operation), &instruction.form);
      const DataType to = body.type(operation.results[0]).dtype;
      if (!IsExact(operation.op, body.type(operation.inputs[0]).dtype, to)) {
        instruction.rounded_to = to;
      }
      std::copy(operation.inputs.begin(), operation.inputs.end(), instruction.inputs);
      if (instruction.form == Form::kSegment) instruction.lists = ListsOf(body, operation);
      instructions_.push_back(instruction);
      homes_[static_cast<size_t>(operation.results[0])].is_bool =
          body.type(operation.results[0]).dtype == DataType::kBool;
      weight += operation.op >= Op::kExp && operation.op <= Op::kErfc ? kExpensive : 1;
    }
    AssignBuffers(view);
    FindShares(view, body);
    const int64_t tile =
        std::max<int64_t>(plan_.elements() / std::max<int64_t>(plan_.tile_count(), 1), 1);
    grain_ = std::max<int64_t>(kGrain / (tile * std::max<int64_t>(weight, 2)), 1);
  }

  bool CanShare(int result, int input) const override {
    return shares_[static_cast<size_t>(result)][static_cast<size_t>(input)];
  }

  size_t scratch_bytes() const override { return scratch_bytes_; }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    std::vector<SegmentRows> lists;
    for (const SegmentLists& l : segment_lists_) {
      lists.emplace_back(inputs[l.ids], l.type, l.shape, l.segments,
                         static_cast<std::byte*>(scratch) + l.offset);
    }
    ParallelFor(plan_.tile_count(), grain_, [&](int64_t begin, int64_t end) {
      // Tiles of operands and values, then one for raw halves. Kept per thread: it is of a few
      // hundred kilobytes at most.
      thread_local std::vector<float> memory;
      const size_t tiles = static_cast<size_t>(buffer_count_) + 1;
      if (memory.size() < (tiles + 1) * kTile) memory.resize((tiles + 1) * kTile);
      auto address = reinterpret_cast<uintptr_t>(memory.data());
      address = (address + 63) / 64 * 64;
      auto* base = reinterpret_cast<float*>(address);
      std::vector<const void*>& at = Pointers();
      at.assign(homes_.size(), nullptr);
      for (int64_t t = begin; t < end; ++t) {
        RunTile(plan_.tile(t), t != begin, inputs, results, lists, base, at.data());
      }
      if (is_streaming_) Spans().flush_stream();
    });
  }

 private:
  static std::vector<Shape> ShapesOf(const OperationView& view, const std::vector<size_t>& inputs) {
    std::vector<Shape> shapes;
    for (const size_t i : inputs) shapes.push_back(view.inputs[i].shape);
    return shapes;
  }

  int ListsOf(const Program& body, const Operation& operation) {
    const TensorType& type = body.type(operation.inputs[1]);
    const SegmentLists lists{
        static_cast<size_t>(sources_[static_cast<size_t>(operation.inputs[1])]), type.dtype,
        type.shape, operation.attributes.Int("segments"), scratch_bytes_};
    for (size_t k = 0; k < segment_lists_.size(); ++k) {
      if (segment_lists_[k].ids == lists.ids && segment_lists_[k].segments == lists.segments) {
        return static_cast<int>(k);
      }
    }
    segment_lists_.push_back(lists);
    scratch_bytes_ += SegmentRows::bytes(type.elements(), lists.segments);
    return static_cast<int>(segment_lists_.size()) - 1;
  }

  static std::vector<const void*>& Pointers() {
    thread_local std::vector<const void*> pointers;
    return pointers;
  }

  // Every operand has a buffer of its own, since scalars and rows stay there from tile to tile. The
  // buffer of a value is taken over once its last reader has run.
  void AssignBuffers(const OperationView& view) {
    buffer_count_ = static_cast<int>(operands_.size());
    for (size_t i = 0; i < operands_.size(); ++i) {
      homes_[static_cast<size_t>(input_values_[i])].buffer = static_cast<int>(i);
    }
    last_use_.assign(homes_.size(), -1);
    for (size_t k = 0; k < instructions_.size(); ++k) {
      for (const int v : instructions_[k].inputs) {
        if (v >= 0) last_use_[static_cast<size_t>(v)] = static_cast<int>(k);
      }
    }
    std::vector<int> free;
    for (size_t k = 0; k < instructions_.size(); ++k) {
      Home& home = homes_[static_cast<size_t>(instructions_[k].result)];
      const DataType to = home.output < 0 ? DataType::kInvalid
                                          : view.results[static_cast<size_t>(home.output)].dtype;
      home.is_streamed = to == DataType::kFloat32 &&
                         plan_.elements() * static_cast<int64_t>(sizeof(float)) >= kStreamBytes;
      is_streaming_ = is_streaming_ || home.is_streamed;
      if (home.is_streamed || (to != DataType::kFloat32 && to != DataType::kBool)) {
        if (free.empty()) {
          home.buffer = buffer_count_++;
        } else {
          home.buffer = free.back();
          free.pop_back();
        }
      }
      for (const int v : instructions_[k].inputs) {
        if (v < 0 || last_use_[static_cast<size_t>(v)] != static_cast<int>(k)) continue;
        const Home& used = homes_[static_cast<size_t>(v)];
        if (used.buffer >= static_cast<int>(operands_.size())) free.push_back(used.buffer);
        last_use_[static_cast<size_t>(v)] = -1;  // an input read twice is freed once
      }
    }
  }

  // A result may take an input's memory when the input is read in place and not after the result is
  // written.
  void FindShares(const OperationView& view, const Program& body) {
    for (size_t o = 0; o < view.results.size(); ++o) {
      std::vector<bool> row(view.inputs.size(), false);
      for (size_t t = 0; t < tiled_.size(); ++t) {
        const size_t i = tiled_[t];
        int written = -1;
        int read = -1;
        bool is_summed = false;  // by segment: read all over, at any time
        for (size_t k = 0; k < instructions_.size(); ++k) {
          if (instructions_[k].result == body.outputs()[o]) written = static_cast<int>(k);
          for (const int v : instructions_[k].inputs) {
            if (v != input_values_[t]) continue;
            read = static_cast<int>(k);
            is_summed = is_summed || instructions_[k].form == Form::kSegment;
          }
        }
        row[i] = view.inputs[i] == view.results[o] && plan_.walk(t) == Walk::kDense &&
                 view.inputs[i].dtype == DataType::kFloat32 && read <= written && !is_summed;
      }
      shares_.push_back(std::move(row));
    }
  }

  void RunTile(TilePlan::Tile tile, bool held, const void* const* inputs, void* const* results,
               const std::vector<SegmentRows>& lists, float* buffers, const void** at) const {
    auto* raw = reinterpret_cast<std::byte*>(buffers + buffer_count_ * kTile);
    for (size_t i = 0; i < operands_.size(); ++i) {
      float* buffer = buffers + static_cast<int64_t>(i) * kTile;
      const auto v = static_cast<size_t>(input_values_[i]);
      if (operands_[i].dtype() == DataType::kBool) {
        at[v] = operands_[i].LoadBytes(plan_, inputs[tiled_[i]], tile,
                                       reinterpret_cast<std::byte*>(buffer));
      } else {
        at[v] = operands_[i].Load(plan_, inputs[tiled_[i]], tile, buffer, raw, held);
      }
    }
    for (const Instruction& instruction : instructions_) {
      const Home& home = homes_[static_cast<size_t>(instruction.result)];
      void* to;
      if (home.buffer >= 0) {
        to = buffers + home.buffer * kTile;
      } else if (home.is_bool) {
        to = static_cast<uint8_t*>(results[home.output]) + tile.start;
      } else {
        to = static_cast<float*>(results[home.output]) + tile.start;
      }
      if (instruction.form == Form::kSegment) {
        const int source = sources_[static_cast<size_t>(instruction.inputs[0])];
        SumSegments(static_cast<const float*>(inputs[source]), tile, instruction.lists, lists,
                    static_cast<float*>(to));
      } else {
        Execute(instruction, at, to, static_cast<size_t>(tile.size));
      }
      at[instruction.result] = to;
      const auto n = static_cast<size_t>(tile.size);
      if (home.is_streamed) {
        StreamOut(static_cast<const float*>(to),
                  static_cast<float*>(results[home.output]) + tile.start, n);
        continue;
      }
      const bool leaves = home.output >= 0 && home.buffer >= 0;
      auto* halves = leaves ? static_cast<uint16_t*>(results[home.output]) + tile.start
                            : reinterpret_cast<uint16_t*>(raw);
      const DataType type =
          leaves ? result_types_[static_cast<size_t>(home.output)] : instruction.rounded_to;
      if (type == DataType::kFloat16) {
        Spans().to_float16(static_cast<const float*>(to), halves, n);
        if (instruction.rounded_to == type)
          Spans().from_float16(halves, static_cast<float*>(to), n);
      } else if (type == DataType::kBFloat16) {
        Spans().to_bfloat16(static_cast<const float*>(to), halves, n);
        if (instruction.rounded_to == type) {
          Spans().from_bfloat16(halves, static_cast<float*>(to), n);
        }
      }
    }
  }

  // Elements [tile.start, tile.start + tile.size) of the segments' sums, rows added in order.
  void SumSegments(const float* x, TilePlan::Tile tile, int index,
                   const std::vector<SegmentRows>& lists, float* y) const {
    const auto add = Spans().binary[static_cast<size_t>(Op::kAdd)];
    const auto k = static_cast<size_t>(index);
    const int64_t width = plan_.elements() / segment_lists_[k].segments;
    const int64_t end = tile.start + tile.size;
    std::fill_n(y, tile.size, 0.0f);
    for (int64_t segment = tile.start / width; segment * width < end; ++segment) {
      const int64_t from = std::max(segment * width, tile.start);
      const int64_t to = std::min((segment + 1) * width, end);
      float* sum = y + (from - tile.start);
      for (int32_t row = lists[k].first(segment); row >= 0; row = lists[k].next(row)) {
        add(sum, x + row * width + (from - segment * width), sum, static_cast<size_t>(to - from));
      }
    }
  }

  static void StreamOut(const float* x, float* y, size_t n) {
    constexpr uintptr_t kLine = 64;
    const uintptr_t past = reinterpret_cast<uintptr_t>(y) % kLine;
    const size_t before = past == 0 ? 0 : std::min(n, (kLine - past) / sizeof(float));
    std::copy_n(x, before, y);
    Spans().stream(x + before, y + before, n - before);
  }

  static void Execute(const Instruction& instruction, const void* const* at, void* to, size_t n) {
    const auto op = static_cast<size_t>(instruction.op);
    const auto floats = [&](int i) { return static_cast<const float*>(at[instruction.inputs[i]]); };
    const auto bytes = [&](int i) {
      return static_cast<const uint8_t*>(at[instruction.inputs[i]]);
    };
    auto* y = static_cast<float*>(to);
    auto* b = static_cast<uint8_t*>(to);
    switch (instruction.form) {
      case Form::kUnary:
        return Spans().unary[op](floats(0), y, n);
      case Form::kBinary:
        return Spans().binary[op](floats(0), floats(1), y, n);
      case Form::kCompare:
        return Spans().compare[op](floats(0), floats(1), b, n);
      case Form::kTest:
        return Spans().test[op](floats(0), b, n);
      case Form::kLogic:
        return Spans().logic[op](bytes(0), instruction.inputs[1] < 0 ? bytes(0) : bytes(1), b, n);
      case Form::kSelect:
        return Spans().select(bytes(0), floats(1), floats(2), y, n);
      case Form::kFromBool:
        return Spans().from_bool(bytes(0), y, n);
      case Form::kMove:
        std::copy_n(floats(0), n, y);
        return;
      case Form::kSegment:
        return;  // SumSegments()
    }
  }

  const std::vector<size_t> tiled_;  // inputs of the step
  const TilePlan plan_;
  std::vector<int> sources_;       // by value of the body: the input of the step it is, or -1
  std::vector<Operand> operands_;  // as tiled_
  std::vector<Value> input_values_;
  std::vector<DataType> result_types_;
  std::vector<Instruction> instructions_;
  std::vector<Home> homes_;  // by value of the body
  std::vector<int> last_use_;
  std::vector<std::vector<bool>> shares_;
  std::vector<SegmentLists> segment_lists_;
  size_t scratch_bytes_ = 0;
  int buffer_count_ = 0;
  bool is_streaming_ = false;
  int64_t grain_ = 1;
};

}  // namespace

bool CanFuse(const OperationView& view) {
  Form form;
  return FormOf(view, &form) && view.results[0].elements() > 0;
}

std::unique_ptr<Step> MakeFused(const OperationView& view) {
  return std::make_unique<FusedStep>(view);
}

}  // namespace mlcompute::portable
