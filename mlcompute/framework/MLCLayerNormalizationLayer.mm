// MLCLayerNormalizationLayer: beta and gamma have one axis.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/normalization.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCLayerNormalizationLayer
@synthesize normalizedShape = _normalizedShape;
@synthesize beta = _beta;
@synthesize gamma = _gamma;
@synthesize betaParameter = _betaParameter;
@synthesize gammaParameter = _gammaParameter;
@synthesize varianceEpsilon = _varianceEpsilon;

+ (instancetype)layerWithNormalizedShape:(NSArray<NSNumber*>*)normalizedShape
                                    beta:(MLCTensor*)beta
                                   gamma:(MLCTensor*)gamma
                         varianceEpsilon:(float)varianceEpsilon {
  MLCLayerNormalizationLayer* layer = NewLayer(self, [&] {
    return std::make_shared<LayerNormalizationLayer>(
        Shape(Numbers(normalizedShape)), TensorOf(beta), TensorOf(gamma), varianceEpsilon);
  });
  if (!LayerOf(layer)) return layer;
  Keep(layer->_normalizedShape, normalizedShape);
  Keep(layer->_beta, beta);
  Keep(layer->_gamma, gamma);
  Keep(layer->_betaParameter, ParameterOf(layer, beta));
  Keep(layer->_gammaParameter, ParameterOf(layer, gamma));
  layer->_varianceEpsilon = varianceEpsilon;
  return layer;
}
@end
