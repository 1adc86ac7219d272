// MLCGatherLayer.h: elements picked along a dimension; sources x and indices.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5))
@interface MLCGatherLayer : MLCLayer {
 @package
  NSUInteger _dimension;
}
@property(readonly, nonatomic) NSUInteger dimension;
+ (instancetype)layerWithDimension:(NSUInteger)dimension;
@end

NS_ASSUME_NONNULL_END
