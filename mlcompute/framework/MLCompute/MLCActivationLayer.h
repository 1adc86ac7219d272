// MLCActivationLayer.h: x to f(x), elementwise.
// Written by tools/framework_headers.py.
#pragma once

#import <Foundation/Foundation.h>
#import <MLCompute/MLCLayer.h>

NS_ASSUME_NONNULL_BEGIN

@class MLCActivationDescriptor;

MLCOMPUTE_CLASS_AVAILABLE_STARTING(macos(11.0), ios(14.0), tvos(14.0))
@interface MLCActivationLayer : MLCLayer {
 @package
  MLCActivationDescriptor *_descriptor;
}
@property(readonly, nonatomic, copy) MLCActivationDescriptor *descriptor;
@property(class, readonly, nonatomic) MLCActivationLayer *reluLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *relu6Layer;
@property(class, readonly, nonatomic) MLCActivationLayer *leakyReLULayer;
@property(class, readonly, nonatomic) MLCActivationLayer *sigmoidLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *hardSigmoidLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *tanhLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *absoluteLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *softPlusLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *softSignLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *eluLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *logSigmoidLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *seluLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *celuLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *hardShrinkLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *softShrinkLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *tanhShrinkLayer;
@property(class, readonly, nonatomic) MLCActivationLayer *geluLayer;
@property(class, readonly, nonatomic)
    MLCActivationLayer *hardSwishLayer MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5),
                                                                    tvos(14.5));
+ (instancetype)layerWithDescriptor:(MLCActivationDescriptor *)descriptor;
+ (instancetype)leakyReLULayerWithNegativeSlope:(float)negativeSlope;
+ (instancetype)linearLayerWithScale:(float)scale bias:(float)bias;
+ (instancetype)softPlusLayerWithBeta:(float)beta;
+ (instancetype)eluLayerWithA:(float)a;
+ (instancetype)relunLayerWithA:(float)a b:(float)b;
+ (instancetype)celuLayerWithA:(float)a;
+ (instancetype)hardShrinkLayerWithA:(float)a;
+ (instancetype)softShrinkLayerWithA:(float)a;
+ (instancetype)thresholdLayerWithThreshold:(float)threshold replacement:(float)replacement;
+ (instancetype)clampLayerWithMinValue:(float)minValue
                              maxValue:(float)maxValue
    MLCOMPUTE_AVAILABLE_STARTING(macos(11.3), ios(14.5), tvos(14.5));
@end

NS_ASSUME_NONNULL_END
