// mlcompute/device.h: where graphs run (MLCDevice).
#pragma once

#include "mlcompute/types.h"

namespace mlcompute {

class Backend;

class Device {
 public:
  // With other backends than Apple's every device computes on the CPU: a GPU or neural engine that
  // was asked for is replaced by it, which one line on stderr says, once in the process. Throws
  // Error where TF_MLC_BACKEND names a backend that is not there.
  explicit Device(DeviceType type = DeviceType::kCpu);

  // Of a backend that is not the process's.
  Device(DeviceType type, Backend& backend) : type_(type), actual_type_(type), backend_(&backend) {}

  DeviceType type() const { return type_; }  // what was asked for
  DeviceType actual_type() const { return actual_type_; }

  // What computes graphs that are compiled for this device.
  Backend& backend() const { return *backend_; }

 private:
  DeviceType type_;
  DeviceType actual_type_;
  Backend* backend_;
};

}  // namespace mlcompute
