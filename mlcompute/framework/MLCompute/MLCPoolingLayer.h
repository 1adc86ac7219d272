// MLCPoolingLayer.h: one number for each window of [N, C, H, W].
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCPoolingDescriptor;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCPoolingLayer : MLCLayer {
 @package
  MLCPoolingDescriptor *_descriptor;
}
@property(readonly, nonatomic, copy) MLCPoolingDescriptor *descriptor;
+ (instancetype)layerWithDescriptor:(MLCPoolingDescriptor *)descriptor;
@end

NS_ASSUME_NONNULL_END
