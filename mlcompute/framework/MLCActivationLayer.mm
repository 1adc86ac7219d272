// MLCActivationLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/activation.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

id Made(Class kind, MLCActivationDescriptor* descriptor) {
  MLCActivationLayer* layer = NewLayer(kind, [&]() -> LayerPtr {
    if (descriptor == nil) throw InvalidArgument("an activation layer without a descriptor");
    return std::make_shared<ActivationLayer>(ActivationOf(descriptor));
  });
  Keep(layer->_descriptor, descriptor);
  return layer;
}

MLCActivationDescriptor* With(MLCActivationType type, float a, float b = 1) {
  return [MLCActivationDescriptor descriptorWithType:type a:a b:b];
}

id Usual(Class kind, MLCActivationType type) {
  return Made(kind, [MLCActivationDescriptor descriptorWithType:type]);
}

}  // namespace

namespace mlcompute::framework {

ActivationDescriptor ActivationOf(MLCActivationDescriptor* descriptor) {
  return ActivationDescriptor(static_cast<ActivationType>(descriptor.activationType), descriptor.a,
                              descriptor.b, descriptor.c);
}

}  // namespace mlcompute::framework

@implementation MLCActivationLayer
@synthesize descriptor = _descriptor;

+ (instancetype)layerWithDescriptor:(MLCActivationDescriptor*)descriptor {
  return Made(self, descriptor);
}

+ (MLCActivationLayer*)reluLayer {
  return Usual(self, MLCActivationTypeReLU);
}

+ (MLCActivationLayer*)relu6Layer {
  return Made(self, With(MLCActivationTypeReLUN, 0, 6));
}

+ (MLCActivationLayer*)leakyReLULayer {
  return [self leakyReLULayerWithNegativeSlope:0.01f];
}

+ (MLCActivationLayer*)sigmoidLayer {
  return Usual(self, MLCActivationTypeSigmoid);
}

+ (MLCActivationLayer*)hardSigmoidLayer {
  return Usual(self, MLCActivationTypeHardSigmoid);
}

+ (MLCActivationLayer*)tanhLayer {
  return Usual(self, MLCActivationTypeTanh);
}

+ (MLCActivationLayer*)absoluteLayer {
  return Usual(self, MLCActivationTypeAbsolute);
}

+ (MLCActivationLayer*)softPlusLayer {
  return Usual(self, MLCActivationTypeSoftPlus);
}

+ (MLCActivationLayer*)softSignLayer {
  return Usual(self, MLCActivationTypeSoftSign);
}

+ (MLCActivationLayer*)eluLayer {
  return Usual(self, MLCActivationTypeELU);
}

+ (MLCActivationLayer*)logSigmoidLayer {
  return Usual(self, MLCActivationTypeLogSigmoid);
}

+ (MLCActivationLayer*)seluLayer {
  return Usual(self, MLCActivationTypeSELU);
}

+ (MLCActivationLayer*)celuLayer {
  return Usual(self, MLCActivationTypeCELU);
}

+ (MLCActivationLayer*)hardShrinkLayer {
  return Usual(self, MLCActivationTypeHardShrink);
}

+ (MLCActivationLayer*)softShrinkLayer {
  return Usual(self, MLCActivationTypeSoftShrink);
}

+ (MLCActivationLayer*)tanhShrinkLayer {
  return Usual(self, MLCActivationTypeTanhShrink);
}

// The parameters that the framework's own has: those of the approximation by tanh.
+ (MLCActivationLayer*)geluLayer {
  return Made(self, With(MLCActivationTypeGELU, 0.7978845608f, 0.044715f));
}

+ (MLCActivationLayer*)hardSwishLayer {
  return Usual(self, MLCActivationTypeHardSwish);
}

+ (instancetype)leakyReLULayerWithNegativeSlope:(float)negativeSlope {
  return Made(self, With(MLCActivationTypeReLU, negativeSlope));
}

+ (instancetype)linearLayerWithScale:(float)scale bias:(float)bias {
  return Made(self, With(MLCActivationTypeLinear, scale, bias));
}

+ (instancetype)softPlusLayerWithBeta:(float)beta {
  return Made(self, With(MLCActivationTypeSoftPlus, 1, beta));
}

+ (instancetype)eluLayerWithA:(float)a {
  return Made(self, With(MLCActivationTypeELU, a));
}

+ (instancetype)relunLayerWithA:(float)a b:(float)b {
  return Made(self, With(MLCActivationTypeReLUN, a, b));
}

+ (instancetype)celuLayerWithA:(float)a {
  return Made(self, With(MLCActivationTypeCELU, a));
}

+ (instancetype)hardShrinkLayerWithA:(float)a {
  return Made(self, With(MLCActivationTypeHardShrink, a));
}

+ (instancetype)softShrinkLayerWithA:(float)a {
  return Made(self, With(MLCActivationTypeSoftShrink, a));
}

+ (instancetype)thresholdLayerWithThreshold:(float)threshold replacement:(float)replacement {
  return Made(self, With(MLCActivationTypeThreshold, threshold, replacement));
}

+ (instancetype)clampLayerWithMinValue:(float)minValue maxValue:(float)maxValue {
  return Made(self, With(MLCActivationTypeClamp, minValue, maxValue));
}
@end
