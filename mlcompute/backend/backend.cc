#include "mlcompute/backend/backend.h"

#include <cstdlib>

#include "mlcompute/backend/step_executable.h"
#include "mlcompute/error.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/reference/reference.h"

namespace mlcompute {
namespace {

class StepBackend : public Backend {
 public:
  StepBackend(std::string_view name, StepExecutable::Maker maker) : name_(name), maker_(maker) {}

  std::string_view name() const override { return name_; }
  std::unique_ptr<Executable> Compile(const Program& program) override {
    return std::make_unique<StepExecutable>(program, maker_);
  }

 private:
  const std::string_view name_;
  const StepExecutable::Maker maker_;
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
  static StepBackend backend("reference", reference::MakeStep);
  return backend;
}

Backend& PortableBackend() {
  static StepBackend backend("portable", portable::MakeStep);
  return backend;
}

Backend& DefaultBackend() {
  static Backend& backend = BackendFromEnvironment();
  return backend;
}

}  // namespace mlcompute
