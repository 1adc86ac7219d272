// MLCGroupNormalizationLayer: wrong shapes make an empty layer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/normalization.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCGroupNormalizationLayer
@synthesize featureChannelCount = _featureChannelCount;
@synthesize groupCount = _groupCount;
@synthesize beta = _beta;
@synthesize gamma = _gamma;
@synthesize betaParameter = _betaParameter;
@synthesize gammaParameter = _gammaParameter;
@synthesize varianceEpsilon = _varianceEpsilon;

+ (instancetype)layerWithFeatureChannelCount:(NSUInteger)featureChannelCount
                                  groupCount:(NSUInteger)groupCount
                                        beta:(MLCTensor*)beta
                                       gamma:(MLCTensor*)gamma
                             varianceEpsilon:(float)varianceEpsilon {
  MLCGroupNormalizationLayer* layer = NewLayer(self, [&] {
    return std::make_shared<GroupNormalizationLayer>(
        static_cast<int64_t>(featureChannelCount), static_cast<int64_t>(groupCount), TensorOf(beta),
        TensorOf(gamma), varianceEpsilon);
  });
  if (!LayerOf(layer)) return layer;
  layer->_featureChannelCount = featureChannelCount;
  layer->_groupCount = groupCount;
  Keep(layer->_beta, beta);
  Keep(layer->_gamma, gamma);
  Keep(layer->_betaParameter, ParameterOf(layer, beta));
  Keep(layer->_gammaParameter, ParameterOf(layer, gamma));
  layer->_varianceEpsilon = varianceEpsilon;
  return layer;
}
@end
