// MLCOptimizer.h: how training changes parameters.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCTypes.h>

NS_ASSUME_NONNULL_BEGIN

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCOptimizer : NSObject <NSCopying> {
 @package
  void *_object;
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
@property(readwrite, nonatomic) float learningRate;
@property(readonly, nonatomic) float gradientRescale;
@property(readwrite, nonatomic) BOOL appliesGradientClipping;
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
+ (instancetype)new MLCOMPUTE_UNAVAILABLE;
- (instancetype)init MLCOMPUTE_UNAVAILABLE;
@end

NS_ASSUME_NONNULL_END
