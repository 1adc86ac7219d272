// MLCDevice.h: where graphs run. Here every device computes on the CPU.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

@protocol MTLDevice;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCDevice : NSObject <NSCopying> {
 @package
  MLCDeviceType _type;
  MLCDeviceType _actualDeviceType;
  NSArray<id<MTLDevice>> *_gpuDevices;
}
@property(readonly, nonatomic) MLCDeviceType type;
@property(readonly, nonatomic)
    MLCDeviceType actualDeviceType MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
@property(readonly, nonatomic) NSArray<id<MTLDevice>> *gpuDevices;
+ (instancetype)cpuDevice;
+ (nullable instancetype)gpuDevice;
+ (nullable instancetype)aneDevice MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
+ (nullable instancetype)deviceWithType:(MLCDeviceType)type;
+ (nullable instancetype)deviceWithType:(MLCDeviceType)type
          selectsMultipleComputeDevices:(BOOL)selectsMultipleComputeDevices
    MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5));
+ (nullable instancetype)deviceWithGPUDevices:(NSArray<id<MTLDevice>> *)gpus;
@end

NS_ASSUME_NONNULL_END
