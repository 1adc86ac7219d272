#include "mlcompute/backend/backend.h"

#include <cstdlib>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

Backend& BackendFromEnvironment() {
  const char* text = std::getenv("TF_MLC_BACKEND");
  const std::string_view name = text ? text : "";
  if (name.empty() || name == "portable") return PortableBackend();
  if (name == "reference") return ReferenceBackend();
  throw InvalidArgument("TF_MLC_BACKEND='", name, "' is not 'portable' or 'reference'");
}

}  // namespace

Backend& DefaultBackend() {
  static Backend& backend = BackendFromEnvironment();
  return backend;
}

}  // namespace mlcompute
