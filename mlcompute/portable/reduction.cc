// mlcompute/portable/reduction.cc: reductions as a sequence of passes, each of which folds the
// innermost axes that are still to be reduced.
#include <algorithm>
#include <optional>
#include <vector>

#include "mlcompute/portable/fold_pass.h"
#include "mlcompute/portable/portable.h"

namespace mlcompute::portable {
namespace {

std::vector<FoldShape> Passes(const Shape& shape, const std::vector<int64_t>& axes) {
  // Neighbours that are both kept or both reduced are one; kept and reduced ones alternate.
  std::vector<int64_t> sizes = {1};
  bool first_reduced = false;
  bool last_reduced = false;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1) continue;
    const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (sizes.size() == 1 && sizes[0] == 1) {
      first_reduced = last_reduced = reduced;
    } else if (reduced != last_reduced) {
      sizes.push_back(1);
      last_reduced = reduced;
    }
    sizes.back() *= shape[axis];
  }
  std::vector<FoldShape> passes;
  const auto product = [&](size_t begin, size_t end) {
    int64_t n = 1;
    for (size_t i = begin; i < end; ++i) n *= sizes[i];
    return n;
  };
  for (size_t i = sizes.size(); i-- > 0;) {
    const bool reduced = (i % 2 == 0) == first_reduced;
    if (!reduced || sizes[i] == 1) continue;
    passes.push_back({product(0, i), sizes[i], product(i + 1, sizes.size())});
    sizes[i] = 1;
  }
  return passes;
}

Fold FoldOf(Op op) {
  switch (op) {
    case Op::kReduceProd:
      return Fold::kProd;
    case Op::kReduceMax:
    case Op::kReduceAny:
      return Fold::kMax;
    case Op::kReduceMin:
    case Op::kReduceAll:
      return Fold::kMin;
    default:
      return Fold::kSum;
  }
}

template <typename A>
const auto& FoldTable() {
  if constexpr (std::is_same_v<A, float>)
    return Spans().fold_float32;
  else if constexpr (std::is_same_v<A, double>)
    return Spans().fold_float64;
  else if constexpr (std::is_same_v<A, int32_t>)
    return Spans().fold_int32;
  else if constexpr (std::is_same_v<A, int64_t>)
    return Spans().fold_int64;
  else
    return Spans().fold_uint8;
}

template <typename In, typename A, typename W>
class ReductionStep : public Step {
 public:
  ReductionStep(const OperationView& view, const std::vector<FoldShape>& passes)
      : first_(passes[0], FoldOf(view.op()), FoldTable<A>()[Index(view.op())]) {
    for (size_t i = 1; i < passes.size(); ++i) {
      rest_.emplace_back(passes[i], FoldOf(view.op()), FoldTable<W>()[Index(view.op())]);
    }
    partial_ = first_.scratch();
    for (size_t i = 0; i + 1 < passes.size(); ++i) {
      partial_ = std::max(partial_, rest_[i].scratch());
      between_ = std::max(between_, passes[i].outer * passes[i].inner);
    }
    if (view.op() == Op::kReduceMean) {
      count_ = view.inputs[0].elements() / view.results[0].elements();
    }
  }

  // Partial results of a pass, and what two passes hand on.
  size_t scratch_bytes() const override {
    return static_cast<size_t>(partial_ + (rest_.empty() ? 0 : 2 * between_)) * sizeof(W);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    auto* y = static_cast<In*>(results[0]);
    const auto finish = [&](int64_t begin, const W* values, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        const W value = count_ > 1 ? static_cast<W>(values[i] / static_cast<W>(count_)) : values[i];
        y[begin + i] = static_cast<In>(static_cast<A>(value));
      }
    };
    auto* partial = static_cast<W*>(scratch);
    const auto* x = static_cast<const In*>(inputs[0]);
    if (rest_.empty()) return first_.Run(x, partial, finish);
    W* from = partial + partial_;
    W* to = from + between_;
    const auto keep_in = [](W* target) {
      return [target](int64_t begin, const W* values, int64_t n) {
        std::copy_n(values, n, target + begin);
      };
    };
    first_.Run(x, partial, keep_in(from));
    for (size_t i = 0; i + 1 < rest_.size(); ++i) {
      rest_[i].Run(from, partial, keep_in(to));
      std::swap(from, to);
    }
    rest_.back().Run(from, partial, finish);
  }

 private:
  static size_t Index(Op op) { return static_cast<size_t>(FoldOf(op)); }

  const FoldPass<In, A, W> first_;
  std::vector<FoldPass<W, W, W>> rest_;
  int64_t partial_ = 0;
  int64_t between_ = 0;
  int64_t count_ = 1;
};

template <typename In, typename A, typename W>
std::unique_ptr<Step> Make(const OperationView& view, const std::vector<FoldShape>& passes) {
  return std::make_unique<ReductionStep<In, A, W>>(view, passes);
}

}  // namespace

std::unique_ptr<Step> MakeReduction(const OperationView& view) {
  if (view.inputs[0].elements() == 0) return nullptr;
  // The sum might overflow, which the mean may not.
  if (view.op() == Op::kReduceMean && !IsFloating(view.inputs[0].dtype)) return nullptr;
  const std::vector<FoldShape> passes =
      Passes(view.inputs[0].shape, view.attributes().Ints("axes"));
  if (passes.empty()) return MakeCopy(view);
  switch (view.inputs[0].dtype) {
    case DataType::kFloat32:
      return Make<float, float, double>(view, passes);
    case DataType::kFloat16:
      return Make<Float16, float, double>(view, passes);
    case DataType::kBFloat16:
      return Make<BFloat16, float, double>(view, passes);
    case DataType::kFloat64:
      return Make<double, double, double>(view, passes);
    case DataType::kInt32:
      return Make<int32_t, int32_t, int32_t>(view, passes);
    case DataType::kInt64:
      return Make<int64_t, int64_t, int64_t>(view, passes);
    case DataType::kBool:
      return Make<uint8_t, uint8_t, uint8_t>(view, passes);
    default:
      return nullptr;
  }
}

}  // namespace mlcompute::portable
