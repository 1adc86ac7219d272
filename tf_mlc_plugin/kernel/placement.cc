#include "tf_mlc_plugin/kernel/placement.h"

#include <cstdlib>
#include <cstring>

namespace tf_mlc {
namespace {

const std::string& Mark() {
  static const auto* mark = new std::string("device:" + DeviceType() + ":");
  return *mark;
}

}  // namespace

const std::string& DeviceType() {
  static const auto* type = [] {
    const char* wanted = std::getenv("TF_MLC_DEVICE_TYPE");
    return new std::string(wanted && std::strcmp(wanted, "GPU") == 0 ? "GPU" : "MLC");
  }();
  return *type;
}

bool OnMlc(const std::string& device) { return device.find(Mark()) != std::string::npos; }

bool OnCpu(const std::string& device) { return device.find("/device:CPU:") != std::string::npos; }

std::string CpuBeside(const std::string& device) {
  const size_t at = device.find(Mark());
  return device.substr(0, at == std::string::npos ? 0 : at) + "device:CPU:0";
}

}  // namespace tf_mlc
