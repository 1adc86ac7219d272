// MLCOptimizerDescriptor.
#include "mlcompute/framework/bridge.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCOptimizerDescriptor
@synthesize learningRate = _learningRate;
@synthesize gradientRescale = _gradientRescale;
@synthesize appliesGradientClipping = _appliesGradientClipping;
@synthesize gradientClipMax = _gradientClipMax;
@synthesize gradientClipMin = _gradientClipMin;
@synthesize regularizationScale = _regularizationScale;
@synthesize regularizationType = _regularizationType;
@synthesize gradientClippingType = _gradientClippingType;
@synthesize maximumClippingNorm = _maximumClippingNorm;
@synthesize customGlobalNorm = _customGlobalNorm;

+ (instancetype)descriptorWithLearningRate:(float)learningRate
                           gradientRescale:(float)gradientRescale
                        regularizationType:(MLCRegularizationType)regularizationType
                       regularizationScale:(float)regularizationScale {
  return [self descriptorWithLearningRate:learningRate
                          gradientRescale:gradientRescale
                  appliesGradientClipping:NO
                          gradientClipMax:1
                          gradientClipMin:-1
                       regularizationType:regularizationType
                      regularizationScale:regularizationScale];
}

+ (instancetype)descriptorWithLearningRate:(float)learningRate
                           gradientRescale:(float)gradientRescale
                   appliesGradientClipping:(BOOL)appliesGradientClipping
                           gradientClipMax:(float)gradientClipMax
                           gradientClipMin:(float)gradientClipMin
                        regularizationType:(MLCRegularizationType)regularizationType
                       regularizationScale:(float)regularizationScale {
  return [self descriptorWithLearningRate:learningRate
                          gradientRescale:gradientRescale
                  appliesGradientClipping:appliesGradientClipping
                     gradientClippingType:MLCGradientClippingTypeByValue
                          gradientClipMax:gradientClipMax
                          gradientClipMin:gradientClipMin
                      maximumClippingNorm:1
                         customGlobalNorm:1
                       regularizationType:regularizationType
                      regularizationScale:regularizationScale];
}

+ (instancetype)descriptorWithLearningRate:(float)learningRate
                           gradientRescale:(float)gradientRescale
                   appliesGradientClipping:(BOOL)appliesGradientClipping
                      gradientClippingType:(MLCGradientClippingType)gradientClippingType
                           gradientClipMax:(float)gradientClipMax
                           gradientClipMin:(float)gradientClipMin
                       maximumClippingNorm:(float)maximumClippingNorm
                          customGlobalNorm:(float)customGlobalNorm
                        regularizationType:(MLCRegularizationType)regularizationType
                       regularizationScale:(float)regularizationScale {
  MLCOptimizerDescriptor* made = New<MLCOptimizerDescriptor>(self);
  made->_learningRate = learningRate;
  made->_gradientRescale = gradientRescale;
  made->_appliesGradientClipping = appliesGradientClipping;
  made->_gradientClippingType = gradientClippingType;
  made->_gradientClipMax = gradientClipMax;
  made->_gradientClipMin = gradientClipMin;
  made->_maximumClippingNorm = maximumClippingNorm;
  made->_customGlobalNorm = customGlobalNorm;
  made->_regularizationType = regularizationType;
  made->_regularizationScale = regularizationScale;
  return made;
}

- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}
@end
