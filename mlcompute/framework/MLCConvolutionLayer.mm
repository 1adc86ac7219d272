// MLCConvolutionLayer: wrong weights make an empty layer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/convolution.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCConvolutionLayer
@synthesize descriptor = _descriptor;
@synthesize weights = _weights;
@synthesize biases = _biases;
@synthesize weightsParameter = _weightsParameter;
@synthesize biasesParameter = _biasesParameter;

+ (instancetype)layerWithWeights:(MLCTensor*)weights
                          biases:(MLCTensor*)biases
                      descriptor:(MLCConvolutionDescriptor*)descriptor {
  MLCConvolutionLayer* layer = NewLayer(self, [&]() -> LayerPtr {
    if (!weights || !descriptor) throw InvalidArgument("a convolution without weights");
    const auto yx = [](NSUInteger y, NSUInteger x) {
      return Yx(static_cast<int64_t>(y), static_cast<int64_t>(x));
    };
    Window window{yx(descriptor.kernelHeight, descriptor.kernelWidth)};
    window.strides = yx(descriptor.strideInY, descriptor.strideInX);
    window.dilations = yx(descriptor.dilationRateInY, descriptor.dilationRateInX);
    window.policy = static_cast<PaddingPolicy>(descriptor.paddingPolicy);
    window.padding = yx(descriptor.paddingSizeInY, descriptor.paddingSizeInX);
    return std::make_shared<ConvolutionLayer>(
        TensorOf(weights), TensorOf(biases),
        ConvolutionDescriptor{static_cast<ConvolutionType>(descriptor.convolutionType), window,
                              static_cast<int64_t>(descriptor.inputFeatureChannelCount),
                              static_cast<int64_t>(descriptor.outputFeatureChannelCount),
                              static_cast<int64_t>(descriptor.groupCount)});
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
