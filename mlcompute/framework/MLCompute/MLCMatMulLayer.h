// MLCMatMulLayer.h: products of the last two axes.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCMatMulDescriptor;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCMatMulLayer : MLCLayer {
 @package
  MLCMatMulDescriptor *_descriptor;
}
@property(readonly, nonatomic, copy) MLCMatMulDescriptor *descriptor;
+ (nullable instancetype)layerWithDescriptor:(MLCMatMulDescriptor *)descriptor;
@end

NS_ASSUME_NONNULL_END
