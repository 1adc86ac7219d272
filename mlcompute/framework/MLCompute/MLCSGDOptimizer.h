// MLCSGDOptimizer.h: stochastic gradient descent, with momentum perhaps.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCOptimizer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCOptimizerDescriptor;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCSGDOptimizer : MLCOptimizer <NSCopying> {
 @package
  float _momentumScale;
  BOOL _usesNesterovMomentum;
}
@property(readonly, nonatomic) float momentumScale;
@property(readonly, nonatomic) BOOL usesNesterovMomentum;
+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor *)optimizerDescriptor;
+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor *)optimizerDescriptor
                          momentumScale:(float)momentumScale
                   usesNesterovMomentum:(BOOL)usesNesterovMomentum;
@end

NS_ASSUME_NONNULL_END
