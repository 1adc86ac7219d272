// What nothing public says of shapes and types, asked of MLCompute: `questions_types 10 13` asks
// those. Built as questions.mm is.
#include "ask.h"

namespace {

// [4, 2]: 1 2 / 3 4 / 5 6 / 7 8
std::vector<float> Table() { return {1, 2, 3, 4, 5, 6, 7, 8}; }

void Gather(const Source& indices) {
  Infer(
      {
        Floats(@[ @4, @2 ], Table()), indices
      },
      [](MLCGraph* graph, NSArray<MLCTensor*>* x) {
        return [graph gatherWithDimension:0 source:[x objectAtIndex:0] indices:[x objectAtIndex:1]];
      });
}

void Scatter(const Source& indices) {
  Infer(
      {
        Floats(@ [@2, @2], { 10, 20, 30, 40 }), indices, Floats(@[ @4, @2 ], Table())
      },
      [](MLCGraph* graph, NSArray<MLCTensor*>* x) {
        return [graph scatterWithDimension:0
                                    source:[x objectAtIndex:0]
                                   indices:[x objectAtIndex:1]
                                  copyFrom:[x objectAtIndex:2]
                             reductionType:MLCReductionTypeNone];
      });
}

void Embed(NSArray<NSNumber*>* weights_shape, const Source& indices) {
  static std::vector<float> table = Table();
  MLCEmbeddingLayer* layer = [MLCEmbeddingLayer
      layerWithDescriptor:[MLCEmbeddingDescriptor descriptorWithEmbeddingCount:@4
                                                            embeddingDimension:@2]
                  weights:FloatTensor(weights_shape, &table)];
  if (layer == nil) {
    std::printf("  no layer\n");
    return;
  }
  Infer(layer, {indices});
}

// One layer, input 1, hidden 2; [N, T, 1] with N = 1, T = 3.
void Lstm(BOOL sequences, MLCLSTMResultMode mode) {
  static std::vector<float> input(2, 0.5f);
  static std::vector<float> hidden(4, 0.25f);
  static std::vector<float> bias(2, 0.0f);
  NSMutableArray<MLCTensor*>* inputs = [NSMutableArray array];
  NSMutableArray<MLCTensor*>* hiddens = [NSMutableArray array];
  NSMutableArray<MLCTensor*>* biases = [NSMutableArray array];
  for (int gate = 0; gate < 4; ++gate) {
    [inputs addObject:FloatTensor(@[ @1, @2, @1, @1 ], &input)];
    [hiddens addObject:FloatTensor(@[ @1, @4, @1, @1 ], &hidden)];
    [biases addObject:FloatTensor(@[ @1, @2, @1, @1 ], &bias)];
  }
  MLCLSTMLayer* layer =
      [MLCLSTMLayer layerWithDescriptor:[MLCLSTMDescriptor descriptorWithInputSize:1
                                                                        hiddenSize:2
                                                                        layerCount:1
                                                                        usesBiases:YES
                                                                        batchFirst:YES
                                                                   isBidirectional:NO
                                                                  returnsSequences:sequences
                                                                           dropout:0
                                                                        resultMode:mode]
                           inputWeights:inputs
                          hiddenWeights:hiddens
                                 biases:biases];
  if (layer == nil) {
    std::printf("  no layer\n");
    return;
  }
  MLCTensor* x = [MLCTensor tensorWithSequenceLength:3 featureChannelCount:1 batchSize:1];
  std::vector<char> bytes(3 * sizeof(float));
  const float numbers[] = {1, 2, 3};
  std::memcpy(bytes.data(), numbers, sizeof numbers);
  Infer({{x, bytes}}, [layer](MLCGraph* graph, NSArray<MLCTensor*>* tensors) {
    MLCTensor* result = [graph nodeWithLayer:layer sources:tensors];
    if (result != nil) {
      for (MLCTensor* one in [graph resultTensorsForLayer:layer]) ShowShape(one);
    }
    return result;
  });
}

void Halves(const char* name, MLCLayer* layer, unsigned sources) {
  std::printf("  %s: CPU %d\n", name,
              [MLCLayer supportsDataType:MLCDataTypeFloat16 onDevice:[MLCDevice cpuDevice]]);
  const std::vector<uint16_t> one_and_two = {0x3C00, 0x4000};
  Infer(layer, std::vector<Source>(sources, From(@[ @1, @2 ], MLCDataTypeFloat16, one_and_two)));
}

MLCLayer* Arithmetic(MLCArithmeticOperation operation) {
  return [MLCArithmeticLayer layerWithOperation:operation];
}

const std::map<int, Question>& Questions() {
  static const std::map<int, Question> all = {
      {10,
       {"gather and scatter: rank and type of the indices",
        [] {
          const std::vector<int32_t> rows = {2, 0};
          const std::vector<int32_t> elements = {2, 0, 1, 3};
          const std::vector<int64_t> wide = {2, 0, 1, 3};
          Gather(From(@[ @2 ], MLCDataTypeInt32, rows));
          Gather(From(@[ @2, @2 ], MLCDataTypeInt32, elements));
          Gather(From(@[ @2, @2 ], MLCDataTypeInt64, wide));
          Scatter(From(@[ @2 ], MLCDataTypeInt32, rows));
          Scatter(From(@[ @2, @2 ], MLCDataTypeInt32, elements));
        }}},
      {11,
       {"embedding: shape of the weights, type of the indices",
        [] {
          const std::vector<int32_t> rows = {2, 0};
          const std::vector<int64_t> wide = {2, 0};
          Embed(@[ @4, @2 ], From(@[ @1, @2 ], MLCDataTypeInt32, rows));
          Embed(@[ @1, @4, @2 ], From(@[ @1, @2 ], MLCDataTypeInt32, rows));
          Embed(@[ @1, @8, @1, @1 ], From(@[ @1, @2 ], MLCDataTypeInt32, rows));
          Embed(@[ @4, @2 ], From(@[ @1, @2 ], MLCDataTypeInt64, wide));
        }}},
      {12,
       {"LSTM: shapes of the output without sequences, and of the states",
        [] {
          Lstm(YES, MLCLSTMResultModeOutput);
          Lstm(NO, MLCLSTMResultModeOutput);
          Lstm(YES, MLCLSTMResultModeOutputAndStates);
        }}},
      {13,
       {"Float16: which layers take it?",
        [] {
          Halves("sum", Arithmetic(MLCArithmeticOperationAdd), 2);
          Halves("ReLU", [MLCActivationLayer reluLayer], 1);
          Halves("softmax", [MLCSoftmaxLayer layerWithOperation:MLCSoftmaxOperationSoftmax], 1);
        }}},
      {18,
       {"arithmetic on integers",
        [] {
          const std::vector<int32_t> narrow = {1, 16777217};
          const std::vector<int64_t> wide = {1, 16777217};
          for (MLCArithmeticOperation operation :
               {MLCArithmeticOperationAdd, MLCArithmeticOperationDivide}) {
            const Source x = From(@[ @1, @2 ], MLCDataTypeInt32, narrow);
            Infer(Arithmetic(operation), { x, From(@[ @1, @2 ], MLCDataTypeInt32, narrow) });
            const Source y = From(@[ @1, @2 ], MLCDataTypeInt64, wide);
            Infer(Arithmetic(operation), { y, From(@[ @1, @2 ], MLCDataTypeInt64, wide) });
          }
        }}},
  };
  return all;
}

}  // namespace

int main(int count, char** arguments) { return AnswerQuestions(count, arguments, Questions()); }
