// mlcompute/portable/elementwise.cc: elementwise operations in float32, tile by tile.
//
// float16 and bfloat16 operands are widened tile by tile, so that everything between memory and
// memory stays in the first-level cache.
#include <algorithm>
#include <array>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/operand.h"
#include "mlcompute/portable/portable.h"
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

class ElementwiseStep : public Step {
 public:
  explicit ElementwiseStep(const OperationView& view)
      : op_(view.op()), plan_(Shapes(view), view.results[0].shape), to_(view.results[0].dtype) {
    for (size_t i = 0; i < view.inputs.size(); ++i) {
      operands_.emplace_back(i, view.inputs[i].dtype);
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
          return operands_[i].Load(plan_, inputs[i], tile, buffers[i], raw[i], held);
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
            Spans().select(operands_[0].LoadBytes(plan_, inputs[0], tile, raw[0]), load(1), load(2), y, n);
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
