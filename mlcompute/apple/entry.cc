// mlcompute/apple/entry.cc: what mlcompute/backend/apple_library.h finds in this library.
#include "mlcompute/apple/backend.h"
#include "mlcompute/program/op.h"
#include "mlcompute/types.h"

extern "C" __attribute__((visibility("default"))) mlcompute::Backend* MlcAppleBackend(int op_count,
                                                                                      int device) {
  using mlcompute::DeviceType;
  using mlcompute::apple::AppleBackend;
  if (op_count != mlcompute::kOpCount) return nullptr;
  const auto backend = [](DeviceType type) { return new AppleBackend({type}); };
  static AppleBackend* const backends[] = {backend(DeviceType::kCpu), backend(DeviceType::kGpu),
                                           backend(DeviceType::kAny), backend(DeviceType::kAne)};
  return backends[device];
}
