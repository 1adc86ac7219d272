#include "mlcompute/portable/fused_tiles.h"

#include <algorithm>
#include <limits>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/fused.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kExpensive = 8;    // an exponential weighs about as much as this many additions
constexpr int64_t kInRegisters = 3;  // and so many additions of a compiled loop as much as one

// Results of as many bytes are written past the caches: nothing of them would be left there for
// who reads them, and a store through the cache reads the line first.
constexpr int64_t kStreamBytes = 4 << 20;

bool IsSimd(DataType t) { return IsSimdFloat(t) || t == DataType::kBool; }

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

// Whether the result of operands that have not been rounded to bfloat16 differs from that of
// rounded ones by rounding errors alone: not if it compares or counts.
bool TakesPrecision(Op op) {
  switch (op) {
    case Op::kAdd:
    case Op::kErf:
    case Op::kErfc:
    case Op::kExp:
    case Op::kMul:
    case Op::kNeg:
    case Op::kRelu:
    case Op::kSigmoid:
    case Op::kSigmoidGrad:
    case Op::kSquare:
    case Op::kSub:
    case Op::kTanh:
    case Op::kTanhGrad:
      return true;
    default:
      return false;
  }
}

bool IsSegmentSum(const OperationView& view) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();  // for SegmentRows
  return view.attributes().String("combine") == "sum" &&
         view.inputs[0].dtype == DataType::kFloat32 && view.inputs[0].elements() > 0 &&
         view.inputs[1].elements() < kMost && view.attributes().Int("segments") < kMost;
}

std::vector<size_t> TiledInputs(const std::vector<const Operation*>& operations,
                                const std::vector<Value>& inputs,
                                const std::vector<Value>& wanted) {
  std::vector<size_t> tiled;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (std::count(wanted.begin(), wanted.end(), inputs[i]) > 0) {
      tiled.push_back(i);
      continue;
    }
    const auto reads = [&](const Operation* operation) {
      return operation->op != Op::kUnsortedSegment &&
             std::count(operation->inputs.begin(), operation->inputs.end(), inputs[i]) > 0;
    };
    if (std::any_of(operations.begin(), operations.end(), reads)) tiled.push_back(i);
  }
  return tiled;
}

std::vector<Shape> ShapesOf(const Program& body, const std::vector<Value>& inputs,
                            const std::vector<size_t>& tiled, const Shape& row) {
  std::vector<Shape> shapes;
  for (const size_t i : tiled) shapes.push_back(body.type(inputs[i]).shape);
  shapes.push_back(row);  // read by nobody, but rows stay together
  return shapes;
}

}  // namespace

bool FusedTiles::FormOf(const OperationView& view, Form* form) {
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

bool CanFuse(const OperationView& view) {
  FusedTiles::Form form;
  return FusedTiles::FormOf(view, &form) && view.results[0].elements() > 0;
}

FusedTiles::FusedTiles(const Program& body, const std::vector<const Operation*>& operations,
                       const std::vector<Value>& inputs, const std::vector<Value>& outputs,
                       const TileWants& wants)
    : wanted_(wants.tiles),
      tiled_(TiledInputs(operations, inputs, wants.tiles)),
      plan_(ShapesOf(body, inputs, tiled_, wants.row), body.type(operations[0]->results[0]).shape),
      sources_(static_cast<size_t>(body.value_count()), -1),
      homes_(static_cast<size_t>(body.value_count())) {
  for (size_t k = 0; k < tiled_.size(); ++k) {
    input_values_.push_back(inputs[tiled_[k]]);
    operands_.emplace_back(k, body.type(inputs[tiled_[k]]).dtype);
    homes_[static_cast<size_t>(input_values_[k])].is_bool = operands_[k].dtype() == DataType::kBool;
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    sources_[static_cast<size_t>(inputs[i])] = static_cast<int>(i);
  }
  for (size_t o = 0; o < outputs.size(); ++o) {
    result_types_.push_back(body.type(outputs[o]).dtype);
    homes_[static_cast<size_t>(outputs[o])].output = static_cast<int>(o);
  }
  const int64_t elements = wants.elements >= 0 ? wants.elements : plan_.elements();
  for (const Operation* operation : operations) {
    const DataType from = body.type(operation->inputs.back()).dtype;
    const DataType to = body.type(operation->results[0]).dtype;
    Instruction instruction{operation->op, Form::kMove, from, {-1, -1, -1}, operation->results[0]};
    FormOf(View(body, *operation), &instruction.form);
    if (!IsExact(operation->op, body.type(operation->inputs[0]).dtype, to)) {
      instruction.rounded_to = to;
    }
    instruction.is_rough = to == DataType::kBFloat16;
    std::copy(operation->inputs.begin(), operation->inputs.end(), instruction.inputs);
    if (instruction.form == Form::kSegment) instruction.lists = ListsOf(body, *operation);
    instructions_.push_back(instruction);
    Home& home = homes_[static_cast<size_t>(operation->results[0])];
    home.is_bool = to == DataType::kBool;
    home.is_streamed = home.output >= 0 && to == DataType::kFloat32 &&
                       elements * static_cast<int64_t>(sizeof(float)) >= kStreamBytes;
    is_streaming_ = is_streaming_ || home.is_streamed;
  }
  KeepPrecision();
  FindPieces();
  AssignBuffers();
  for (const Piece& piece : pieces_) {
    int64_t simple = 0;
    for (size_t k = piece.first; k < piece.last; ++k) {
      const Op op = instructions_[k].op;
      const bool is_expensive = (op >= Op::kExp && op <= Op::kErfc) || op == Op::kSigmoid;
      weight_ += is_expensive ? kExpensive : 0;
      simple += is_expensive ? 0 : 1;
    }
    weight_ += piece.loop ? (simple + kInRegisters - 1) / kInRegisters : simple;
  }
  shares_.assign(outputs.size(), std::vector<bool>(inputs.size(), false));
  FindShares(body, outputs);
}

int FusedTiles::ListsOf(const Program& body, const Operation& operation) {
  const Value ids = operation.inputs[1];
  const SegmentLists lists{static_cast<size_t>(sources_[static_cast<size_t>(ids)]),
                           body.type(ids).dtype, body.type(ids).shape,
                           operation.attributes.Int("segments"), scratch_bytes_};
  for (size_t k = 0; k < segment_lists_.size(); ++k) {
    if (segment_lists_[k].ids == lists.ids && segment_lists_[k].segments == lists.segments) {
      return static_cast<int>(k);
    }
  }
  segment_lists_.push_back(lists);
  scratch_bytes_ += SegmentRows::bytes(lists.shape.elements(), lists.segments);
  return static_cast<int>(segment_lists_.size()) - 1;
}

// Tiles of operands and values, then one for raw halves, 64-byte aligned. Kept per thread: they are
// of a few hundred kilobytes at most.
FusedTiles::Memory::Memory(const FusedTiles& tiles) {
  thread_local std::vector<float> memory;
  thread_local std::vector<const void*> pointers;
  const size_t size = (static_cast<size_t>(tiles.buffer_count_) + 2) * kTile;
  if (memory.size() < size) memory.resize(size);
  const auto address = reinterpret_cast<uintptr_t>(memory.data());
  buffers_ = reinterpret_cast<float*>((address + 63) / 64 * 64);
  pointers.assign(tiles.homes_.size(), nullptr);
  at_ = pointers.data();
}

// What passes between operations of bfloat16 is not rounded where that costs time for nothing.
void FusedTiles::KeepPrecision() {
  std::vector<bool> is_counted(homes_.size(), false);  // by value: as it is rounded
  for (const Value v : wanted_) is_counted[static_cast<size_t>(v)] = true;
  for (size_t k = instructions_.size(); k-- > 0;) {
    Instruction& i = instructions_[k];
    const bool result = is_counted[static_cast<size_t>(i.result)];
    for (const int v : i.inputs) {
      if (v < 0) continue;
      const bool hands_on = i.op == Op::kNeg || i.op == Op::kRelu;
      if (!TakesPrecision(i.op) || (hands_on && result)) is_counted[static_cast<size_t>(v)] = true;
    }
    if (i.op != Op::kCast && !result && i.rounded_to == DataType::kBFloat16) {
      i.rounded_to = DataType::kFloat32;
    }
  }
}

// Runs of instructions that can be compiled are loops, all others pieces of their own.
void FusedTiles::FindPieces() {
  std::vector<bool> compiles;
  for (const Instruction& i : instructions_) {
    compiles.push_back(i.form != Form::kSegment && CanCompile(i.op, i.from));
  }
  if (FindPieces(compiles)) return;
  pieces_.clear();
  compiles.assign(compiles.size(), false);
  FindPieces(compiles);
}

// Whether loops can read the operand where it is.
bool FusedTiles::IsReadInPlace(size_t operand) const {
  const bool is_bool = operands_[operand].dtype() == DataType::kBool;
  const bool has_rows = plan_.row() <= kTile && plan_.row() % kLoopRow == 0 && !is_bool;
  switch (plan_.walk(operand)) {
    case Walk::kDense:
      return true;
    case Walk::kScalar:
      return !is_bool;
    case Walk::kRow:
      return has_rows;
    case Walk::kMixed:
      return has_rows && plan_.RepeatsAlongRows(operand);
  }
  return false;
}

bool FusedTiles::FindPieces(const std::vector<bool>& compiles) {
  is_loaded_.clear();
  for (size_t i = 0; i < operands_.size(); ++i) {
    bool is_loaded = IsWanted(input_values_[i]) || !IsReadInPlace(i);
    for (size_t k = 0; k < instructions_.size(); ++k) {
      const auto& read = instructions_[k].inputs;
      is_loaded = is_loaded || (!compiles[k] &&
                                std::count(std::begin(read), std::end(read), input_values_[i]) > 0);
    }
    is_loaded_.push_back(is_loaded);
  }
  for (size_t first = 0; first < instructions_.size();) {
    size_t last = first + 1;
    if (!compiles[first]) {
      pieces_.push_back({first, last});
    } else {
      while (last < instructions_.size() && compiles[last]) ++last;
      if (!AddLoops(first, last)) return false;
    }
    first = last;
  }
  takes_any_tile_ = pieces_.size() == 1 && pieces_[0].loop && wanted_.empty() &&
                    std::count(is_loaded_.begin(), is_loaded_.end(), true) == 0;
  return true;
}

// A run that needs more registers than there are becomes two.
bool FusedTiles::AddLoops(size_t first, size_t last) {
  Piece piece{first, last};
  const LoopBody body = Describe(&piece);
  piece.loop = CompiledLoop::Compile(body);
  if (piece.loop) {
    pieces_.push_back(std::move(piece));
    return true;
  }
  const size_t middle = first + (last - first) / 2;
  return middle > first && AddLoops(first, middle) && AddLoops(middle, last);
}

bool FusedTiles::IsReadOutside(int value, const Piece& piece) const {
  if (IsWanted(value)) return true;
  for (size_t k = 0; k < instructions_.size(); ++k) {
    const auto& read = instructions_[k].inputs;
    if ((k < piece.first || k >= piece.last) &&
        std::count(std::begin(read), std::end(read), value) > 0) {
      return true;
    }
  }
  return false;
}

// Whether the value is in its output's memory as later instructions read it.
bool FusedTiles::IsInOutput(int value) const {
  const Home& home = homes_[static_cast<size_t>(value)];
  if (home.output < 0 || home.is_streamed) return false;
  const DataType type = result_types_[static_cast<size_t>(home.output)];
  return type == DataType::kFloat32 || type == DataType::kBool;
}

LoopBody FusedTiles::Describe(Piece* piece) const {
  using Kind = Piece::Place::Kind;
  LoopBody body;
  std::vector<int> known;
  std::vector<Piece::Place> targets;
  for (size_t k = piece->first; k < piece->last; ++k) {
    const Instruction& instruction = instructions_[k];
    for (const int v : instruction.inputs) {
      if (v < 0 || std::count(known.begin(), known.end(), v) > 0) continue;
      known.push_back(v);
      const auto found = std::find(input_values_.begin(), input_values_.end(), v);
      const auto i = static_cast<size_t>(found - input_values_.begin());
      const bool is_bool = homes_[static_cast<size_t>(v)].is_bool;
      if (found == input_values_.end() || is_loaded_[i]) {
        const bool is_narrow =
            found != input_values_.end() && operands_[i].dtype() == DataType::kBFloat16;
        body.sources.push_back(
            {v, is_bool ? DataType::kBool : DataType::kFloat32, false, is_narrow});
        piece->places.push_back({Kind::kTile, v, 0});
        continue;
      }
      const DataType type = operands_[i].dtype();
      LoopSource source{v, type, plan_.walk(i) == Walk::kScalar};
      Piece::Place place{Kind::kOperand, static_cast<int>(tiled_[i]),
                         source.is_scalar ? 0 : SizeOf(type)};
      if (plan_.walk(i) == Walk::kRow) {
        source.of = LoopSource::Of::kColumns;
        place.kind = Kind::kColumns;
      } else if (plan_.walk(i) == Walk::kMixed) {
        source.of = LoopSource::Of::kRows;
        place.kind = Kind::kRows;
      }
      if (source.of != LoopSource::Of::kElements) body.row = plan_.row();
      body.sources.push_back(source);
      piece->places.push_back(place);
    }
    const int v = instruction.result;
    known.push_back(v);
    body.operations.push_back(
        {instruction.op,
         instruction.from,
         {instruction.inputs[0], instruction.inputs[1], instruction.inputs[2]},
         v,
         instruction.rounded_to,
         instruction.is_rough});
    const Home& home = homes_[static_cast<size_t>(v)];
    if (home.output >= 0) {
      const DataType type = result_types_[static_cast<size_t>(home.output)];
      body.targets.push_back({v, type, home.is_streamed});
      targets.push_back({Kind::kResult, home.output, SizeOf(type)});
    }
    if (IsReadOutside(v, *piece) && !IsInOutput(v)) {
      body.targets.push_back({v, home.is_bool ? DataType::kBool : DataType::kFloat32, false});
      targets.push_back({Kind::kTile, v, 0});
    } else if (IsReadOutside(v, *piece)) {
      piece->in_outputs.push_back(v);
    }
  }
  piece->source_count = piece->places.size();
  piece->places.insert(piece->places.end(), targets.begin(), targets.end());
  return body;
}

// Every operand has a buffer of its own, since scalars and rows stay there from tile to tile. The
// buffer of a value is taken over after the piece that holds its last reader.
void FusedTiles::AssignBuffers() {
  buffer_count_ = static_cast<int>(operands_.size());
  for (size_t i = 0; i < operands_.size(); ++i) {
    homes_[static_cast<size_t>(input_values_[i])].buffer = static_cast<int>(i);
  }
  std::vector<size_t> last_use(homes_.size(), 0);
  for (size_t p = 0; p < pieces_.size(); ++p) {
    for (size_t k = pieces_[p].first; k < pieces_[p].last; ++k) {
      for (const int v : instructions_[k].inputs) {
        if (v >= 0) last_use[static_cast<size_t>(v)] = p;
      }
    }
  }
  for (const Value v : wanted_) last_use[static_cast<size_t>(v)] = pieces_.size();
  std::vector<int> free;
  for (size_t p = 0; p < pieces_.size(); ++p) {
    std::vector<int> read;
    for (size_t k = pieces_[p].first; k < pieces_[p].last; ++k) {
      const int v = instructions_[k].result;
      const bool is_in_register = pieces_[p].loop && !IsReadOutside(v, pieces_[p]);
      if (!IsInOutput(v) && !is_in_register) {
        int& buffer = homes_[static_cast<size_t>(v)].buffer;
        if (free.empty()) {
          buffer = buffer_count_++;
        } else {
          buffer = free.back();
          free.pop_back();
        }
      }
      for (const int input : instructions_[k].inputs) {
        if (input >= 0 && std::count(read.begin(), read.end(), input) == 0) read.push_back(input);
      }
    }
    for (const int v : read) {
      const int buffer = homes_[static_cast<size_t>(v)].buffer;
      if (last_use[static_cast<size_t>(v)] == p && buffer >= static_cast<int>(operands_.size())) {
        free.push_back(buffer);
      }
    }
  }
}

// A result may take an input's memory when the input is read in place and not after the result is
// written.
void FusedTiles::FindShares(const Program& body, const std::vector<Value>& outputs) {
  for (size_t o = 0; o < outputs.size(); ++o) {
    for (size_t t = 0; t < tiled_.size(); ++t) {
      int written = -1;
      int read = -1;
      bool is_summed = false;  // by segment: read all over, at any time
      for (size_t k = 0; k < instructions_.size(); ++k) {
        if (instructions_[k].result == outputs[o]) written = static_cast<int>(k);
        for (const int v : instructions_[k].inputs) {
          if (v != input_values_[t]) continue;
          read = static_cast<int>(k);
          is_summed = is_summed || instructions_[k].form == Form::kSegment;
        }
      }
      shares_[o][tiled_[t]] = body.type(input_values_[t]) == body.type(outputs[o]) &&
                              plan_.walk(t) == Walk::kDense &&
                              operands_[t].dtype() == DataType::kFloat32 && read <= written &&
                              !is_summed && !IsWanted(input_values_[t]);
    }
  }
}

std::vector<SegmentRows> FusedTiles::ListSegments(const void* const* inputs, void* scratch) const {
  std::vector<SegmentRows> lists;
  for (const SegmentLists& l : segment_lists_) {
    lists.emplace_back(inputs[l.ids], l.type, l.shape, l.segments,
                       static_cast<std::byte*>(scratch) + l.offset);
  }
  return lists;
}

}  // namespace mlcompute::portable
