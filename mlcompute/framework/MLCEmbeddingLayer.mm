// MLCEmbeddingLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/embedding.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCEmbeddingLayer
@synthesize descriptor = _descriptor;
@synthesize weights = _weights;
@synthesize weightsParameter = _weightsParameter;

+ (instancetype)layerWithDescriptor:(MLCEmbeddingDescriptor*)descriptor
                            weights:(MLCTensor*)weights {
  MLCEmbeddingLayer* layer = NewLayer(self, [&]() -> LayerPtr {
    if (!descriptor || !weights) throw InvalidArgument("an embedding without weights");
    EmbeddingDescriptor to{[descriptor.embeddingCount longLongValue],
                           [descriptor.embeddingDimension longLongValue]};
    if (descriptor.paddingIndex) to.padding_index = [descriptor.paddingIndex longLongValue];
    if (descriptor.maximumNorm) to.maximum_norm = [descriptor.maximumNorm floatValue];
    if (descriptor.pNorm) to.p_norm = [descriptor.pNorm floatValue];
    to.scales_gradient_by_frequency = descriptor.scalesGradientByFrequency;
    return std::make_shared<EmbeddingLayer>(to, TensorOf(weights));
  });
  if (!LayerOf(layer)) return layer;
  Keep(layer->_descriptor, descriptor);
  Keep(layer->_weights, weights);
  Keep(layer->_weightsParameter, ParameterOf(layer, weights));
  return layer;
}
@end
