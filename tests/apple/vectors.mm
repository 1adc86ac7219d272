// What was measured of Apple's framework, computed here: "name: numbers" or "name: words" a line.
#include <functional>
#include <string>

#include "examples/objc/show.h"

namespace {

// The result of `layer` for numbers of this shape.
void Apply(const char* name, MLCLayer* layer, NSArray<NSNumber*>* shape,
           std::vector<float> numbers) {
  MLCTensor* x = FloatTensor(shape);
  MLCGraph* graph = [MLCGraph graph];
  MLCTensor* y = [graph nodeWithLayer:layer source:x];
  MLCInferenceGraph* inference = [MLCInferenceGraph graphWithGraphObjects:@[ graph ]];
  [inference addInputs:@{@"x" : x}];
  if (!Done([inference compileWithOptions:MLCGraphCompilationOptionsNone
                                   device:[MLCDevice cpuDevice]],
            name) ||
      !Done([inference executeWithInputsData:@{@"x" : DataOf(numbers)}
                                   batchSize:0
                                     options:MLCExecutionOptionsSynchronous
                           completionHandler:nil],
            name)) {
    return;
  }
  Show(name, ReadBack(y));
}

void Words(const char* name, NSString* text) { std::printf("%s: %s\n", name, [text UTF8String]); }
void List(const char* name, NSArray* list) {
  Words(name, list ? [list componentsJoinedByString:@" "] : @"nil");
}
void Answer(const char* name, id answer) { Words(name, answer ? @"an object" : @"nil"); }

void Raised(const char* name, const std::function<void()>& work) {
  @try {
    work();
    Words(name, @"nothing");
  } @catch (NSException* exception) {
    Words(name, [exception name]);
  }
}

MLCTensorDescriptor* Shaped(NSArray<NSNumber*>* shape, MLCDataType type = MLCDataTypeFloat32) {
  return [MLCTensorDescriptor descriptorWithShape:shape dataType:type];
}

void Descriptors() {
  List("stride", Shaped(@[ @2, @3, @4, @5 ]).stride);
  Answer("five axes", Shaped(@[ @1, @1, @1, @1, @1 ]));
  Answer("empty axis", Shaped(@[ @2, @0 ]));
  for (int type = 0; type <= MLCDataTypeCount; ++type) {
    MLCTensorDescriptor* one = Shaped(@[ @1 ], static_cast<MLCDataType>(type));
    std::printf("size of type %d: %lu\n", type,
                static_cast<unsigned long>(one.tensorAllocationSizeInBytes));
  }
  Raised("no axes", [] { Shaped(@[]); });
  List(
      "image",
      [MLCTensorDescriptor descriptorWithWidth:5 height:4 featureChannelCount:3 batchSize:2].shape);
  List("convolution weights",
       [MLCTensorDescriptor convolutionWeightsDescriptorWithWidth:5
                                                           height:3
                                         inputFeatureChannelCount:2
                                        outputFeatureChannelCount:7
                                                         dataType:MLCDataTypeFloat32]
           .shape);
  MLCTensorDescriptor* sequence =
      [MLCTensor tensorWithSequenceLength:3 featureChannelCount:4 batchSize:2].descriptor;
  List("sequence", sequence.shape);
  List("sequence lengths", sequence.sequenceLengths);
  List("sequence steps", sequence.batchSizePerSequenceStep);
  MLCTensorDescriptor* sorted = [MLCTensor tensorWithSequenceLengths:@[ @3, @2, @1 ]
                                                     sortedSequences:YES
                                                 featureChannelCount:2
                                                           batchSize:1
                                                                data:nil]
                                    .descriptor;
  List("sequences", sorted.shape);
  List("sequences steps", sorted.batchSizePerSequenceStep);
}

void Layers() {
  NSArray* square = @[ @1, @1, @2, @2 ];
  Apply("GELU", [MLCActivationLayer geluLayer], @ [@1], { 1 });
  Apply("L2 norm",
        [MLCPoolingLayer layerWithDescriptor :
         [MLCPoolingDescriptor l2NormPoolingDescriptorWithKernelSizes:@[ @2 ]
                                                              strides:@[ @2 ]
                                                        paddingPolicy:MLCPaddingPolicyValid
                                                         paddingSizes:nil]],
        square, { 1, 2, 3, 4 });
  Apply("nearest", [MLCUpsampleLayer layerWithShape : @[ @4, @4 ]], square, { 1, 2, 3, 4 });
  Apply("reflection", [MLCPaddingLayer layerWithReflectionPadding:@[ @0, @0, @2, @2 ]],
        @ [@1, @1, @1, @3], { 1, 2, 3 });
  Apply("symmetric", [MLCPaddingLayer layerWithSymmetricPadding:@[ @0, @0, @2, @2 ]],
        @ [@1, @1, @1, @3], { 1, 2, 3 });
  Apply("gram matrix", [MLCGramMatrixLayer layerWithScale:0.5f], @ [@1, @2, @1, @2],
        { 1, 2, 3, 4 });
  Apply("softmax", [MLCSoftmaxLayer layerWithOperation:MLCSoftmaxOperationSoftmax],
        @ [@1, @2, @1, @2], { 1, 5, 1, 5 });
  MLCTensor* source = FloatTensor(@[ @3, @2 ]);
  NSMutableArray* extents = [NSMutableArray array];
  for (MLCTensor* part in [[MLCGraph graph] splitWithSource:source splitCount:2 dimension:0]) {
    [extents addObject:[part.descriptor.shape objectAtIndex:0]];
  }
  List("split", extents);
  MLCConvolutionDescriptor* convolution = [MLCConvolutionDescriptor descriptorWithKernelWidth:5
                                                                                 kernelHeight:3
                                                                     inputFeatureChannelCount:1
                                                                    outputFeatureChannelCount:1];
  std::printf("convolution: %d %lu %lu %lu\n", convolution.paddingPolicy,
              static_cast<unsigned long>(convolution.strideInX),
              static_cast<unsigned long>(convolution.dilationRateInY),
              static_cast<unsigned long>(convolution.groupCount));
  MLCLayer* relu = [MLCActivationLayer reluLayer];
  std::printf("device type: %d\n", relu.deviceType);
  Words("label", relu.label);
  Words("label of a scatter",
        [MLCScatterLayer layerWithDimension:0 reductionType:MLCReductionTypeNone].label);
  Answer("scatter by maximum", [MLCScatterLayer layerWithDimension:0
                                                     reductionType:MLCReductionTypeMax]);
}

void Graphs() {
  MLCTensor* x = FloatTensor(@[ @2, @3 ]);
  MLCGraph* graph = [MLCGraph graph];
  Words("dot", [graph.summarizedDOTDescription stringByReplacingOccurrencesOfString:@"\n"
                                                                         withString:@"|"]);
  Answer("two sources", [graph nodeWithLayer:[MLCActivationLayer reluLayer] sources:@[ x, x ]]);
  Answer("short permutation", [graph transposeWithDimensions:@[ @0 ] source:x]);
  Raised("concatenation", [&] { [graph concatenateWithSources:@[ x, x ] dimension:2]; });
  Raised("reshape", [&] { [graph reshapeWithShape:@[] source:x]; });
  Raised("padding", [] { [MLCPaddingLayer layerWithZeroPadding:@[ @1, @2, @3 ]]; });
  MLCInferenceGraph* empty = [MLCInferenceGraph graphWithGraphObjects:@[ graph ]];
  Raised("empty graph", [&] {
    [empty compileWithOptions:MLCGraphCompilationOptionsNone device:[MLCDevice cpuDevice]];
  });
  // Nodes that are made and cannot be compiled.
  MLCGraph* one = [MLCGraph graph];
  Answer("reshape to 4", [one reshapeWithShape:@[ @2, @2 ] source:x]);
  MLCGraph* two = [MLCGraph graph];
  Answer("transpose", [two transposeWithDimensions:@[ @1, @0 ] source:x]);
  for (MLCGraph* each in @[ one, two ]) {
    MLCInferenceGraph* inference = [MLCInferenceGraph graphWithGraphObjects:@[ each ]];
    [inference addInputs:@{@"x" : x}];
    Words("compiles", [inference compileWithOptions:MLCGraphCompilationOptionsNone
                                             device:[MLCDevice cpuDevice]]
                          ? @"YES"
                          : @"NO");
  }
}

}  // namespace

int main() {
  @autoreleasepool {
    Descriptors();
    Layers();
    Graphs();
    Words("ReLU", MLCActivationTypeDebugDescription(MLCActivationTypeReLU));
    Words("UsePaddingSize", MLCPaddingPolicyDebugDescription(MLCPaddingPolicyUsePaddingSize));
    Words("MeanAbsoluteError", MLCLossTypeDebugDescription(MLCLossTypeMeanAbsoluteError));
    Words("OutputAndStates", MLCLSTMResultModeDebugDescription(MLCLSTMResultModeOutputAndStates));
    Words("supports", [MLCLayer supportsDataType:MLCDataTypeFloat32 onDevice:[MLCDevice cpuDevice]]
                          ? @"YES"
                          : @"NO");
    Answer("seed", [MLCPlatform getRNGseed]);
    [MLCPlatform setRNGSeedTo:@7];
    Words("seed 7", [[MLCPlatform getRNGseed] description]);
    MLCMatMulDescriptor* product =
        [[[MLCMatMulDescriptor descriptorWithAlpha:2 transposesX:YES
                                       transposesY:YES] copy] autorelease];
    std::printf("copied product: %g %d %d\n", static_cast<double>(product.alpha),
                product.transposesX, product.transposesY);
  }
  return 0;
}
