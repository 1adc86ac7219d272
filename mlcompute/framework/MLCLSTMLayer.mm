// MLCLSTMLayer.
#include "mlcompute/framework/bridge.h"
#include "mlcompute/layers/lstm.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCLSTMLayer
@synthesize descriptor = _descriptor;
@synthesize gateActivations = _gateActivations;
@synthesize outputResultActivation = _outputResultActivation;
@synthesize inputWeights = _inputWeights;
@synthesize hiddenWeights = _hiddenWeights;
@synthesize peepholeWeights = _peepholeWeights;
@synthesize biases = _biases;
@synthesize inputWeightsParameters = _inputWeightsParameters;
@synthesize hiddenWeightsParameters = _hiddenWeightsParameters;
@synthesize peepholeWeightsParameters = _peepholeWeightsParameters;
@synthesize biasesParameters = _biasesParameters;

+ (instancetype)layerWithDescriptor:(MLCLSTMDescriptor*)descriptor
                       inputWeights:(NSArray<MLCTensor*>*)inputWeights
                      hiddenWeights:(NSArray<MLCTensor*>*)hiddenWeights
                             biases:(NSArray<MLCTensor*>*)biases {
  MLCLSTMLayer* layer = NewLayer(self, [&]() -> LayerPtr {
    if (!descriptor.batchFirst) throw InvalidArgument("an LSTM takes batchFirst only");
    LstmDescriptor to{static_cast<int64_t>(descriptor.inputSize),
                      static_cast<int64_t>(descriptor.hiddenSize)};
    to.layer_count = static_cast<int64_t>(descriptor.layerCount);
    to.is_bidirectional = descriptor.isBidirectional;
    to.returns_sequences = descriptor.returnsSequences;
    to.dropout = descriptor.dropout;
    to.result_mode = static_cast<LstmResultMode>(descriptor.resultMode);
    return std::make_shared<LstmLayer>(
        to, Tensors(inputWeights), Tensors(hiddenWeights),
        descriptor.usesBiases ? Tensors(biases) : std::vector<TensorPtr>());
  });
  if (!LayerOf(layer)) return nil;
  MLCActivationDescriptor* sigmoid =
      [MLCActivationDescriptor descriptorWithType:MLCActivationTypeSigmoid];
  MLCActivationDescriptor* tanh =
      [MLCActivationDescriptor descriptorWithType:MLCActivationTypeTanh];
  Keep(layer->_descriptor, descriptor);
  Keep(layer->_gateActivations, @[ sigmoid, sigmoid, tanh, sigmoid ]);
  Keep(layer->_outputResultActivation, tanh);
  Keep(layer->_inputWeights, inputWeights);
  Keep(layer->_hiddenWeights, hiddenWeights);
  Keep(layer->_biases, biases);
  Keep(layer->_inputWeightsParameters, ParametersOf(layer, inputWeights));
  Keep(layer->_hiddenWeightsParameters, ParametersOf(layer, hiddenWeights));
  Keep(layer->_biasesParameters, ParametersOf(layer, biases));
  return layer;
}

// The framework's own answered nil to every arrangement that was tried of these two.
+ (instancetype)layerWithDescriptor:(MLCLSTMDescriptor*)descriptor
                       inputWeights:(NSArray<MLCTensor*>*)inputWeights
                      hiddenWeights:(NSArray<MLCTensor*>*)hiddenWeights
                    peepholeWeights:(NSArray<MLCTensor*>*)peepholeWeights
                             biases:(NSArray<MLCTensor*>*)biases {
  (void)descriptor, (void)inputWeights, (void)hiddenWeights, (void)peepholeWeights, (void)biases;
  Refuse("the framework makes no LSTM with peepholes");
  return nil;
}

+ (instancetype)layerWithDescriptor:(MLCLSTMDescriptor*)descriptor
                       inputWeights:(NSArray<MLCTensor*>*)inputWeights
                      hiddenWeights:(NSArray<MLCTensor*>*)hiddenWeights
                    peepholeWeights:(NSArray<MLCTensor*>*)peepholeWeights
                             biases:(NSArray<MLCTensor*>*)biases
                    gateActivations:(NSArray<MLCActivationDescriptor*>*)gateActivations
             outputResultActivation:(MLCActivationDescriptor*)outputResultActivation {
  (void)descriptor, (void)inputWeights, (void)hiddenWeights, (void)peepholeWeights, (void)biases;
  (void)gateActivations, (void)outputResultActivation;
  Refuse("the framework makes no LSTM with other activations");
  return nil;
}
@end
