// tf_mlc_plugin/device/runtime_info.cc: what the device computes with, and on.
#include <cstring>
#include <string>

#include "mlcompute/backend/choice.h"
#include "mlcompute/error.h"
#include "mlcompute/team/team.h"
#include "tf_mlc_plugin/device/entry.h"

namespace tf_mlc {
namespace {

std::string RuntimeInfoText() {
  std::string text;
  try {
    const mlcompute::DeviceType device = mlcompute::DefaultDevice();
    const mlcompute::Backend& backend = mlcompute::BackendOn(device);
    text = mlcompute::StrCat("backend ", backend.name(), "\n");
    // Portable and reference have the CPU only, whatever is chosen.
    const bool has_devices = backend.name() == "apple";
    text +=
        mlcompute::StrCat("computes_on ", has_devices ? mlcompute::NameOf(device) : "cpu", "\n");
    if (!backend.instruction_set().empty()) {
      text += mlcompute::StrCat("isa ", backend.instruction_set(), "\n");
    }
  } catch (const mlcompute::Error&) {
    return "";  // then there is no device
  }
  return text + mlcompute::StrCat("threads ", mlcompute::TeamSize(), "\n");
}

size_t Write(const std::string& from, char* text, size_t size) {
  if (size > 0) {
    const size_t n = from.size() < size - 1 ? from.size() : size - 1;
    std::memcpy(text, from.data(), n);
    text[n] = '\0';
  }
  return from.size() + 1;
}

// What `work` throws, in words.
template <typename Work>
std::string ErrorOf(const Work& work) {
  try {
    work();
    return "";
  } catch (const mlcompute::Error& e) {
    return e.what();
  }
}

}  // namespace
}  // namespace tf_mlc

size_t MlcRuntimeInfo(char* text, size_t size) {
  return tf_mlc::Write(tf_mlc::RuntimeInfoText(), text, size);
}

size_t MlcUnavailable(char* text, size_t size) {
  return tf_mlc::Write(tf_mlc::ErrorOf([] { mlcompute::BackendOn(mlcompute::DefaultDevice()); }),
                       text, size);
}

size_t MlcChooseDevice(const char* name, char* text, size_t size) {
  return tf_mlc::Write(
      tf_mlc::ErrorOf([name] {
        mlcompute::ChooseDefaultDevice(mlcompute::DeviceTypeNamed(name, "device_name"));
      }),
      text, size);
}
