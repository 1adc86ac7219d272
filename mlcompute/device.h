// mlcompute/device.h: where graphs run (MLCDevice).
#pragma once

#include "mlcompute/types.h"

namespace mlcompute {

class Device {
 public:
  // Here every device computes on the CPU: a GPU or neural engine that was asked for is replaced by
  // it, which one line on stderr says, once in the process.
  explicit Device(DeviceType type = DeviceType::kCpu);

  DeviceType type() const { return type_; }  // what was asked for
  DeviceType actual_type() const { return DeviceType::kCpu; }

 private:
  DeviceType type_;
};

}  // namespace mlcompute
