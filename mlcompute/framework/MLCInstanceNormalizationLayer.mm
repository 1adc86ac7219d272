// MLCInstanceNormalizationLayer: wrong shapes make an empty layer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/normalization.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

id Made(Class kind, NSUInteger channels, MLCTensor* mean, MLCTensor* variance, MLCTensor* beta,
        MLCTensor* gamma, float epsilon, float momentum) {
  MLCInstanceNormalizationLayer* layer = NewLayer(kind, [&] {
    return std::make_shared<InstanceNormalizationLayer>(
        static_cast<int64_t>(channels), TensorOf(mean), TensorOf(variance), TensorOf(beta),
        TensorOf(gamma), epsilon, momentum);
  });
  if (!LayerOf(layer)) return layer;
  layer->_featureChannelCount = channels;
  Keep(layer->_mean, mean);
  Keep(layer->_variance, variance);
  Keep(layer->_beta, beta);
  Keep(layer->_gamma, gamma);
  Keep(layer->_betaParameter, ParameterOf(layer, beta));
  Keep(layer->_gammaParameter, ParameterOf(layer, gamma));
  layer->_varianceEpsilon = epsilon;
  layer->_momentum = momentum;
  return layer;
}

}  // namespace

@implementation MLCInstanceNormalizationLayer
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
                                        beta:(MLCTensor*)beta
                                       gamma:(MLCTensor*)gamma
                             varianceEpsilon:(float)varianceEpsilon {
  return Made(self, featureChannelCount, nil, nil, beta, gamma, varianceEpsilon, 0.99f);
}

+ (instancetype)layerWithFeatureChannelCount:(NSUInteger)featureChannelCount
                                        beta:(MLCTensor*)beta
                                       gamma:(MLCTensor*)gamma
                             varianceEpsilon:(float)varianceEpsilon
                                    momentum:(float)momentum {
  return Made(self, featureChannelCount, nil, nil, beta, gamma, varianceEpsilon, momentum);
}

+ (instancetype)layerWithFeatureChannelCount:(NSUInteger)featureChannelCount
                                        mean:(MLCTensor*)mean
                                    variance:(MLCTensor*)variance
                                        beta:(MLCTensor*)beta
                                       gamma:(MLCTensor*)gamma
                             varianceEpsilon:(float)varianceEpsilon
                                    momentum:(float)momentum {
  return Made(self, featureChannelCount, mean, variance, beta, gamma, varianceEpsilon, momentum);
}
@end
