// MLCMatMulDescriptor.h: scale and transposes of a product. A copy loses the transposes.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCMatMulDescriptor : NSObject <NSCopying> {
 @package
  float _alpha;
  BOOL _transposesX;
  BOOL _transposesY;
}
@property(readonly, nonatomic) float alpha;
@property(readonly, nonatomic) BOOL transposesX;
@property(readonly, nonatomic) BOOL transposesY;
+ (nullable instancetype)descriptorWithAlpha:(float)alpha
                                 transposesX:(BOOL)transposesX
                                 transposesY:(BOOL)transposesY;
+ (instancetype)descriptor;
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
