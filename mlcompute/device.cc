#include "mlcompute/device.h"

#include <cctype>
#include <cstdio>
#include <mutex>
#include <string>

#include "mlcompute/backend/choice.h"

namespace mlcompute {

Device::Device(DeviceType type)
    : type_(type), actual_type_(DeviceType::kCpu), backend_(&BackendOn(type)) {
  if (backend_->name() == "apple") {
    actual_type_ = type;
    return;
  }
  if (type != DeviceType::kGpu && type != DeviceType::kAne) return;
  static std::once_flag warned;
  std::call_once(warned, [type] {
    std::string name(NameOf(type));
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    std::fprintf(stderr, "mlcompute: there is no %s device here, the CPU is used in its place\n",
                 name.c_str());
  });
}

}  // namespace mlcompute
