// MLCScatterLayer.h: elements written along a dimension; sources x, indices, what to copy.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5))
@interface MLCScatterLayer : MLCLayer {
 @package
  NSUInteger _dimension;
  MLCReductionType _reductionType;
}
@property(readonly, nonatomic) NSUInteger dimension;
@property(readonly, nonatomic) MLCReductionType reductionType;
+ (nullable instancetype)layerWithDimension:(NSUInteger)dimension
                              reductionType:(MLCReductionType)reductionType;
@end

NS_ASSUME_NONNULL_END
