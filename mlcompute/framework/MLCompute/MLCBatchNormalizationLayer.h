// MLCBatchNormalizationLayer.h: per channel of [N, C, H, W]; all tensors [1, C, 1, 1], else the
// layer is empty and makes no node. Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCTensor, MLCTensorParameter;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCBatchNormalizationLayer : MLCLayer {
 @package
  NSUInteger _featureChannelCount;
  MLCTensor *_mean;
  MLCTensor *_variance;
  MLCTensor *_beta;
  MLCTensor *_gamma;
  MLCTensorParameter *_betaParameter;
  MLCTensorParameter *_gammaParameter;
  float _varianceEpsilon;
  float _momentum;
}
@property(readonly, nonatomic) NSUInteger featureChannelCount;
@property(readonly, nonatomic, retain) MLCTensor *mean;
@property(readonly, nonatomic, retain) MLCTensor *variance;
@property(readonly, nonatomic, nullable, retain) MLCTensor *beta;
@property(readonly, nonatomic, nullable, retain) MLCTensor *gamma;
@property(readonly, nonatomic, nullable, retain) MLCTensorParameter *betaParameter;
@property(readonly, nonatomic, nullable, retain) MLCTensorParameter *gammaParameter;
@property(readonly, nonatomic) float varianceEpsilon;
@property(readonly, nonatomic) float momentum;
+ (nullable instancetype)layerWithFeatureChannelCount:(NSUInteger)featureChannelCount
                                                 mean:(MLCTensor *)mean
                                             variance:(MLCTensor *)variance
                                                 beta:(nullable MLCTensor *)beta
                                                gamma:(nullable MLCTensor *)gamma
                                      varianceEpsilon:(float)varianceEpsilon;
+ (nullable instancetype)layerWithFeatureChannelCount:(NSUInteger)featureChannelCount
                                                 mean:(MLCTensor *)mean
                                             variance:(MLCTensor *)variance
                                                 beta:(nullable MLCTensor *)beta
                                                gamma:(nullable MLCTensor *)gamma
                                      varianceEpsilon:(float)varianceEpsilon
                                             momentum:(float)momentum;
@end

NS_ASSUME_NONNULL_END
