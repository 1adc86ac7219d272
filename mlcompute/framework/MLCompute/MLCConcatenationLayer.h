// MLCConcatenationLayer.h: sources one after the other along a dimension, by default 1.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCConcatenationLayer : MLCLayer {
 @package
  NSUInteger _dimension;
}
@property(readonly, nonatomic) NSUInteger dimension;
+ (instancetype)layer;
+ (instancetype)layerWithDimension:(NSUInteger)dimension;
@end

NS_ASSUME_NONNULL_END
