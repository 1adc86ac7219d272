// MLCGroupNormalizationLayer.h: per sample and group of channels of [N, C, H, W].
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCTensor, MLCTensorParameter;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCGroupNormalizationLayer : MLCLayer {
 @package
  NSUInteger _featureChannelCount;
  NSUInteger _groupCount;
  MLCTensor *_beta;
  MLCTensor *_gamma;
  MLCTensorParameter *_betaParameter;
  MLCTensorParameter *_gammaParameter;
  float _varianceEpsilon;
}
@property(readonly, nonatomic) NSUInteger featureChannelCount;
@property(readonly, nonatomic) NSUInteger groupCount;
@property(readonly, nonatomic, nullable, retain) MLCTensor *beta;
@property(readonly, nonatomic, nullable, retain) MLCTensor *gamma;
@property(readonly, nonatomic, nullable, retain) MLCTensorParameter *betaParameter;
@property(readonly, nonatomic, nullable, retain) MLCTensorParameter *gammaParameter;
@property(readonly, nonatomic) float varianceEpsilon;
+ (nullable instancetype)layerWithFeatureChannelCount:(NSUInteger)featureChannelCount
                                           groupCount:(NSUInteger)groupCount
                                                 beta:(nullable MLCTensor *)beta
                                                gamma:(nullable MLCTensor *)gamma
                                      varianceEpsilon:(float)varianceEpsilon;
@end

NS_ASSUME_NONNULL_END
