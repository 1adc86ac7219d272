// MLCReshapeLayer.h: the same elements in another shape.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCReshapeLayer : MLCLayer {
 @package
  NSArray<NSNumber *> *_shape;
}
@property(readonly, nonatomic, copy)
    NSArray<NSNumber *> *shape MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5));
+ (nullable instancetype)layerWithShape:(NSArray<NSNumber *> *)shape;
@end

NS_ASSUME_NONNULL_END
