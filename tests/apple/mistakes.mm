// One mistake for each name that is given as argument; what the framework answers is printed.
#include <sys/mman.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "examples/objc/show.h"

namespace {

const MLCExecutionOptions kNow = MLCExecutionOptionsSynchronous;

void Say(const char* what, BOOL answer) { std::printf("%s: %s\n", what, answer ? "YES" : "NO"); }
void SayIfNil(const char* what, id answer) {
  std::printf("%s: %s\n", what, answer ? "an object" : "nil");
}

// A dense layer 2 to 1 and everything to train it.
struct Model {
  std::vector<float> weights = {0.5f, -0.5f};
  std::vector<float> points = {0, 0, 0, 1, 1, 0, 1, 1};
  std::vector<float> values = {1, 0, 3, 2};
  MLCTensor* x = FloatTensor(@[ @4, @2 ]);
  MLCTensor* y = FloatTensor(@[ @4, @1 ]);
  MLCGraph* graph = [MLCGraph graph];
  MLCFullyConnectedLayer* dense = Dense(weights, nullptr, 2, 1);
  MLCTensor* result = [graph nodeWithLayer:dense source:x];
  MLCTrainingGraph* training = nil;

  bool Compile() {
    training = [MLCTrainingGraph
        graphWithGraphObjects:@[ graph ]
                    lossLayer:[MLCLossLayer
                                  meanSquaredErrorLossWithReductionType:MLCReductionTypeMean
                                                                 weight:1]
                    optimizer:[MLCSGDOptimizer optimizerWithDescriptor:Rate(0.5f)]];
    [training addInputs:@{@"x" : x} lossLabels:@{@"y" : y}];
    return [training compileWithOptions:MLCGraphCompilationOptionsNone
                                 device:[MLCDevice cpuDevice]];
  }
  BOOL Step() {
    return [training executeWithInputsData:@{@"x" : DataOf(points)}
                            lossLabelsData:@{@"y" : DataOf(values)}
                      lossLabelWeightsData:nil
                                 batchSize:0
                                   options:kNow
                         completionHandler:nil];
  }
};

MLCInferenceGraph* InferenceOf(MLCGraph* graph, MLCTensor* x, MLCDevice* device) {
  MLCInferenceGraph* inference = [MLCInferenceGraph graphWithGraphObjects:@[ graph ]];
  [inference addInputs:@{@"x" : x}];
  return [inference compileWithOptions:MLCGraphCompilationOptionsNone device:device] ? inference
                                                                                     : nil;
}

void MissingSynchronize() {
  Model model;
  Say("compile", model.Compile());
  Say("step", model.Step());
  Show("host", model.weights);
  Show("device", ReadBack(model.dense.weights));
  [model.training synchronizeUpdates];
  Show("host", model.weights);
}

void InferenceFirst() {
  Model model;
  SayIfNil("inference", InferenceOf(model.graph, model.x, [MLCDevice cpuDevice]));
  Say("compile", model.Compile());
  Say("compileOptimizer:",
      [model.training compileOptimizer:[MLCSGDOptimizer optimizerWithDescriptor:Rate(0.5f)]]);
  Say("step", model.Step());
  Say("forward", [model.training executeForwardWithBatchSize:0 options:kNow completionHandler:nil]);
}

// A second execution waits for the first one's handler, which waits until `spoil` has been called
// with the second one's bytes.
void SpoiledInput(void (*spoil)(float* bytes, size_t length)) {
  MLCTensor* x = FloatTensor(@[ @4 ]);
  MLCGraph* graph = [MLCGraph graph];
  [graph nodeWithLayer:[MLCActivationLayer absoluteLayer] source:x];
  MLCInferenceGraph* inference = InferenceOf(graph, x, [MLCDevice cpuDevice]);
  const size_t length = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* pages = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::vector<float> good = {-1, -2, -3, -4};
  std::memcpy(pages, good.data(), sizeof(float) * good.size());

  std::mutex mutex;
  std::condition_variable changed;
  int stage = 0;
  std::mutex* lock = &mutex;
  std::condition_variable* signal = &changed;
  int* now = &stage;
  Say("first", [inference executeWithInputsData:@{@"x" : DataOf(good)}
                                      batchSize:0
                                        options:MLCExecutionOptionsNone
                              completionHandler:^(MLCTensor*, NSError*, NSTimeInterval) {
                                std::unique_lock<std::mutex> waiting(*lock);
                                signal->wait(waiting, [=] { return *now == 1; });
                              }]);
  MLCTensorData* data = [MLCTensorData dataWithBytesNoCopy:pages length:length];
  Say("second",
      [inference executeWithInputsData:@{@"x" : data}
                             batchSize:0
                               options:MLCExecutionOptionsNone
                     completionHandler:^(MLCTensor* result, NSError* error, NSTimeInterval) {
                       std::printf("handler: %s\n",
                                   error ? [[error localizedDescription] UTF8String] : "no error");
                       if (result) Show("result", ReadBack(result));
                       const std::lock_guard<std::mutex> guard(*lock);
                       *now = 2;
                       signal->notify_all();
                     }]);
  spoil(static_cast<float*>(pages), length);
  std::unique_lock<std::mutex> waiting(mutex);
  stage = 1;
  changed.notify_all();
  changed.wait(waiting, [&] { return stage == 2; });
}

void FreedInput() {
  SpoiledInput([](float* bytes, size_t length) { munmap(bytes, length); });
}
void ChangedInput() {
  SpoiledInput([](float* bytes, size_t) { bytes[0] = 7; });
}
void UnharmedInput() {
  SpoiledInput([](float*, size_t) {});
}

void FreedParameter() {
  const size_t length = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* pages = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Model model;
  MLCTensor* weights = [MLCTensor tensorWithShape:@[ @1, @2, @1, @1 ]
                                             data:[MLCTensorData dataWithBytesNoCopy:pages
                                                                              length:length]
                                         dataType:MLCDataTypeFloat32];
  model.graph = [MLCGraph graph];
  MLCFullyConnectedLayer* dense = [MLCFullyConnectedLayer layerWithWeights:weights
                                                                    biases:nil
                                                                descriptor:model.dense.descriptor];
  [model.graph nodeWithLayer:dense source:model.x];
  Say("compile", model.Compile());
  Say("step", model.Step());
  munmap(pages, length);
  [model.training synchronizeUpdates];
  std::printf("alive\n");
}

MLCConvolutionLayer* Convolution(MLCTensor* weights, NSArray<NSNumber*>* kernel) {
  return [MLCConvolutionLayer
      layerWithWeights:weights
                biases:nil
            descriptor:[MLCConvolutionDescriptor descriptorWithKernelSizes:kernel
                                                  inputFeatureChannelCount:2
                                                 outputFeatureChannelCount:3
                                                                   strides:@[ @1, @1 ]
                                                             paddingPolicy:MLCPaddingPolicyValid
                                                              paddingSizes:nil]];
}

void ApplyConvolution(MLCConvolutionLayer* layer) {
  SayIfNil("weights", layer.weights);
  SayIfNil("descriptor", layer.descriptor);
  MLCTensor* image = FloatTensor(@[ @1, @2, @8, @8 ]);
  MLCTensor* result = [[MLCGraph graph] nodeWithLayer:layer source:image];
  SayIfNil("node", result);
  if (result) {
    std::printf("shape: %s\n",
                [[result.descriptor.shape componentsJoinedByString:@" "] UTF8String]);
  }
}

// Kernels are 3 high and 5 wide, [y, x].
void WeightsOihw() {
  ApplyConvolution(Convolution([MLCTensor tensorWithShape:@[ @3, @2, @3, @5 ]
                                             fillWithData:@1
                                                 dataType:MLCDataTypeFloat32],
                               @[ @3, @5 ]));
}
MLCTensor* GoodWeights() {
  return
      [MLCTensor tensorWithDescriptor:[MLCTensorDescriptor
                                          convolutionWeightsDescriptorWithWidth:5
                                                                         height:3
                                                       inputFeatureChannelCount:2
                                                      outputFeatureChannelCount:3
                                                                       dataType:MLCDataTypeFloat32]
                         fillWithData:@1];
}
void SpatialOrder() { ApplyConvolution(Convolution(GoodWeights(), @[ @5, @3 ])); }
void RightConvolution() { ApplyConvolution(Convolution(GoodWeights(), @[ @3, @5 ])); }

// |x| and its root; only the root is the graph's result.
struct TwoSteps {
  MLCTensor* x = FloatTensor(@[ @4 ]);
  std::vector<float> numbers = {-1, -4, -9, -16};
  MLCGraph* graph = [MLCGraph graph];
  MLCTensor* middle = [graph nodeWithLayer:[MLCActivationLayer absoluteLayer] source:x];
  MLCTensor* root =
      [graph nodeWithLayer:[MLCArithmeticLayer layerWithOperation:MLCArithmeticOperationSqrt]
                    source:middle];
  MLCInferenceGraph* inference = [MLCInferenceGraph graphWithGraphObjects:@[ graph ]];

  BOOL Compile(MLCDevice* device) {
    [inference addInputs:@{@"x" : x}];
    return [inference compileWithOptions:MLCGraphCompilationOptionsNone device:device];
  }
  BOOL Execute(NSDictionary<NSString*, MLCTensorData*>* outputs,
               MLCGraphCompletionHandler handler = nil) {
    return [inference executeWithInputsData:@{@"x" : DataOf(numbers)}
                                outputsData:outputs
                                  batchSize:0
                                    options:kNow
                          completionHandler:handler];
  }
};

void UnregisteredOutput() {
  TwoSteps steps;
  std::vector<float> buffer(4);
  Say("compile", steps.Compile([MLCDevice cpuDevice]));
  Say("execute", steps.Execute(nil));
  Show("result", ReadBack(steps.root));
  Say("read", !ReadBack(steps.middle).empty());
  Say("outputsData", steps.Execute(@{@"middle" : DataOf(buffer)}));
}

void RegisteredOutput() {
  TwoSteps steps;
  std::vector<float> buffer(4);
  Say("addOutputs", [steps.inference addOutputs:@{@"middle" : steps.middle}]);
  Say("compile", steps.Compile([MLCDevice cpuDevice]));
  Say("outputsData", steps.Execute(@{@"middle" : DataOf(buffer)}));
  Show("output", buffer);
  Show("read", ReadBack(steps.middle));
}

void GpuPages() {
  TwoSteps steps;
  std::vector<float> buffer(4);
  [steps.inference addOutputs:@{@"middle" : steps.middle}];
  Say("compile", steps.Compile([MLCDevice gpuDevice]));
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* pages = nullptr;
  if (posix_memalign(&pages, page, page) != 0) return;
  Say("page", steps.Execute(@{@"middle" : [MLCTensorData dataWithBytesNoCopy:pages length:page]}));
  Show("output", static_cast<float*>(pages), 4);
  free(pages);
  Say("vector", steps.Execute(@{@"middle" : DataOf(buffer)}));
}

void GpuSynchronize() {
  TwoSteps steps;
  Say("compile", steps.Compile([MLCDevice gpuDevice]));
  std::vector<float> numbers(4);
  float* to = numbers.data();
  Say("execute", steps.Execute(nil, ^(MLCTensor* result, NSError*, NSTimeInterval) {
    Say("without", [result copyDataFromDeviceMemoryToBytes:to length:16 synchronizeWithDevice:NO]);
    Say("with", [result copyDataFromDeviceMemoryToBytes:to length:16 synchronizeWithDevice:YES]);
  }));
}

// Weights that the host writes after the graph was compiled.
void HostWrites() {
  Model model;
  MLCInferenceGraph* inference = InferenceOf(model.graph, model.x, [MLCDevice cpuDevice]);
  NSDictionary* inputs = @{@"x" : DataOf(model.points)};
  model.weights = {10, 10};
  [inference executeWithInputsData:inputs batchSize:0 options:kNow completionHandler:nil];
  Show("result", ReadBack(model.result));
  Say("bind", [model.dense.weights bindAndWriteData:DataOf(model.weights)
                                           toDevice:[MLCDevice cpuDevice]]);
  [inference executeWithInputsData:inputs batchSize:0 options:kNow completionHandler:nil];
  Show("result", ReadBack(model.result));
}

// Labels whose tensor was not added.
void Labels() {
  Model model;
  model.training = nil;
  Say("compile", model.Compile());
  Say("step", [model.training executeWithInputsData:@{@"x" : DataOf(model.points)}
                                     lossLabelsData:@{@"label" : DataOf(model.values)}
                               lossLabelWeightsData:nil
                                          batchSize:0
                                            options:kNow
                                  completionHandler:nil]);
}

void OtherGraphsLayer() {
  MLCLayer* layer = [MLCActivationLayer reluLayer];
  MLCTensor* x = FloatTensor(@[ @4 ]);
  SayIfNil("first", [[MLCGraph graph] nodeWithLayer:layer source:x]);
  SayIfNil("second", [[MLCGraph graph] nodeWithLayer:layer source:x]);
}

}  // namespace

int main(int count, char** arguments) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);  // an abort loses nothing
  const std::map<std::string, void (*)()> mistakes = {
      {"missing_synchronize", MissingSynchronize},
      {"inference_first", InferenceFirst},
      {"freed_input", FreedInput},
      {"changed_input", ChangedInput},
      {"unharmed_input", UnharmedInput},
      {"freed_parameter", FreedParameter},
      {"weights_oihw", WeightsOihw},
      {"spatial_order", SpatialOrder},
      {"right_convolution", RightConvolution},
      {"unregistered_output", UnregisteredOutput},
      {"registered_output", RegisteredOutput},
      {"gpu_pages", GpuPages},
      {"gpu_synchronize", GpuSynchronize},
      {"host_writes", HostWrites},
      {"labels", Labels},
      {"other_graphs_layer", OtherGraphsLayer},
  };
  @autoreleasepool {
    mistakes.at(count > 1 ? arguments[1] : "")();
  }
  return 0;
}
