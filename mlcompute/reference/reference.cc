#include "mlcompute/reference/reference.h"

#include <array>

#include "mlcompute/error.h"

namespace mlcompute::reference {
namespace {

class ReferenceStep : public Step {
 public:
  ReferenceStep(OperationView view, Function function)
      : operation_(view.operation),
        view_{operation_, std::move(view.inputs), std::move(view.results)},
        function_(function) {}

  bool CanShare(int result, int input) const override {
    const OpKind kind = Kind(operation_.op);
    const bool elementwise =
        kind == OpKind::kUnary || kind == OpKind::kBinary || kind == OpKind::kTernary;
    const TensorType& from = view_.inputs[static_cast<size_t>(input)];
    const TensorType& to = view_.results[static_cast<size_t>(result)];
    return elementwise && from.shape == to.shape && SizeOf(from.dtype) == SizeOf(to.dtype);
  }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    function_(Call{view_, inputs, results});
  }

 private:
  const Operation operation_;
  const OperationView view_;
  const Function function_;
};

std::array<Function, kOpCount> JoinRows() {
  std::array<Function, kOpCount> functions{};
  for (const auto* family : {&ElementwiseRows(), &ReductionRows(), &MatrixRows(), &RecurrentRows(),
                             &MovementRows(), &RandomRows()}) {
    for (const Row& row : *family) functions[static_cast<size_t>(row.op)] = row.function;
  }
  for (int i = 0; i < kOpCount; ++i) {
    if (!functions[static_cast<size_t>(i)]) {
      throw Internal("no reference implementation of ", Name(static_cast<Op>(i)));
    }
  }
  return functions;
}

}  // namespace

std::unique_ptr<Step> MakeStep(const OperationView& view) {
  static const std::array<Function, kOpCount> functions = JoinRows();
  return std::make_unique<ReferenceStep>(view, functions[static_cast<size_t>(view.op())]);
}

}  // namespace mlcompute::reference
