// MLCOptimizerDescriptor.h: what optimizers have in common.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCOptimizerDescriptor : NSObject <NSCopying> {
 @package
  float _learningRate;
  float _gradientRescale;
  BOOL _appliesGradientClipping;
  float _gradientClipMax;
  float _gradientClipMin;
  float _regularizationScale;
  MLCRegularizationType _regularizationType;
  MLCGradientClippingType _gradientClippingType;
  float _maximumClippingNorm;
  float _customGlobalNorm;
}
@property(readonly, nonatomic) float learningRate;
@property(readonly, nonatomic) float gradientRescale;
@property(readonly, nonatomic) BOOL appliesGradientClipping;
@property(readonly, nonatomic) float gradientClipMax;
@property(readonly, nonatomic) float gradientClipMin;
@property(readonly, nonatomic) float regularizationScale;
@property(readonly, nonatomic) MLCRegularizationType regularizationType;
@property(readonly, nonatomic)
    MLCGradientClippingType gradientClippingType MLCOMPUTE_AVAILABLE_STARTING(
        macos(12.0), ios(15.0), tvos(15.0));
@property(readonly, nonatomic)
    float maximumClippingNorm MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
@property(readonly, nonatomic)
    float customGlobalNorm MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
+ (instancetype)descriptorWithLearningRate:(float)learningRate
                           gradientRescale:(float)gradientRescale
                        regularizationType:(MLCRegularizationType)regularizationType
                       regularizationScale:(float)regularizationScale;
+ (instancetype)descriptorWithLearningRate:(float)learningRate
                           gradientRescale:(float)gradientRescale
                   appliesGradientClipping:(BOOL)appliesGradientClipping
                           gradientClipMax:(float)gradientClipMax
                           gradientClipMin:(float)gradientClipMin
                        regularizationType:(MLCRegularizationType)regularizationType
                       regularizationScale:(float)regularizationScale;
+ (instancetype)descriptorWithLearningRate:(float)learningRate
                           gradientRescale:(float)gradientRescale
                   appliesGradientClipping:(BOOL)appliesGradientClipping
                      gradientClippingType:(MLCGradientClippingType)gradientClippingType
                           gradientClipMax:(float)gradientClipMax
                           gradientClipMin:(float)gradientClipMin
                       maximumClippingNorm:(float)maximumClippingNorm
                          customGlobalNorm:(float)customGlobalNorm
                        regularizationType:(MLCRegularizationType)regularizationType
                       regularizationScale:(float)regularizationScale
    MLCOMPUTE_AVAILABLE_STARTING(macos(12.0), ios(15.0), tvos(15.0));
@end

NS_ASSUME_NONNULL_END
