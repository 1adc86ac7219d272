// MLCAdamWOptimizer.h: Adam with decoupled weight decay: the descriptor's regularization scale.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCOptimizer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCOptimizerDescriptor;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0))
@interface MLCAdamWOptimizer : MLCOptimizer <NSCopying> {
 @package
  float _beta1;
  float _beta2;
  float _epsilon;
  BOOL _usesAMSGrad;
  NSUInteger _timeStep;
}
@property(readonly, nonatomic) float beta1;
@property(readonly, nonatomic) float beta2;
@property(readonly, nonatomic) float epsilon;
@property(readonly, nonatomic) BOOL usesAMSGrad;
@property(readonly, nonatomic) NSUInteger timeStep;
+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor *)optimizerDescriptor;
+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor *)optimizerDescriptor
                                  beta1:(float)beta1
                                  beta2:(float)beta2
                                epsilon:(float)epsilon
                            usesAMSGrad:(BOOL)usesAmsGrad
                               timeStep:(NSUInteger)timeStep;
@end

NS_ASSUME_NONNULL_END
