// mlcompute/portable/elementwise.cc: elementwise operations in float32, tile by tile.
//
// float16 and bfloat16 operands are widened tile by tile, so that everything between memory and
// memory stays in the first-level cache.
#include <algorithm>
#include <array>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/operand.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/scalar_functions.h"
#include "mlcompute/portable/typed_elementwise.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

// Elements of work that pay for waking another thread.
constexpr int64_t kGrain = 32 << 10;
constexpr int64_t kExpensiveGrain = 4 << 10;

// What is done to a tile, once its operands are float32. One of the functions is set.
struct Kernel {
  UnarySpan unary = nullptr;
  BinarySpan binary = nullptr;
  CompareSpan compare = nullptr;
  TestSpan test = nullptr;
  void (*with_alpha)(const float* x, float alpha, float* y, size_t n) = nullptr;
  void (*grad_with_alpha)(const float* dy, const float* x, float alpha, float* y,
                          size_t n) = nullptr;
  void (*clip)(const float* x, const float* low, const float* high, float* y, size_t n) = nullptr;
  void (*select)(const uint8_t* condition, const float* x, const float* y, float* z,
                 size_t n) = nullptr;
  float alpha = 0.0f;
  bool expensive = false;
};

// An exponential or what costs as much.
bool IsExpensive(Op op) {
  switch (op) {
    case Op::kElu:
    case Op::kSelu:
    case Op::kSoftplus:
    case Op::kSoftplusGrad:
    case Op::kSigmoid:
    case Op::kGelu:
    case Op::kPow:
      return true;
    default:
      return op >= Op::kExp && op <= Op::kNdtri;
  }
}

// False when there is no function for the operation.
bool FindKernel(const OperationView& view, Kernel* kernel) {
  const auto op = static_cast<size_t>(view.op());
  const SpanTable& spans = Spans();
  kernel->expensive = IsExpensive(view.op());
  switch (view.op()) {
    case Op::kGelu:
      kernel->unary = view.attributes().Bool("approximate") ? spans.gelu_tanh : spans.gelu;
      return true;
    case Op::kLeakyRelu:
      kernel->with_alpha = spans.leaky_relu;
      kernel->alpha = static_cast<float>(view.attributes().Double("alpha"));
      return true;
    case Op::kLeakyReluGrad:
      kernel->grad_with_alpha = spans.leaky_relu_grad;
      kernel->alpha = static_cast<float>(view.attributes().Double("alpha"));
      return true;
    case Op::kClipByValue:
      kernel->clip = spans.clip;
      return true;
    case Op::kSelect:
      kernel->select = spans.select;
      return true;
    default:
      break;
  }
  const bool to_bool = view.results[0].dtype == DataType::kBool;
  if (view.inputs.size() == 1) {
    if (to_bool) return (kernel->test = spans.test[op]) != nullptr;
    kernel->unary = spans.unary[op];
    if (!kernel->unary) {
      kernel->unary = ScalarUnary(view.op());
      kernel->expensive = true;
    }
    return kernel->unary != nullptr;
  }
  if (to_bool) return (kernel->compare = spans.compare[op]) != nullptr;
  kernel->binary = spans.binary[op];
  if (!kernel->binary) {
    kernel->binary = ScalarBinary(view.op());
    kernel->expensive = true;
  }
  return kernel->binary != nullptr;
}

class ElementwiseStep : public Step {
 public:
  ElementwiseStep(const OperationView& view, const Kernel& kernel)
      : kernel_(kernel),
        square_(view.op() == Op::kPow),
        plan_(Shapes(view), view.results[0].shape),
        to_(view.results[0].dtype) {
    for (size_t i = 0; i < view.inputs.size(); ++i) {
      operands_.emplace_back(i, view.inputs[i].dtype);
      shares_[i] = view.inputs[i] == view.results[0];
    }
    const int64_t grain = kernel.expensive ? kExpensiveGrain : kGrain;
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
          if (kernel_.test) {
            kernel_.test(load(0), y, n);
          } else {
            kernel_.compare(load(0), load(1), y, n);
          }
          continue;
        }
        float* y = to_ == DataType::kFloat32 ? static_cast<float*>(results[0]) + tile.start : out;
        if (kernel_.unary) {
          kernel_.unary(load(0), y, n);
        } else if (kernel_.binary) {
          const float* a = load(0);
          const float* b = load(1);
          // The common power.
          if (square_ && plan_.walk(1) == Walk::kScalar && b[0] == 2.0f) {
            Spans().unary[static_cast<size_t>(Op::kSquare)](a, y, n);
          } else {
            kernel_.binary(a, b, y, n);
          }
        } else if (kernel_.with_alpha) {
          kernel_.with_alpha(load(0), kernel_.alpha, y, n);
        } else if (kernel_.grad_with_alpha) {
          kernel_.grad_with_alpha(load(0), load(1), kernel_.alpha, y, n);
        } else if (kernel_.clip) {
          kernel_.clip(load(0), load(1), load(2), y, n);
        } else {
          const uint8_t* condition = operands_[0].LoadBytes(plan_, inputs[0], tile, raw[0]);
          kernel_.select(condition, load(1), load(2), y, n);
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

  const Kernel kernel_;
  const bool square_;
  const TilePlan plan_;
  const DataType to_;
  std::vector<Operand> operands_;
  std::array<bool, 3> shares_{};
  int64_t grain_;
};

}  // namespace

std::unique_ptr<Step> MakeElementwise(const OperationView& view) {
  if (view.results[0].elements() == 0) return nullptr;
  if (!IsSimdFloat(view.inputs.back().dtype)) return MakeTypedElementwise(view);
  Kernel kernel;
  if (!FindKernel(view, &kernel)) return nullptr;
  return std::make_unique<ElementwiseStep>(view, kernel);
}

}  // namespace mlcompute::portable
