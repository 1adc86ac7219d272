// tf_mlc_plugin/device/runtime_info.cc: what the device computes with, for `python -m
// tf_mlc_plugin`.
#include <cstring>
#include <string>

#include "mlcompute/backend/backend.h"
#include "mlcompute/error.h"
#include "mlcompute/team/team.h"
#include "tf_mlc_plugin/device/entry.h"

namespace tf_mlc {
namespace {

std::string RuntimeInfoText() {
  std::string text;
  try {
    const mlcompute::Backend& backend = mlcompute::DefaultBackend();
    text = mlcompute::StrCat("backend ", backend.name(), "\n");
    if (!backend.instruction_set().empty()) {
      text += mlcompute::StrCat("isa ", backend.instruction_set(), "\n");
    }
  } catch (const mlcompute::Error& e) {
    text = mlcompute::StrCat("backend none: ", e.what(), "\n");
  }
  return text + mlcompute::StrCat("threads ", mlcompute::TeamSize(), "\n");
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
