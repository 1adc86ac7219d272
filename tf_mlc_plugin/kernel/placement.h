// tf_mlc_plugin/kernel/placement.h: which device a node is on.
#pragma once

#include <string>

namespace tf_mlc {

// The type the device is registered as: "MLC", or "GPU" with TF_MLC_DEVICE_TYPE=GPU.
const std::string& DeviceType();

// Whether `device`, a full name or part of one, is ours.
bool OnMlc(const std::string& device);

// Whether it is a CPU.
bool OnCpu(const std::string& device);

// The CPU of the task that MLC device `device` belongs to.
std::string CpuBeside(const std::string& device);

}  // namespace tf_mlc
