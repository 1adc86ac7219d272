// MLCLossLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/loss.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

id Made(Class kind, MLCLossDescriptor* descriptor, MLCTensor* weights = nil) {
  MLCLossLayer* layer = NewLayer(kind, [&] {
    LossDescriptor to(static_cast<LossType>(descriptor.lossType),
                      static_cast<ReductionType>(descriptor.reductionType));
    to.weight = descriptor.weight;
    to.label_smoothing = descriptor.labelSmoothing;
    to.class_count = static_cast<int64_t>(descriptor.classCount);
    to.epsilon = descriptor.epsilon;
    to.delta = descriptor.delta;
    return std::make_shared<LossLayer>(to, TensorOf(weights));
  });
  Keep(layer->_descriptor, descriptor);
  Keep(layer->_weights, weights);
  return layer;
}

MLCLossDescriptor* Smooth(MLCLossType type, MLCReductionType reduction, float weight,
                          float smoothing, NSUInteger classes) {
  return [MLCLossDescriptor descriptorWithType:type
                                 reductionType:reduction
                                        weight:weight
                                labelSmoothing:smoothing
                                    classCount:classes];
}

MLCLossDescriptor* With(MLCLossType type, MLCReductionType reduction, float weight, float epsilon,
                        float delta) {
  return [MLCLossDescriptor descriptorWithType:type
                                 reductionType:reduction
                                        weight:weight
                                labelSmoothing:0
                                    classCount:1
                                       epsilon:epsilon
                                         delta:delta];
}

MLCLossDescriptor* Plain(MLCLossType type, MLCReductionType reduction, float weight) {
  return [MLCLossDescriptor descriptorWithType:type reductionType:reduction weight:weight];
}

}  // namespace

@implementation MLCLossLayer
@synthesize descriptor = _descriptor;
@synthesize weights = _weights;

+ (instancetype)layerWithDescriptor:(MLCLossDescriptor*)lossDescriptor {
  return Made(self, lossDescriptor);
}

+ (instancetype)layerWithDescriptor:(MLCLossDescriptor*)lossDescriptor weights:(MLCTensor*)weights {
  return Made(self, lossDescriptor, weights);
}

+ (instancetype)softmaxCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                          labelSmoothing:(float)labelSmoothing
                                              classCount:(NSUInteger)classCount
                                                  weight:(float)weight {
  return Made(self, Smooth(MLCLossTypeSoftmaxCrossEntropy, reductionType, weight, labelSmoothing,
                           classCount));
}

+ (instancetype)softmaxCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                          labelSmoothing:(float)labelSmoothing
                                              classCount:(NSUInteger)classCount
                                                 weights:(MLCTensor*)weights {
  return Made(self,
              Smooth(MLCLossTypeSoftmaxCrossEntropy, reductionType, 1, labelSmoothing, classCount),
              weights);
}

+ (instancetype)categoricalCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                              labelSmoothing:(float)labelSmoothing
                                                  classCount:(NSUInteger)classCount
                                                      weight:(float)weight {
  return Made(self, Smooth(MLCLossTypeCategoricalCrossEntropy, reductionType, weight,
                           labelSmoothing, classCount));
}

+ (instancetype)categoricalCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                              labelSmoothing:(float)labelSmoothing
                                                  classCount:(NSUInteger)classCount
                                                     weights:(MLCTensor*)weights {
  return Made(
      self,
      Smooth(MLCLossTypeCategoricalCrossEntropy, reductionType, 1, labelSmoothing, classCount),
      weights);
}

+ (instancetype)sigmoidCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                          labelSmoothing:(float)labelSmoothing
                                                  weight:(float)weight {
  return Made(self,
              Smooth(MLCLossTypeSigmoidCrossEntropy, reductionType, weight, labelSmoothing, 1));
}

+ (instancetype)sigmoidCrossEntropyLossWithReductionType:(MLCReductionType)reductionType
                                          labelSmoothing:(float)labelSmoothing
                                                 weights:(MLCTensor*)weights {
  return Made(self, Smooth(MLCLossTypeSigmoidCrossEntropy, reductionType, 1, labelSmoothing, 1),
              weights);
}

+ (instancetype)logLossWithReductionType:(MLCReductionType)reductionType
                                 epsilon:(float)epsilon
                                  weight:(float)weight {
  return Made(self, With(MLCLossTypeLog, reductionType, weight, epsilon, 1));
}

+ (instancetype)logLossWithReductionType:(MLCReductionType)reductionType
                                 epsilon:(float)epsilon
                                 weights:(MLCTensor*)weights {
  return Made(self, With(MLCLossTypeLog, reductionType, 1, epsilon, 1), weights);
}

+ (instancetype)huberLossWithReductionType:(MLCReductionType)reductionType
                                     delta:(float)delta
                                    weight:(float)weight {
  return Made(self, With(MLCLossTypeHuber, reductionType, weight, 1e-7f, delta));
}

+ (instancetype)huberLossWithReductionType:(MLCReductionType)reductionType
                                     delta:(float)delta
                                   weights:(MLCTensor*)weights {
  return Made(self, With(MLCLossTypeHuber, reductionType, 1, 1e-7f, delta), weights);
}

+ (instancetype)meanAbsoluteErrorLossWithReductionType:(MLCReductionType)reductionType
                                                weight:(float)weight {
  return Made(self, Plain(MLCLossTypeMeanAbsoluteError, reductionType, weight));
}

+ (instancetype)meanAbsoluteErrorLossWithReductionType:(MLCReductionType)reductionType
                                               weights:(MLCTensor*)weights {
  return Made(self, Plain(MLCLossTypeMeanAbsoluteError, reductionType, 1), weights);
}

+ (instancetype)meanSquaredErrorLossWithReductionType:(MLCReductionType)reductionType
                                               weight:(float)weight {
  return Made(self, Plain(MLCLossTypeMeanSquaredError, reductionType, weight));
}

+ (instancetype)meanSquaredErrorLossWithReductionType:(MLCReductionType)reductionType
                                              weights:(MLCTensor*)weights {
  return Made(self, Plain(MLCLossTypeMeanSquaredError, reductionType, 1), weights);
}

+ (instancetype)hingeLossWithReductionType:(MLCReductionType)reductionType weight:(float)weight {
  return Made(self, Plain(MLCLossTypeHinge, reductionType, weight));
}

+ (instancetype)hingeLossWithReductionType:(MLCReductionType)reductionType
                                   weights:(MLCTensor*)weights {
  return Made(self, Plain(MLCLossTypeHinge, reductionType, 1), weights);
}

+ (instancetype)cosineDistanceLossWithReductionType:(MLCReductionType)reductionType
                                             weight:(float)weight {
  return Made(self, Plain(MLCLossTypeCosineDistance, reductionType, weight));
}

+ (instancetype)cosineDistanceLossWithReductionType:(MLCReductionType)reductionType
                                            weights:(MLCTensor*)weights {
  return Made(self, Plain(MLCLossTypeCosineDistance, reductionType, 1), weights);
}
@end
