#include "mlcompute/portable/typed_elementwise.h"

#include <algorithm>
#include <vector>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 32 << 10;  // elements that pay for waking another thread

// What is done to a tile, by the number of operands.
struct Kernel {
  AnyUnarySpan unary = nullptr;
  AnyBinarySpan binary = nullptr;
  LogicSpan logic = nullptr;
  SelectSpan select = nullptr;
};

bool FindKernel(const OperationView& view, Kernel* kernel) {
  const SpanTable& spans = Spans();
  const auto op = static_cast<size_t>(view.op());
  const DataType type = view.inputs.back().dtype;
  if (view.op() == Op::kSelect) {
    const size_t size = SizeOf(type);
    kernel->select = spans.select_any[size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3];
    return true;
  }
  if (type == DataType::kBool) {
    kernel->logic = spans.logic[op];
    return kernel->logic != nullptr;
  }
  const TypedSpans* typed = type == DataType::kFloat64 ? &spans.float64
                            : type == DataType::kInt32 ? &spans.int32
                            : type == DataType::kInt64 ? &spans.int64
                                                       : nullptr;
  if (!typed) return false;
  if (view.inputs.size() == 1) {
    kernel->unary = typed->unary[op];
    return kernel->unary != nullptr;
  }
  kernel->binary = typed->binary[op];
  return view.inputs.size() == 2 && kernel->binary != nullptr;
}

class TypedStep : public Step {
 public:
  TypedStep(const OperationView& view, const Kernel& kernel)
      : kernel_(kernel), plan_(Shapes(view), view.results[0].shape), result_(view.results[0]) {
    for (const TensorType& type : view.inputs) {
      sizes_.push_back(SizeOf(type.dtype));
      shares_.push_back(type == result_);
    }
    const int64_t tiles = std::max<int64_t>(plan_.tile_count(), 1);
    grain_ = std::max<int64_t>(kGrain * tiles / std::max<int64_t>(plan_.elements(), 1), 1);
  }

  bool CanShare(int, int input) const override { return shares_[static_cast<size_t>(input)]; }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    const size_t size = SizeOf(result_.dtype);
    ParallelFor(plan_.tile_count(), grain_, [&](int64_t begin, int64_t end) {
      alignas(64) std::byte buffers[3][kTile * sizeof(int64_t)];
      for (int64_t t = begin; t < end; ++t) {
        const TilePlan::Tile tile = plan_.tile(t);
        const auto n = static_cast<size_t>(tile.size);
        auto* y = static_cast<std::byte*>(results[0]) + static_cast<size_t>(tile.start) * size;
        const auto load = [&](size_t i) {
          return Load(i, inputs[i], tile, t != begin, buffers[i]);
        };
        const auto bytes = [&](size_t i) { return static_cast<const uint8_t*>(load(i)); };
        if (kernel_.unary) {
          kernel_.unary(load(0), y, n);
        } else if (kernel_.binary) {
          kernel_.binary(load(0), load(1), y, n);
        } else if (kernel_.logic) {
          kernel_.logic(bytes(0), bytes(sizes_.size() - 1), reinterpret_cast<uint8_t*>(y), n);
        } else {
          kernel_.select(bytes(0), load(1), load(2), y, n);
        }
      }
    });
  }

 private:
  static std::vector<Shape> Shapes(const OperationView& view) {
    std::vector<Shape> shapes;
    for (const TensorType& type : view.inputs) shapes.push_back(type.shape);
    return shapes;
  }

  // `held`: `buffer` still has the tile before, which is good again for scalars.
  const void* Load(size_t i, const void* data, TilePlan::Tile tile, bool held,
                   std::byte* buffer) const {
    const auto* bytes = static_cast<const std::byte*>(data);
    const Walk walk = plan_.walk(i);
    if (walk == Walk::kDense) return bytes + static_cast<size_t>(tile.start) * sizes_[i];
    if (walk == Walk::kScalar) {
      if (!held) plan_.Gather(i, bytes, sizes_[i], 0, std::min(kTile, plan_.elements()), buffer);
    } else {
      plan_.Gather(i, bytes, sizes_[i], tile.start, tile.size, buffer);
    }
    return buffer;
  }

  const Kernel kernel_;
  const TilePlan plan_;
  const TensorType result_;
  std::vector<size_t> sizes_;
  std::vector<bool> shares_;
  int64_t grain_;
};

}  // namespace

std::unique_ptr<Step> MakeTypedElementwise(const OperationView& view) {
  Kernel kernel;
  if (!FindKernel(view, &kernel)) return nullptr;
  return std::make_unique<TypedStep>(view, kernel);
}

}  // namespace mlcompute::portable
