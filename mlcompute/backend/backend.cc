#include "mlcompute/backend/backend.h"

#include <cstdlib>

#include "mlcompute/backend/step_executable.h"
#include "mlcompute/error.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/portable/fused.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/reference/reference.h"

namespace mlcompute {
namespace {

class StepBackend : public Backend {
 public:
  // Programs are optimized first when the backend can fuse.
  StepBackend(std::string_view name, StepExecutable::Maker maker, CanFuse can_fuse)
      : name_(name), maker_(maker), can_fuse_(can_fuse) {}

  std::string_view name() const override { return name_; }
  std::unique_ptr<Executable> Compile(const Program& program) override {
    if (!can_fuse_ || program.operations().size() < 2) {
      return std::make_unique<StepExecutable>(program, maker_);
    }
    return std::make_unique<StepExecutable>(Optimize(program, can_fuse_), maker_);
  }

 private:
  const std::string_view name_;
  const StepExecutable::Maker maker_;
  const CanFuse can_fuse_;
};

Backend& BackendFromEnvironment() {
  const char* text = std::getenv("TF_MLC_BACKEND");
  const std::string_view name = text ? text : "";
  if (name.empty() || name == "portable") return PortableBackend();
  if (name == "reference") return ReferenceBackend();
  throw InvalidArgument("TF_MLC_BACKEND='", name, "' is not 'portable' or 'reference'");
}

}  // namespace

Backend& ReferenceBackend() {
  static StepBackend backend("reference", reference::MakeStep, nullptr);
  return backend;
}

Backend& PortableBackend() {
  static StepBackend backend("portable", portable::MakeStep, portable::CanFuse);
  return backend;
}

Backend& DefaultBackend() {
  static Backend& backend = BackendFromEnvironment();
  return backend;
}

}  // namespace mlcompute
