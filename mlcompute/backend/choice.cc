#include "mlcompute/backend/choice.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>

#include "mlcompute/backend/apple_library.h"
#include "mlcompute/error.h"

namespace mlcompute {
namespace {

constexpr std::string_view kApple = "apple";
constexpr std::string_view kPortable = "portable";
constexpr std::string_view kReference = "reference";

std::string_view Environment(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

#if defined(__APPLE__)
std::string_view SystemsOwn() {
  try {
    OpenAppleLibrary();
    return kApple;
  } catch (const Error& error) {
    std::fprintf(stderr, "mlcompute: %s\n", error.what());
    return kPortable;
  }
}
#else
std::string_view SystemsOwn() { return kPortable; }
#endif

std::string_view FindName() {
  const std::string_view name = Environment("TF_MLC_BACKEND");
  if (name.empty()) return SystemsOwn();
  for (const std::string_view known : {kApple, kPortable, kReference}) {
    if (name != known) continue;
    if (known == kApple) OpenAppleLibrary();
    return known;
  }
  throw InvalidArgument("TF_MLC_BACKEND='", name, "' is not 'apple', 'portable' or 'reference'");
}

// What DefaultBackend() computes on.
struct DeviceChoice {
  std::mutex mutex;
  std::optional<DeviceType> chosen;
  bool in_use = false;
};

DeviceChoice& TheDeviceChoice() {
  static DeviceChoice& choice = *new DeviceChoice;
  return choice;
}

// With its mutex held.
DeviceType Current(const DeviceChoice& choice) {
  if (choice.chosen) return *choice.chosen;
  const std::string_view name = Environment("TF_MLC_DEVICE_NAME");
  return name.empty() ? DeviceType::kAny : DeviceTypeNamed(name, "TF_MLC_DEVICE_NAME");
}

Backend& Begin() {
  DeviceChoice& choice = TheDeviceChoice();
  const std::lock_guard<std::mutex> lock(choice.mutex);
  const DeviceType type = Current(choice);
  Backend& backend = BackendOn(type);
  choice.chosen = type;
  choice.in_use = true;
  return backend;
}

}  // namespace

std::string_view BackendName() {
  static const std::string_view name = FindName();
  return name;
}

Backend& BackendOn(DeviceType type) {
  const std::string_view name = BackendName();
  if (name == kApple) return AppleBackendOn(type);
  return name == kReference ? ReferenceBackend() : PortableBackend();
}

Backend& HostBackend() {
  return Environment("TF_MLC_BACKEND") == kReference ? ReferenceBackend() : PortableBackend();
}

Backend& DefaultBackend() {
  static Backend& backend = Begin();
  return backend;
}

DeviceType DefaultDevice() {
  DeviceChoice& choice = TheDeviceChoice();
  const std::lock_guard<std::mutex> lock(choice.mutex);
  return Current(choice);
}

void ChooseDefaultDevice(DeviceType type) {
  DeviceChoice& choice = TheDeviceChoice();
  const std::lock_guard<std::mutex> lock(choice.mutex);
  if (choice.in_use && *choice.chosen != type) {
    throw InvalidArgument("device '", NameOf(type), "' comes too late: '", NameOf(*choice.chosen),
                          "' has computed; choose before the first computation, or set "
                          "TF_MLC_DEVICE_NAME=",
                          NameOf(type));
  }
  choice.chosen = type;
}

DeviceType DeviceTypeNamed(std::string_view name, std::string_view what) {
  for (const DeviceType type :
       {DeviceType::kAny, DeviceType::kCpu, DeviceType::kGpu, DeviceType::kAne}) {
    if (name == NameOf(type)) return type;
  }
  throw InvalidArgument(what, "='", name, "' is not 'any', 'cpu', 'gpu' or 'ane'");
}

}  // namespace mlcompute
