#include "mlcompute/backend/backend.h"

#include "mlcompute/backend/step_executable.h"
#include "mlcompute/reference/reference.h"

namespace mlcompute {
namespace {

class Reference : public Backend {
 public:
  std::string_view name() const override { return "reference"; }
  std::unique_ptr<Executable> Compile(const Program& program) override {
    return std::make_unique<StepExecutable>(program, reference::MakeStep);
  }
};

}  // namespace

Backend& ReferenceBackend() {
  static Reference backend;
  return backend;
}

}  // namespace mlcompute
