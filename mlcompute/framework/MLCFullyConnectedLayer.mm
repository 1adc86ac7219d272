// MLCFullyConnectedLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/fully_connected.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCFullyConnectedLayer
@synthesize descriptor = _descriptor;
@synthesize weights = _weights;
@synthesize biases = _biases;
@synthesize weightsParameter = _weightsParameter;
@synthesize biasesParameter = _biasesParameter;

+ (instancetype)layerWithWeights:(MLCTensor*)weights
                          biases:(MLCTensor*)biases
                      descriptor:(MLCConvolutionDescriptor*)descriptor {
  MLCFullyConnectedLayer* layer = NewLayer(self, [&]() -> LayerPtr {
    if (!weights || !descriptor) throw InvalidArgument("a fully connected layer without weights");
    return std::make_shared<FullyConnectedLayer>(
        TensorOf(weights), TensorOf(biases),
        static_cast<int64_t>(descriptor.inputFeatureChannelCount),
        static_cast<int64_t>(descriptor.outputFeatureChannelCount));
  });
  if (!LayerOf(layer)) return layer;
  Keep(layer->_descriptor, descriptor);
  Keep(layer->_weights, weights);
  Keep(layer->_biases, biases);
  Keep(layer->_weightsParameter, ParameterOf(layer, weights));
  Keep(layer->_biasesParameter, ParameterOf(layer, biases));
  return layer;
}
@end
