// MLCSoftmaxLayer.h: along a dimension, by default 1.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCSoftmaxLayer : MLCLayer {
 @package
  MLCSoftmaxOperation _operation;
  NSUInteger _dimension;
}
@property(readonly, nonatomic) MLCSoftmaxOperation operation;
@property(readonly, nonatomic) NSUInteger dimension;
+ (instancetype)layerWithOperation:(MLCSoftmaxOperation)operation;
+ (instancetype)layerWithOperation:(MLCSoftmaxOperation)operation dimension:(NSUInteger)dimension;
@end

NS_ASSUME_NONNULL_END
