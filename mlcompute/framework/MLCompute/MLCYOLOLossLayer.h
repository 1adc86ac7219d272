// MLCYOLOLossLayer.h: the loss of an object detector; one number for each sample.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLossLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCYOLOLossDescriptor;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCYOLOLossLayer : MLCLossLayer {
 @package
  MLCYOLOLossDescriptor *_yoloLossDescriptor;
}
@property(readonly, nonatomic, copy) MLCYOLOLossDescriptor *yoloLossDescriptor;
+ (instancetype)layerWithDescriptor:(MLCYOLOLossDescriptor *)lossDescriptor;
@end

NS_ASSUME_NONNULL_END
