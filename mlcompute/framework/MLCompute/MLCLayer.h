// MLCLayer.h: a function of tensors, with its parameters. It belongs to one graph.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCDevice;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCLayer : NSObject {
 @package
  void *_object;
  NSUInteger _layerID;
  NSString *_label;
  BOOL _isDebuggingEnabled;
  MLCDeviceType _deviceType;
}
@property(readonly, nonatomic) NSUInteger layerID;
@property(readwrite, nonatomic, copy) NSString *label;
@property(readwrite, nonatomic) BOOL isDebuggingEnabled;
@property(readonly, nonatomic)
    MLCDeviceType deviceType MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
+ (BOOL)supportsDataType:(MLCDataType)dataType onDevice:(MLCDevice *)device;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
