// MLCDevice: a CPU, or a GPU that computes on it but keeps a GPU's rules. There is no neural
// engine.
#include "mlcompute/backend/choice.h"
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

MLCDevice* Made(Class kind, MLCDeviceType type) {
  MLCDevice* device = New<MLCDevice>(kind);
  device->_type = type;
  device->_actualDeviceType = type;
  // What stands for the id<MTLDevice> of a GPU has no methods of Metal.
  Keep(device->_gpuDevices, type == MLCDeviceTypeGPU ? @[ [[[NSObject alloc] init] autorelease] ]
                                                     : static_cast<NSArray*>(@[]));
  return device;
}

}  // namespace

namespace mlcompute::framework {

std::shared_ptr<const Device> DeviceOf(MLCDevice* device) {
  // Not the process's backend, which may be the one on this very framework.
  (void)device;
  return std::make_shared<Device>(DeviceType::kCpu, HostBackend());
}

}  // namespace mlcompute::framework

@implementation MLCDevice
@synthesize type = _type;
@synthesize actualDeviceType = _actualDeviceType;

- (id)init {
  Keep(_gpuDevices, static_cast<NSArray*>(@[]));
  return self;
}

- (NSArray*)gpuDevices {
  return _gpuDevices;
}

+ (instancetype)cpuDevice {
  return Made(self, MLCDeviceTypeCPU);
}

+ (instancetype)gpuDevice {
  return Made(self, MLCDeviceTypeGPU);
}

+ (instancetype)aneDevice {
  Refuse("there is no neural engine");
  return nil;
}

+ (instancetype)deviceWithType:(MLCDeviceType)type {
  return [self deviceWithType:type selectsMultipleComputeDevices:NO];
}

+ (instancetype)deviceWithType:(MLCDeviceType)type
    selectsMultipleComputeDevices:(BOOL)selectsMultipleComputeDevices {
  (void)selectsMultipleComputeDevices;
  switch (type) {
    case MLCDeviceTypeCPU:
    case MLCDeviceTypeAny:  // the framework chose the CPU where it was measured
      return Made(self, MLCDeviceTypeCPU);
    case MLCDeviceTypeGPU:
      return Made(self, MLCDeviceTypeGPU);
    default:
      Refuse(StrCat("there is no device of type ", type));
      return nil;
  }
}

+ (instancetype)deviceWithGPUDevices:(NSArray*)gpus {
  if ([gpus count] == 0) {
    Refuse("deviceWithGPUDevices: without GPUs");
    return nil;
  }
  MLCDevice* device = Made(self, MLCDeviceTypeGPU);
  Keep(device->_gpuDevices, gpus);
  return device;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}

- (void)dealloc {
  ReleaseVariables(self);
  [super dealloc];
}
@end
