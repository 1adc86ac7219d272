// MLCRMSPropOptimizer.h: gradients divided by their recent magnitude.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCOptimizer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCOptimizerDescriptor;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCRMSPropOptimizer : MLCOptimizer <NSCopying> {
 @package
  float _momentumScale;
  float _alpha;
  float _epsilon;
  BOOL _isCentered;
}
@property(readonly, nonatomic) float momentumScale;
@property(readonly, nonatomic) float alpha;
@property(readonly, nonatomic) float epsilon;
@property(readonly, nonatomic) BOOL isCentered;
+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor *)optimizerDescriptor;
+ (instancetype)optimizerWithDescriptor:(MLCOptimizerDescriptor *)optimizerDescriptor
                          momentumScale:(float)momentumScale
                                  alpha:(float)alpha
                                epsilon:(float)epsilon
                             isCentered:(BOOL)isCentered;
@end

NS_ASSUME_NONNULL_END
