// MLCPaddingLayer.h: rows and columns around [N, C, H, W]. One amount; or left and right; or top,
// bottom, left, right. Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCPaddingLayer : MLCLayer <NSCopying> {
 @package
  MLCPaddingType _paddingType;
  NSUInteger _paddingLeft;
  NSUInteger _paddingRight;
  NSUInteger _paddingTop;
  NSUInteger _paddingBottom;
  float _constantValue;
}
@property(readonly, nonatomic) MLCPaddingType paddingType;
@property(readonly, nonatomic) NSUInteger paddingLeft;
@property(readonly, nonatomic) NSUInteger paddingRight;
@property(readonly, nonatomic) NSUInteger paddingTop;
@property(readonly, nonatomic) NSUInteger paddingBottom;
@property(readonly, nonatomic) float constantValue;
+ (instancetype)layerWithReflectionPadding:(NSArray<NSNumber *> *)padding;
+ (instancetype)layerWithSymmetricPadding:(NSArray<NSNumber *> *)padding;
+ (instancetype)layerWithZeroPadding:(NSArray<NSNumber *> *)padding;
+ (instancetype)layerWithConstantPadding:(NSArray<NSNumber *> *)padding
                           constantValue:(float)constantValue;
@end

NS_ASSUME_NONNULL_END
