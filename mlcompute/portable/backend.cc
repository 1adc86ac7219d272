#include "mlcompute/backend/backend.h"

#include "mlcompute/backend/step_executable.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/portable/abilities.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/portable.h"

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
    return std::make_unique<StepExecutable>(Optimize(program, portable::kAbilities),
                                            portable::MakeStep);
  }
};

}  // namespace

Backend& PortableBackend() {
  static Portable backend;
  return backend;
}

}  // namespace mlcompute
