// tf_mlc_plugin/device/platform.cc: the platform "ML_COMPUTE" and its one device of type MLC.
#include "tf_mlc_plugin/device/entry.h"
#include "tf_mlc_plugin/device/python_hook.h"
#include "tf_mlc_plugin/device/stream_executor.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

void DeviceCount(const SP_Platform*, int* count, TF_Status*) { *count = 1; }

void CreateDevice(const SP_Platform*, SE_CreateDeviceParams* params, TF_Status*) {
  params->device->struct_size = SP_DEVICE_STRUCT_SIZE;
  params->device->ordinal = params->ordinal;
  params->device->hardware_name = "MLCompute";
  params->device->device_vendor = "tf_mlc_plugin";
  params->device->pci_bus_id = "";
}
void DestroyDevice(const SP_Platform*, SP_Device*) {}

int32_t UnsetNode(const SP_Device*) { return -1; }
int64_t UnsetBandwidth(const SP_Device*) { return -1; }
double UnsetGflops(const SP_Device*) { return -1; }

void CreateDeviceFns(const SP_Platform*, SE_CreateDeviceFnsParams* params, TF_Status*) {
  params->device_fns->struct_size = SP_DEVICE_FNS_STRUCT_SIZE;
  params->device_fns->get_numa_node = UnsetNode;
  params->device_fns->get_memory_bandwidth = UnsetBandwidth;
  params->device_fns->get_gflops = UnsetGflops;
}
void DestroyDeviceFns(const SP_Platform*, SP_DeviceFns*) {}

void CreateStreamExecutor(const SP_Platform*, SE_CreateStreamExecutorParams* params, TF_Status*) {
  FillStreamExecutor(params->stream_executor);
}
void DestroyStreamExecutor(const SP_Platform*, SP_StreamExecutor*) {}

void CreateTimerFns(const SP_Platform*, SP_TimerFns* fns, TF_Status*) { FillTimerFns(fns); }
void DestroyTimerFns(const SP_Platform*, SP_TimerFns*) {}

void DestroyPlatform(SP_Platform*) {}
void DestroyPlatformFns(SP_PlatformFns*) {}

}  // namespace
}  // namespace tf_mlc

void MlcInitPlatform(SE_PlatformRegistrationParams* params, TF_Status*) {
  using namespace tf_mlc;
  params->major_version = SE_MAJOR;
  params->minor_version = SE_MINOR;
  params->patch_version = SE_PATCH;
  SP_Platform* platform = params->platform;
  platform->struct_size = SP_PLATFORM_STRUCT_SIZE;
  platform->name = "ML_COMPUTE";
  platform->type = tf_mlc::DeviceType().c_str();
  platform->supports_unified_memory = 0;
  platform->use_bfc_allocator = 1;
  platform->force_memory_growth = 1;  // the memory is the host's: never take all of it at once
  SP_PlatformFns* fns = params->platform_fns;
  fns->struct_size = SP_PLATFORM_FNS_STRUCT_SIZE;
  fns->get_device_count = DeviceCount;
  fns->create_device = CreateDevice;
  fns->destroy_device = DestroyDevice;
  fns->create_device_fns = CreateDeviceFns;
  fns->destroy_device_fns = DestroyDeviceFns;
  fns->create_stream_executor = CreateStreamExecutor;
  fns->destroy_stream_executor = DestroyStreamExecutor;
  fns->create_timer_fns = CreateTimerFns;
  fns->destroy_timer_fns = DestroyTimerFns;
  params->destroy_platform = DestroyPlatform;
  params->destroy_platform_fns = DestroyPlatformFns;
  RunPythonHook();
}
