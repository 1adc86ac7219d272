// tf_mlc_plugin/device/runtime_info.cc: what the device computes with, for `python -m tf_mlc_plugin`.
#include <cstring>
#include <string>

#include "mlcompute/backend/backend.h"
#include "mlcompute/error.h"
#include "mlcompute/team/team.h"
#include "tf_mlc_plugin/device/entry.h"

namespace tf_mlc {
namespace {

std::string BackendName() {
  try {
    return std::string(mlcompute::DefaultBackend().name());
  } catch (const mlcompute::Error& e) {
    return e.what();
  }
}

std::string RuntimeInfoText() {
  return "backend " + BackendName() + "\nthreads " + std::to_string(mlcompute::TeamSize()) + "\n";
}

}  // namespace
}  // namespace tf_mlc

size_t MlcRuntimeInfo(char* text, size_t size) {
  const std::string info = tf_mlc::RuntimeInfoText();
  if (size > 0) {
    const size_t n = info.size() < size - 1 ? info.size() : size - 1;
    std::memcpy(text, info.data(), n);
    text[n] = '\0';
  }
  return info.size() + 1;
}
