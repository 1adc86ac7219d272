// MLCTensorOptimizerDeviceData.h: an optimizer's state on a device; opaque.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCTensorOptimizerDeviceData : NSObject <NSCopying> {
 @package
  void *_object;
}
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
