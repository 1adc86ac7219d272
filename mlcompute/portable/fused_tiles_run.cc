// What FusedTiles does with a tile; how it is planned: fused_tiles.cc.
#include <algorithm>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/fused_tiles.h"

namespace mlcompute::portable {
namespace {

void StreamOut(const float* x, float* y, size_t n) {
  constexpr uintptr_t kLine = 64;
  const uintptr_t past = reinterpret_cast<uintptr_t>(y) % kLine;
  const size_t before = past == 0 ? 0 : std::min(n, (kLine - past) / sizeof(float));
  std::copy_n(x, before, y);
  Spans().stream(x + before, y + before, n - before);
}

}  // namespace

void FusedTiles::Finish() const {
  if (is_streaming_) Spans().flush_stream();
}

// Elements [tile.start, tile.start + tile.size) of the segments' sums, rows added in order.
void FusedTiles::SumSegments(const float* x, TilePlan::Tile tile, int index,
                             const std::vector<SegmentRows>& segments, float* y) const {
  const auto add = Spans().binary[static_cast<size_t>(Op::kAdd)];
  const auto k = static_cast<size_t>(index);
  const int64_t width = plan_.elements() / segment_lists_[k].segments;
  const int64_t end = tile.start + tile.size;
  std::fill_n(y, tile.size, 0.0f);
  for (int64_t segment = tile.start / width; segment * width < end; ++segment) {
    const int64_t from = std::max(segment * width, tile.start);
    const int64_t to = std::min((segment + 1) * width, end);
    float* sum = y + (from - tile.start);
    for (int32_t row = segments[k].first(segment); row >= 0; row = segments[k].next(row)) {
      add(sum, x + row * width + (from - segment * width), sum, static_cast<size_t>(to - from));
    }
  }
}

void FusedTiles::Run(TilePlan::Tile tile, bool held, const void* const* inputs,
                     void* const* results, const std::vector<SegmentRows>& segments,
                     const Memory& memory) const {
  auto* raw = reinterpret_cast<std::byte*>(memory.buffers_ + buffer_count_ * kTile);
  for (size_t i = 0; i < operands_.size(); ++i) {
    if (!is_loaded_[i]) continue;
    float* buffer = memory.buffers_ + static_cast<int64_t>(i) * kTile;
    const void*& at = memory.at_[input_values_[i]];
    if (operands_[i].dtype() == DataType::kBool) {
      at = operands_[i].LoadBytes(plan_, inputs[tiled_[i]], tile,
                                  reinterpret_cast<std::byte*>(buffer));
    } else {
      at = operands_[i].Load(plan_, inputs[tiled_[i]], tile, buffer, raw, held);
    }
  }
  for (const Piece& piece : pieces_) {
    if (piece.loop) {
      RunLoop(piece, tile, inputs, results, memory);
    } else {
      RunInstruction(instructions_[piece.first], tile, inputs, results, segments, memory);
    }
  }
}

void* FusedTiles::HomeOf(int value, TilePlan::Tile tile, void* const* results,
                         const Memory& memory) const {
  const Home& home = homes_[static_cast<size_t>(value)];
  if (home.buffer >= 0) return memory.buffers_ + home.buffer * kTile;
  if (home.is_bool) return static_cast<uint8_t*>(results[home.output]) + tile.start;
  return static_cast<float*>(results[home.output]) + tile.start;
}

void FusedTiles::RunLoop(const Piece& piece, TilePlan::Tile tile, const void* const* inputs,
                         void* const* results, const Memory& memory) const {
  using Kind = Piece::Place::Kind;
  constexpr size_t kMost = 64;
  std::byte* few[kMost];
  std::vector<std::byte*> many;
  std::byte** at = few;
  if (piece.places.size() > kMost) {
    many.resize(piece.places.size());
    at = many.data();
  }
  for (size_t k = 0; k < piece.places.size(); ++k) {
    const Piece::Place& place = piece.places[k];
    const bool is_of_rows = place.kind == Kind::kRows;
    const int64_t start = place.kind == Kind::kColumns ? 0
                          : is_of_rows                 ? tile.start / plan_.row()
                                                       : tile.start;
    const size_t offset = static_cast<size_t>(start) * place.size;
    if (place.kind == Kind::kOperand || place.kind == Kind::kColumns || is_of_rows) {
      // Sources are only read.
      at[k] = static_cast<std::byte*>(const_cast<void*>(inputs[place.index])) + offset;
    } else if (place.kind == Kind::kResult) {
      at[k] = static_cast<std::byte*>(results[place.index]) + offset;
    } else {
      const void*& tile_at = memory.at_[place.index];
      if (k >= piece.source_count) tile_at = HomeOf(place.index, tile, results, memory);
      at[k] = static_cast<std::byte*>(const_cast<void*>(tile_at));
    }
  }
  piece.loop->Run(at, static_cast<size_t>(tile.size));
  for (const int v : piece.in_outputs) memory.at_[v] = HomeOf(v, tile, results, memory);
}

void FusedTiles::RunInstruction(const Instruction& instruction, TilePlan::Tile tile,
                                const void* const* inputs, void* const* results,
                                const std::vector<SegmentRows>& segments,
                                const Memory& memory) const {
  const Home& home = homes_[static_cast<size_t>(instruction.result)];
  void* to = HomeOf(instruction.result, tile, results, memory);
  const auto n = static_cast<size_t>(tile.size);
  if (instruction.form == Form::kSegment) {
    const int source = sources_[static_cast<size_t>(instruction.inputs[0])];
    SumSegments(static_cast<const float*>(inputs[source]), tile, instruction.lists, segments,
                static_cast<float*>(to));
  } else {
    Execute(instruction, memory.at_, to, n);
  }
  memory.at_[instruction.result] = to;
  if (home.is_streamed) {
    StreamOut(static_cast<const float*>(to), static_cast<float*>(results[home.output]) + tile.start,
              n);
    return;
  }
  const bool leaves = home.output >= 0 && home.buffer >= 0;
  auto* raw = reinterpret_cast<uint16_t*>(memory.buffers_ + buffer_count_ * kTile);
  auto* halves = leaves ? static_cast<uint16_t*>(results[home.output]) + tile.start : raw;
  const DataType type =
      leaves ? result_types_[static_cast<size_t>(home.output)] : instruction.rounded_to;
  const bool rounds = instruction.rounded_to == type;
  if (type == DataType::kFloat16) {
    Spans().to_float16(static_cast<const float*>(to), halves, n);
    if (rounds) Spans().from_float16(halves, static_cast<float*>(to), n);
  } else if (type == DataType::kBFloat16) {
    Spans().to_bfloat16(static_cast<const float*>(to), halves, n);
    if (rounds) Spans().from_bfloat16(halves, static_cast<float*>(to), n);
  }
}

void FusedTiles::Execute(const Instruction& instruction, const void* const* at, void* to,
                         size_t n) {
  const auto op = static_cast<size_t>(instruction.op);
  const auto floats = [&](int i) { return static_cast<const float*>(at[instruction.inputs[i]]); };
  const auto bytes = [&](int i) { return static_cast<const uint8_t*>(at[instruction.inputs[i]]); };
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

}  // namespace mlcompute::portable
