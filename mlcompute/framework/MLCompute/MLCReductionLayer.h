// MLCReductionLayer.h: one number of many; reduced axes have size 1.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCReductionLayer : MLCLayer {
 @package
  MLCReductionType _reductionType;
  NSUInteger _dimension;
  NSArray<NSNumber *> *_dimensions;
}
@property(readonly, nonatomic) MLCReductionType reductionType;
@property(readonly, nonatomic) NSUInteger dimension;
@property(readonly, nonatomic) NSArray<NSNumber *> *dimensions MLCOMPUTE_AVAILABLE_STARTING(
    macos(11.3), ios(14.5), tvos(14.5));
+ (nullable instancetype)layerWithReductionType:(MLCReductionType)reductionType
                                      dimension:(NSUInteger)dimension;
+ (nullable instancetype)layerWithReductionType:(MLCReductionType)reductionType
                                     dimensions:(NSArray<NSNumber *> *)dimensions
    MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5));
@end

NS_ASSUME_NONNULL_END
