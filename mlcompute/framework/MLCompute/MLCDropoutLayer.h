// MLCDropoutLayer.h: zeros with probability rate while training.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCDropoutLayer : MLCLayer {
 @package
  float _rate;
  NSUInteger _seed;
}
@property(readonly, nonatomic) float rate;
@property(readonly, nonatomic) NSUInteger seed;
+ (instancetype)layerWithRate:(float)rate seed:(NSUInteger)seed;
@end

NS_ASSUME_NONNULL_END
