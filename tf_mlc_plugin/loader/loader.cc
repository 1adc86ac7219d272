// tf_mlc_plugin/loader/loader.cc: the only library in site-packages/tensorflow-plugins.
//
// Opens the device library, or stands aside: `import tensorflow` must succeed whatever is wrong.
// Standing aside means registering the platform with no devices, no kernels and a graph optimizer
// that is never called, and writing one line that says why.
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <cstdio>
#include <string>

#include "tensorflow/c/experimental/grappler/grappler.h"
#include "tensorflow/c/experimental/stream_executor/stream_executor.h"
#include "tf_mlc_plugin/device/stream_executor.h"
#include "tf_mlc_plugin/loader/loaded_copies.h"

#define MLC_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// TensorFlow loads what has its system's suffix and leaves the rest of the folder alone.
#if defined(__APPLE__)
#define MLC_LIBRARY_SUFFIX ".dylib"
#else
#define MLC_LIBRARY_SUFFIX ".so"
#endif
constexpr char kLibraryName[] = "libtf_mlc_plugin" MLC_LIBRARY_SUFFIX;
constexpr char kDeviceLibrary[] = "/../tf_mlc_plugin/lib/libtf_mlc_device" MLC_LIBRARY_SUFFIX;

struct Device {
  decltype(&SE_InitPlugin) init_platform = nullptr;
  void (*init_kernels)() = nullptr;
  decltype(&TF_InitGraph) init_graph = nullptr;
  std::string reason;  // why it stands aside; empty when the device library is open
  // Those of a copy differ, because TensorFlow aborts when a name is registered twice.
  std::string platform = "ML_COMPUTE";
  std::string type = "MLC";
};

void BeCopy(Device* device, const std::string& suffix) {
  device->reason = "another copy of it is loaded already";
  device->platform += suffix;
  device->type += suffix;
}

std::string OwnFolder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&OwnFolder), &info) || !info.dli_fname) return ".";
  char resolved[PATH_MAX];
  const std::string path = realpath(info.dli_fname, resolved) ? resolved : info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// The C interface that kernels are written against took its present form in 2.16; a new major
// version may change it.
std::string UnsupportedTensorFlow() {
  const auto version = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "TF_Version"));
  if (!version) return "";  // not visible: an embedder linked TensorFlow its own way
  int major = 0;
  int minor = 0;
  if (sscanf(version(), "%d.%d", &major, &minor) == 2 && major == 2 && minor >= 16) return "";
  return std::string("TensorFlow ") + version() + " is not supported (2.16 or newer 2.x is)";
}

std::string UnsupportedCpu() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("popcnt")) {
    return "the CPU lacks SSE4.2";
  }
#endif
  return "";
}

Device Open() {
  Device device;
  const int earlier = tf_mlc::CopiesBefore(kLibraryName, reinterpret_cast<const void*>(&OwnFolder));
  if (earlier > 0) {
    BeCopy(&device, "_COPY" + std::string(static_cast<size_t>(earlier - 1), '_'));
    return device;
  }
  const char* disabled = getenv("TF_DISABLE_MLC");
  if (disabled && *disabled && strcmp(disabled, "0") != 0) {
    device.reason = std::string("TF_DISABLE_MLC=") + disabled + " is set";
    return device;
  }
  for (const std::string& reason : {UnsupportedTensorFlow(), UnsupportedCpu()}) {
    if (!reason.empty()) {
      device.reason = reason;
      return device;
    }
  }
  void* handle = dlopen((OwnFolder() + kDeviceLibrary).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    device.reason = std::string("its device library does not load: ") + dlerror();
    return device;
  }
  device.init_platform =
      reinterpret_cast<decltype(&SE_InitPlugin)>(dlsym(handle, "MlcInitPlatform"));
  device.init_kernels = reinterpret_cast<void (*)()>(dlsym(handle, "MlcInitKernels"));
  device.init_graph = reinterpret_cast<decltype(&TF_InitGraph)>(dlsym(handle, "MlcInitGraph"));
  using Unavailable = size_t (*)(char*, size_t);
  const auto unavailable = reinterpret_cast<Unavailable>(dlsym(handle, "MlcUnavailable"));
  if (!device.init_platform || !device.init_kernels || !device.init_graph || !unavailable) {
    device.reason = "its device library is of another version";
    return device;
  }
  char reason[1024];
  unavailable(reason, sizeof(reason));
  device.reason = reason;
  return device;
}

void Complain(const Device& device) {
  if (device.reason.empty()) return;
  fprintf(stderr, "tf_mlc_plugin: the MLC device is not available: %s.\n", device.reason.c_str());
}

// What is being registered. Never freed: TensorFlow keeps pointers to the names.
const Device* current = nullptr;

// TensorFlow calls SE_InitPlugin first, and again for every other path that leads to this library
// (a lib64 folder that is a link to lib), which opening it twice does not show.
const Device& Begin() {
  auto* device = current ? new Device : new Device(Open());
  if (current) BeCopy(device, current->type.substr(strlen("MLC")) + "_AGAIN");
  Complain(*device);
  return *(current = device);
}

const Device& Current() { return current ? *current : Begin(); }

// ---- a platform without devices; TensorFlow demands a full stream executor all the same.

void NoDevices(const SP_Platform*, int* count, TF_Status*) { *count = 0; }
void CreateDevice(const SP_Platform*, SE_CreateDeviceParams*, TF_Status*) {}
void DestroyDevice(const SP_Platform*, SP_Device*) {}
void CreateDeviceFns(const SP_Platform*, SE_CreateDeviceFnsParams*, TF_Status*) {}
void DestroyDeviceFns(const SP_Platform*, SP_DeviceFns*) {}
void CreateStreamExecutor(const SP_Platform*, SE_CreateStreamExecutorParams* params, TF_Status*) {
  tf_mlc::FillStreamExecutor(params->stream_executor);
}
void DestroyStreamExecutor(const SP_Platform*, SP_StreamExecutor*) {}
void CreateTimerFns(const SP_Platform*, SP_TimerFns* fns, TF_Status*) { tf_mlc::FillTimerFns(fns); }
void DestroyTimerFns(const SP_Platform*, SP_TimerFns*) {}
void DestroyPlatform(SP_Platform*) {}
void DestroyPlatformFns(SP_PlatformFns*) {}

void InitEmptyPlatform(SE_PlatformRegistrationParams* params, const Device& device) {
  params->major_version = SE_MAJOR;
  params->minor_version = SE_MINOR;
  params->patch_version = SE_PATCH;
  params->platform->struct_size = SP_PLATFORM_STRUCT_SIZE;
  params->platform->name = device.platform.c_str();
  params->platform->type = device.type.c_str();
  SP_PlatformFns* fns = params->platform_fns;
  fns->struct_size = SP_PLATFORM_FNS_STRUCT_SIZE;
  fns->get_device_count = NoDevices;
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
}

void NeverOptimize(void*, const TF_Buffer*, const TF_GrapplerItem*, TF_Buffer*, TF_Status*) {}

void InitEmptyGraph(TP_OptimizerRegistrationParams* params, const Device& device) {
  params->major_version = GO_MAJOR;
  params->minor_version = GO_MINOR;
  params->patch_version = GO_PATCH;
  params->device_type = device.type.c_str();
  params->optimizer_configs->struct_size = TP_OPTIMIZER_CONFIGS_STRUCT_SIZE;
  params->optimizer->struct_size = TP_OPTIMIZER_STRUCT_SIZE;
  params->optimizer->optimize_func = NeverOptimize;
}

}  // namespace

MLC_EXPORT void SE_InitPlugin(SE_PlatformRegistrationParams* params, TF_Status* status) {
  const Device& device = Begin();
  if (device.reason.empty()) {
    device.init_platform(params, status);
  } else {
    InitEmptyPlatform(params, device);
  }
}

MLC_EXPORT void TF_InitKernel() {
  const Device& device = Current();
  if (device.reason.empty()) device.init_kernels();
}

MLC_EXPORT void TF_InitGraph(TP_OptimizerRegistrationParams* params, TF_Status* status) {
  const Device& device = Current();
  if (device.reason.empty()) {
    device.init_graph(params, status);
  } else {
    InitEmptyGraph(params, device);
  }
}
