// A backend whose gradients are wrong, to see whether the convergence tests notice.
//
// Preloaded, this DefaultBackend() is found before libmlcompute.so's. MLC_FAULT names an operation
// of mlcompute/program/op.h; "MatMul:transpose_a" means only those with that attribute true. To
// each of its floating-point results 5 % of the same result in reverse order is added: a plain
// factor would be lost on optimizers that divide gradients by their size.
#include <cstdlib>
#include <string>

#include "mlcompute/backend/backend.h"
#include "mlcompute/passes/rewriter.h"
#include "mlcompute/program/op.h"

namespace mlcompute {
namespace {

constexpr double kShare = 0.05;

bool IsFaulty(const Operation& operation) {
  static const std::string fault = std::getenv("MLC_FAULT") ? std::getenv("MLC_FAULT") : "";
  const size_t colon = fault.find(':');
  if (Name(operation.op) != fault.substr(0, colon)) return false;
  return colon == std::string::npos || operation.attributes.Bool(fault.substr(colon + 1));
}

Value Spoil(Program& program, Value value) {
  const TensorType type = program.type(value);
  if (!IsFloating(type.dtype)) return value;
  std::vector<int64_t> axes;
  for (int64_t i = 0; i < type.shape.rank(); ++i) axes.push_back(i);
  const Value reversed = program.Append(Op::kReverse, {value}, {{"axes", axes}});
  const Value share = program.AddScalar(type.dtype, kShare);
  return program.Append(Op::kAdd, {value, program.Append(Op::kMul, {reversed, share})});
}

class FaultyBackend : public Backend {
 public:
  std::string_view name() const override { return "faulty"; }
  std::unique_ptr<Executable> Compile(const Program& program) override {
    Rewriter rewriter(program);
    for (const Operation& operation : program.operations()) {
      rewriter.Copy(operation);
      if (!IsFaulty(operation)) continue;
      for (const Value result : operation.results) {
        rewriter.Set(result, Spoil(rewriter.result(), rewriter.Get(result)));
      }
    }
    return PortableBackend().Compile(rewriter.Finish());
  }
  std::string_view StepKind(const OperationView& view) const override {
    return PortableBackend().StepKind(view);
  }
};

}  // namespace

Backend& DefaultBackend() {
  static FaultyBackend* const backend = new FaultyBackend;
  return *backend;
}

}  // namespace mlcompute
