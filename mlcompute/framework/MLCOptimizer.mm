// MLCOptimizer: a learning rate that is set counts from the next update on.
#include "mlcompute/framework/optimizer.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace mlcompute::framework {

id NewOptimizer(Class kind, MLCOptimizerDescriptor* descriptor,
                const std::function<std::shared_ptr<Optimizer>(const OptimizerDescriptor&)>& make) {
  MLCOptimizer* made = New<MLCOptimizer>(kind);
  if (descriptor == nil) {
    Refuse("an optimizer without a descriptor");
    return made;
  }
  made->_learningRate = descriptor.learningRate;
  made->_gradientRescale = descriptor.gradientRescale;
  made->_appliesGradientClipping = descriptor.appliesGradientClipping;
  made->_gradientClipMax = descriptor.gradientClipMax;
  made->_gradientClipMin = descriptor.gradientClipMin;
  made->_regularizationScale = descriptor.regularizationScale;
  made->_regularizationType = descriptor.regularizationType;
  made->_gradientClippingType = descriptor.gradientClippingType;
  made->_maximumClippingNorm = descriptor.maximumClippingNorm;
  made->_customGlobalNorm = descriptor.customGlobalNorm;

  OptimizerDescriptor to(made->_learningRate);
  to.gradient_rescale = made->_gradientRescale;
  to.regularization_type = static_cast<RegularizationType>(made->_regularizationType);
  to.regularization_scale = made->_regularizationScale;
  to.applies_gradient_clipping = made->_appliesGradientClipping;
  to.gradient_clipping_type = static_cast<GradientClippingType>(made->_gradientClippingType);
  to.gradient_clip_max = made->_gradientClipMax;
  to.gradient_clip_min = made->_gradientClipMin;
  to.maximum_clipping_norm = made->_maximumClippingNorm;
  to.custom_global_norm = made->_customGlobalNorm;
  Try([&] { made->_object = new std::shared_ptr<Optimizer>(make(to)); });
  return made;
}

std::shared_ptr<Optimizer> OptimizerOf(MLCOptimizer* optimizer) {
  auto* held = optimizer ? static_cast<std::shared_ptr<Optimizer>*>(optimizer->_object) : nullptr;
  return held ? *held : nullptr;
}

}  // namespace mlcompute::framework

@implementation MLCOptimizer (Framework)
- (MLCOptimizerDescriptor*)asDescriptor {
  return [MLCOptimizerDescriptor descriptorWithLearningRate:_learningRate
                                            gradientRescale:_gradientRescale
                                    appliesGradientClipping:_appliesGradientClipping
                                       gradientClippingType:_gradientClippingType
                                            gradientClipMax:_gradientClipMax
                                            gradientClipMin:_gradientClipMin
                                        maximumClippingNorm:_maximumClippingNorm
                                           customGlobalNorm:_customGlobalNorm
                                         regularizationType:_regularizationType
                                        regularizationScale:_regularizationScale];
}
@end

@implementation MLCOptimizer
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

- (void)setLearningRate:(float)learningRate {
  _learningRate = learningRate;
  if (const auto optimizer = OptimizerOf(self)) optimizer->set_learning_rate(learningRate);
}

- (void)setAppliesGradientClipping:(BOOL)appliesGradientClipping {
  _appliesGradientClipping = appliesGradientClipping;
  if (const auto optimizer = OptimizerOf(self)) {
    optimizer->set_applies_gradient_clipping(appliesGradientClipping);
  }
}

// Each kind copies itself.
- (id)copyWithZone:(NSZone*)zone {
  (void)zone;
  return [self retain];
}

- (void)dealloc {
  delete static_cast<std::shared_ptr<Optimizer>*>(_object);
  [super dealloc];
}
@end
