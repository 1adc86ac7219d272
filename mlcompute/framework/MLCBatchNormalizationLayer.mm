// MLCBatchNormalizationLayer: wrong shapes make an empty layer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/normalization.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCBatchNormalizationLayer
@synthesize featureChannelCount = _featureChannelCount;
@synthesize mean = _mean;
@synthesize variance = _variance;
@synthesize beta = _beta;
@synthesize gamma = _gamma;
@synthesize betaParameter = _betaParameter;
@synthesize gammaParameter = _gammaParameter;
@synthesize varianceEpsilon = _varianceEpsilon;
@synthesize momentum = _momentum;

+ (instancetype)layerWithFeatureChannelCount:(NSUInteger)featureChannelCount
                                        mean:(MLCTensor*)mean
                                    variance:(MLCTensor*)variance
                                        beta:(MLCTensor*)beta
                                       gamma:(MLCTensor*)gamma
                             varianceEpsilon:(float)varianceEpsilon {
  return [self layerWithFeatureChannelCount:featureChannelCount
                                       mean:mean
                                   variance:variance
                                       beta:beta
                                      gamma:gamma
                            varianceEpsilon:varianceEpsilon
                                   momentum:0.99f];
}

+ (instancetype)layerWithFeatureChannelCount:(NSUInteger)featureChannelCount
                                        mean:(MLCTensor*)mean
                                    variance:(MLCTensor*)variance
                                        beta:(MLCTensor*)beta
                                       gamma:(MLCTensor*)gamma
                             varianceEpsilon:(float)varianceEpsilon
                                    momentum:(float)momentum {
  MLCBatchNormalizationLayer* layer = NewLayer(self, [&]() -> LayerPtr {
    if (!mean || !variance) throw InvalidArgument("batch normalization without mean or variance");
    return std::make_shared<BatchNormalizationLayer>(
        static_cast<int64_t>(featureChannelCount), TensorOf(mean), TensorOf(variance),
        TensorOf(beta), TensorOf(gamma), varianceEpsilon, momentum);
  });
  if (!LayerOf(layer)) return layer;
  layer->_featureChannelCount = featureChannelCount;
  Keep(layer->_mean, mean);
  Keep(layer->_variance, variance);
  Keep(layer->_beta, beta);
  Keep(layer->_gamma, gamma);
  Keep(layer->_betaParameter, ParameterOf(layer, beta));
  Keep(layer->_gammaParameter, ParameterOf(layer, gamma));
  layer->_varianceEpsilon = varianceEpsilon;
  layer->_momentum = momentum;
  return layer;
}
@end
