// mlcompute/portable/elementwise.cc: elementwise operations in float32, tile by tile.
//
// float16 and bfloat16 operands are widened tile by tile, so that everything between memory and
// memory stays in the first-level cache.
#include <algorithm>
#include <array>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

// Elements of work that pay for waking another thread.
constexpr int64_t kGrain = 32 << 10;
constexpr int64_t kExpensiveGrain = 4 << 10;

bool IsExpensive(Op op) {
  switch (op) {
    case Op::kExp:
    case Op::kExpm1:
    case Op::kLog:
    case Op::kLog1p:
    case Op::kTanh:
    case Op::kSigmoid:
    case Op::kErf:
    case Op::kErfc:
    case Op::kElu:
    case Op::kSelu:
    case Op::kSoftplus:
    case Op::kSoftplusGrad:
      return true;
    default:
      return false;
  }
}

bool IsSimdFloat(DataType t) {
  return t == DataType::kFloat32 || t == DataType::kFloat16 || t == DataType::kBFloat16;
}

// One operand, brought tile by tile into float32 (or, for conditions, bytes).
class Operand {
 public:
  Operand(const TilePlan& plan, size_t index, DataType dtype)
      : plan_(plan), index_(index), dtype_(dtype), size_(SizeOf(dtype)) {}

  // Where the tile's elements are, in float32; `buffer` and `raw` hold kTile elements each. `held`
  // says that `buffer` still has the tile before, which is good again for scalars and rows.
  const float* Load(const void* data, TilePlan::Tile tile, float* buffer, std::byte* raw,
                    bool held) const {
    const auto* bytes = static_cast<const std::byte*>(data);
    switch (plan_.walk(index_)) {
      case Walk::kDense:
        return Widen(bytes + static_cast<size_t>(tile.start) * size_, tile.size, buffer);
      case Walk::kScalar:
        if (!held) {
          float value;
          const float* wide = Widen(bytes, 1, &value);
          Spans().fill(*wide, buffer, static_cast<size_t>(kTile));
        }
        return buffer;
      case Walk::kRow: {
        const int64_t row = plan_.row();
        const std::byte* at = bytes + static_cast<size_t>(plan_.Offset(index_, tile.start)) * size_;
        if (tile.size <= row && row > kTile / 2) return Widen(at, tile.size, buffer);
        if (!held) {
          for (int64_t k = 0; k + row <= kTile; k += row) {
            const float* wide = Widen(bytes, row, buffer + k);
            if (wide != buffer + k) std::copy_n(wide, row, buffer + k);
          }
        }
        return buffer;
      }
      case Walk::kMixed:
        if (dtype_ == DataType::kFloat32) {
          plan_.Gather(index_, bytes, size_, tile.start, tile.size,
                       reinterpret_cast<std::byte*>(buffer));
          return buffer;
        }
        plan_.Gather(index_, bytes, size_, tile.start, tile.size, raw);
        return Widen(raw, tile.size, buffer);
    }
    return nullptr;
  }

  const uint8_t* LoadBytes(const void* data, TilePlan::Tile tile, std::byte* raw) const {
    const auto* bytes = static_cast<const std::byte*>(data);
    if (plan_.walk(index_) == Walk::kDense) {
      return reinterpret_cast<const uint8_t*>(bytes + tile.start);
    }
    plan_.Gather(index_, bytes, 1, tile.start, tile.size, raw);
    return reinterpret_cast<const uint8_t*>(raw);
  }

 private:
  const float* Widen(const std::byte* x, int64_t n, float* buffer) const {
    if (dtype_ == DataType::kFloat32) return reinterpret_cast<const float*>(x);
    const auto* halves = reinterpret_cast<const uint16_t*>(x);
    const auto widen = dtype_ == DataType::kFloat16 ? Spans().from_float16 : Spans().from_bfloat16;
    widen(halves, buffer, static_cast<size_t>(n));
    return buffer;
  }

  const TilePlan& plan_;
  const size_t index_;
  const DataType dtype_;
  const size_t size_;
};

class ElementwiseStep : public Step {
 public:
  explicit ElementwiseStep(const OperationView& view)
      : op_(view.op()), plan_(Shapes(view), view.results[0].shape), to_(view.results[0].dtype) {
    for (size_t i = 0; i < view.inputs.size(); ++i) {
      operands_.emplace_back(plan_, i, view.inputs[i].dtype);
      shares_[i] = view.inputs[i] == view.results[0];
    }
    const int64_t grain = IsExpensive(op_) ? kExpensiveGrain : kGrain;
    const int64_t average =
        std::max<int64_t>(plan_.elements() / std::max<int64_t>(plan_.tile_count(), 1), 1);
    grain_ = std::max<int64_t>(grain / average, 1);
  }

  bool CanShare(int, int input) const override { return shares_[static_cast<size_t>(input)]; }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    ParallelFor(plan_.tile_count(), grain_, [&](int64_t begin, int64_t end) {
      alignas(64) float buffers[3][kTile];
      alignas(64) std::byte raw[3][kTile * sizeof(float)];
      alignas(64) float out[kTile];
      for (int64_t t = begin; t < end; ++t) {
        const TilePlan::Tile tile = plan_.tile(t);
        const bool held = t != begin;
        const auto n = static_cast<size_t>(tile.size);
        const auto load = [&](size_t i) {
          return operands_[i].Load(inputs[i], tile, buffers[i], raw[i], held);
        };
        if (to_ == DataType::kBool) {
          auto* y = static_cast<uint8_t*>(results[0]) + tile.start;
          Spans().compare[static_cast<size_t>(op_)](load(0), load(1), y, n);
          continue;
        }
        float* y = to_ == DataType::kFloat32 ? static_cast<float*>(results[0]) + tile.start : out;
        switch (operands_.size()) {
          case 1:
            Spans().unary[static_cast<size_t>(op_)](load(0), y, n);
            break;
          case 2:
            Spans().binary[static_cast<size_t>(op_)](load(0), load(1), y, n);
            break;
          default:
            Spans().select(operands_[0].LoadBytes(inputs[0], tile, raw[0]), load(1), load(2), y, n);
        }
        auto* halves = static_cast<uint16_t*>(results[0]) + tile.start;
        if (to_ == DataType::kFloat16) Spans().to_float16(y, halves, n);
        if (to_ == DataType::kBFloat16) Spans().to_bfloat16(y, halves, n);
      }
    });
  }

 private:
  static std::vector<Shape> Shapes(const OperationView& view) {
    std::vector<Shape> shapes;
    for (const TensorType& type : view.inputs) shapes.push_back(type.shape);
    return shapes;
  }

  const Op op_;
  const TilePlan plan_;
  const DataType to_;
  std::vector<Operand> operands_;
  std::array<bool, 3> shares_{};
  int64_t grain_;
};

bool HasSpan(const OperationView& view) {
  const auto op = static_cast<size_t>(view.op());
  switch (view.inputs.size()) {
    case 1: return Spans().unary[op] && IsSimdFloat(view.results[0].dtype);
    case 2: return view.results[0].dtype == DataType::kBool ? Spans().compare[op] != nullptr
                                                            : Spans().binary[op] != nullptr;
    default: return view.op() == Op::kSelect;
  }
}

}  // namespace

std::unique_ptr<Step> MakeElementwise(const OperationView& view) {
  if (!IsSimdFloat(view.inputs.back().dtype) || !HasSpan(view)) return nullptr;
  if (view.results[0].elements() == 0) return nullptr;
  return std::make_unique<ElementwiseStep>(view);
}

}  // namespace mlcompute::portable
