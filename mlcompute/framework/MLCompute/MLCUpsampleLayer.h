// MLCUpsampleLayer.h: [N, C, H, W] with another [H, W].
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCUpsampleLayer : MLCLayer {
 @package
  NSArray<NSNumber *> *_shape;
  MLCSampleMode _sampleMode;
  BOOL _alignsCorners;
}
@property(readonly, nonatomic, copy) NSArray<NSNumber *> *shape;
@property(readonly, nonatomic) MLCSampleMode sampleMode;
@property(readonly, nonatomic) BOOL alignsCorners;
+ (nullable instancetype)layerWithShape:(NSArray<NSNumber *> *)shape;
+ (nullable instancetype)layerWithShape:(NSArray<NSNumber *> *)shape
                             sampleMode:(MLCSampleMode)sampleMode
                          alignsCorners:(BOOL)alignsCorners;
@end

NS_ASSUME_NONNULL_END
