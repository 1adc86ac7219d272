// What nothing public says about MLCompute, asked of it: `questions 2 9` asks those, no numbers
// all. The answers are meant to be compared between a Mac and this project's implementation. On a
// Mac:
//   clang++ -std=c++17 -fno-objc-arc examples/objc/questions.mm -framework Foundation
//     -framework MLCompute -o /tmp/questions && /tmp/questions
#include "ask.h"

namespace {

// 1, 2, 3, ...
std::vector<float> Counting(NSArray<NSNumber*>* shape) {
  size_t count = 1;
  for (NSNumber* extent in shape) count *= static_cast<size_t>([extent unsignedLongValue]);
  std::vector<float> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<float>(i + 1);
  return numbers;
}

// Applies `layer` to tensors of these shapes that hold 1, 2, 3, ...
void Ask(MLCLayer* layer, NSArray<NSArray<NSNumber*>*>* shapes) {
  std::vector<Source> sources;
  for (NSArray<NSNumber*>* shape in shapes) sources.push_back(Floats(shape, Counting(shape)));
  Infer(layer, sources);
}

MLCTensor* CountingWeights(NSUInteger width, NSUInteger height, NSUInteger in, NSUInteger out) {
  // Kept for the process: a parameter's bytes live as long as its tensor.
  static std::vector<std::vector<float>*> kept;
  MLCTensorDescriptor* descriptor =
      [MLCTensorDescriptor convolutionWeightsDescriptorWithWidth:width
                                                          height:height
                                        inputFeatureChannelCount:in
                                       outputFeatureChannelCount:out
                                                        dataType:MLCDataTypeFloat32];
  kept.push_back(new std::vector<float>(Counting(descriptor.shape)));
  return [MLCTensor tensorWithDescriptor:descriptor data:DataOf(*kept.back())];
}

MLCLayer* Sum(NSUInteger size, NSUInteger stride) {
  return [MLCPoolingLayer
      layerWithDescriptor:[MLCPoolingDescriptor
                              averagePoolingDescriptorWithKernelSizes:@[ @1, @(size) ]
                                                              strides:@[ @1, @(stride) ]
                                                        paddingPolicy:MLCPaddingPolicySame
                                                         paddingSizes:nil
                                                 countIncludesPadding:YES]];
}

MLCLayer* Arithmetic(MLCArithmeticOperation operation) {
  return [MLCArithmeticLayer layerWithOperation:operation];
}

// The loss of logits 1 2 3 4 as [2, 2] with labels 1 0 0 1.
void Loss(MLCReductionType reduction) {
  @try {
    MLCTensor* x = FloatTensor(@[ @2, @2 ]);
    MLCTensor* y = FloatTensor(@[ @2, @2 ]);
    std::vector<float> logits = {1, 2, 3, 4};
    std::vector<float> labels = {1, 0, 0, 1};
    MLCGraph* graph = [MLCGraph graph];
    [graph nodeWithLayer:[MLCActivationLayer linearLayerWithScale:1 bias:0] source:x];
    MLCTrainingGraph* training = [MLCTrainingGraph
        graphWithGraphObjects:@[ graph ]
                    lossLayer:[MLCLossLayer softmaxCrossEntropyLossWithReductionType:reduction
                                                                      labelSmoothing:0
                                                                          classCount:2
                                                                              weight:1]
                    optimizer:nil];
    [training addInputs:@{@"x" : x} lossLabels:@{@"y" : y}];
    [training compileWithOptions:MLCGraphCompilationOptionsNone device:[MLCDevice cpuDevice]];
    const BOOL ok = [training
        executeWithInputsData:@{@"x" : DataOf(logits)}
               lossLabelsData:@{@"y" : DataOf(labels)}
         lossLabelWeightsData:nil
                    batchSize:0
                      options:MLCExecutionOptionsSynchronous
            completionHandler:^(MLCTensor* result, NSError* error, NSTimeInterval time) {
              (void)error, (void)time;
              std::printf("  shape %s\n",
                          [[result.descriptor.shape componentsJoinedByString:@" "] UTF8String]);
              Show("  values", ReadBack(result));
            }];
    if (!ok) std::printf("  not executed\n");
  } @catch (NSException* exception) {
    std::printf("  exception\n");
  }
}

const std::map<int, Question>& Questions() {
  static const std::map<int, Question> all = {
      {2,
       {"policy Same with an odd amount of padding: where is the larger half?",
        [] {
          Ask(Sum(2, 1), @[ @[ @1, @1, @1, @4 ] ]);
          Ask(Sum(3, 2), @[ @[ @1, @1, @1, @4 ] ]);
        }}},
      {3,
       {"which shapes does an addition broadcast?",
        [] {
          Ask(Arithmetic(MLCArithmeticOperationAdd), @[ @[ @2, @3 ], @[ @1, @3 ] ]);
          Ask(Arithmetic(MLCArithmeticOperationAdd), @[ @[ @2, @3 ], @[ @2, @1 ] ]);
          Ask(Arithmetic(MLCArithmeticOperationAdd), @[ @[ @2, @3 ], @[ @3 ] ]);
          Ask(Arithmetic(MLCArithmeticOperationAdd), @[ @[ @2, @1 ], @[ @1, @3 ] ]);
        }}},
      {4,
       {"does a matrix product keep its transposes?",
        [] {
          Ask([MLCMatMulLayer layerWithDescriptor:[MLCMatMulDescriptor descriptorWithAlpha:1
                                                                               transposesX:NO
                                                                               transposesY:YES]],
              @[ @[ @1, @2, @3 ], @[ @1, @2, @3 ] ]);
        }}},
      {5,
       {"order of weights: depthwise with a multiplier of 2, and transposed",
        [] {
          Ask([MLCConvolutionLayer
                  layerWithWeights:CountingWeights(1, 1, 1, 4)
                            biases:nil
                        descriptor:[MLCConvolutionDescriptor
                                       depthwiseConvolutionDescriptorWithKernelWidth:1
                                                                        kernelHeight:1
                                                            inputFeatureChannelCount:2
                                                                   channelMultiplier:2]],
              @[ @[ @1, @2, @1, @1 ] ]);
          Ask([MLCConvolutionLayer
                  layerWithWeights:CountingWeights(2, 1, 2, 3)
                            biases:nil
                        descriptor:
                            [MLCConvolutionDescriptor
                                convolutionTransposeDescriptorWithKernelSizes:@[ @1, @2 ]
                                                     inputFeatureChannelCount:2
                                                    outputFeatureChannelCount:3
                                                                      strides:@[ @1, @2 ]
                                                                paddingPolicy:MLCPaddingPolicyValid
                                                                 paddingSizes:nil]],
              @[ @[ @1, @2, @1, @1 ] ]);
        }}},
      {7,
       {"softmax cross-entropy, Mean then Sum: what is divided by?",
        [] {
          Loss(MLCReductionTypeMean);
          Loss(MLCReductionTypeSum);
        }}},
      {8, {"a loss that is not reduced: how many values?", [] { Loss(MLCReductionTypeNone); }}},
      {9,
       {"the type of ArgMax",
        [] {
          Ask([MLCReductionLayer layerWithReductionType:MLCReductionTypeArgMax dimension:1],
              @[ @[ @2, @3 ] ]);
        }}},
      {15,
       {"soft plus with beta 2: is it divided by beta?",
        [] { Ask([MLCActivationLayer softPlusLayerWithBeta:2], @[ @[ @2 ] ]); }}},
      {21,
       {"linear upsampling: where are the centres?",
        [] {
          Ask([MLCUpsampleLayer layerWithShape:@[ @1, @4 ]
                                    sampleMode:MLCSampleModeLinear
                                 alignsCorners:NO],
              @[ @[ @1, @1, @1, @2 ] ]);
        }}},
  };
  return all;
}

}  // namespace

int main(int count, char** arguments) { return AnswerQuestions(count, arguments, Questions()); }
