#include "mlcompute/backend/backend.h"

#include "mlcompute/backend/step_executable.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/fused.h"
#include "mlcompute/portable/joined_convolution.h"
#include "mlcompute/portable/pool_grad.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/product.h"

namespace mlcompute {
namespace {

class Portable : public Backend {
 public:
  std::string_view name() const override { return "portable"; }
  std::string_view instruction_set() const override { return portable::InstructionSet(); }
  std::string_view StepKind(const OperationView& view) const override {
    return portable::ChosenBy(view);
  }
  std::unique_ptr<Executable> Compile(const Program& program) override {
    if (program.operations().size() < 2) {  // nothing to optimize: most eager ops
      return std::make_unique<StepExecutable>(program, portable::MakeStep);
    }
    return std::make_unique<StepExecutable>(
        Optimize(program, {portable::CanFuse, portable::CanJoin, portable::CanReduce,
                           portable::CanReduceRows, portable::IsWorthJoining, portable::IsApart}),
        portable::MakeStep);
  }
};

}  // namespace

Backend& PortableBackend() {
  static Portable backend;
  return backend;
}

}  // namespace mlcompute
