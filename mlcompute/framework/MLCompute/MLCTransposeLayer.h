// MLCTransposeLayer.h: axes in another order; axis 0 stays.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCTransposeLayer : MLCLayer {
 @package
  NSArray<NSNumber *> *_dimensions;
}
@property(readonly, nonatomic, copy) NSArray<NSNumber *> *dimensions;
+ (nullable instancetype)layerWithDimensions:(NSArray<NSNumber *> *)dimensions;
@end

NS_ASSUME_NONNULL_END
