// MLCMultiheadAttentionLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/multihead_attention.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCMultiheadAttentionLayer
@synthesize descriptor = _descriptor;
@synthesize weights = _weights;
@synthesize biases = _biases;
@synthesize attentionBiases = _attentionBiases;
@synthesize weightsParameters = _weightsParameters;
@synthesize biasesParameters = _biasesParameters;

+ (instancetype)layerWithDescriptor:(MLCMultiheadAttentionDescriptor*)descriptor
                            weights:(NSArray<MLCTensor*>*)weights
                             biases:(NSArray<MLCTensor*>*)biases
                    attentionBiases:(NSArray<MLCTensor*>*)attentionBiases {
  if (descriptor == nil) return nil;
  MLCMultiheadAttentionLayer* layer = NewLayer(self, [&] {
    MultiheadAttentionDescriptor to(static_cast<int64_t>(descriptor.modelDimension),
                                    static_cast<int64_t>(descriptor.headCount));
    to.key_dimension = static_cast<int64_t>(descriptor.keyDimension);
    to.value_dimension = static_cast<int64_t>(descriptor.valueDimension);
    to.dropout = descriptor.dropout;
    to.adds_zero_attention = descriptor.addsZeroAttention;
    const std::vector<TensorPtr> none;
    return std::make_shared<MultiheadAttentionLayer>(
        to, Tensors(weights), descriptor.hasBiases ? Tensors(biases) : none,
        descriptor.hasAttentionBiases ? Tensors(attentionBiases) : none);
  });
  if (!LayerOf(layer)) return nil;
  Keep(layer->_descriptor, descriptor);
  Keep(layer->_weights, weights);
  Keep(layer->_biases, biases);
  Keep(layer->_attentionBiases, attentionBiases);
  Keep(layer->_weightsParameters, ParametersOf(layer, weights));
  Keep(layer->_biasesParameters, ParametersOf(layer, biases));
  return layer;
}
@end
