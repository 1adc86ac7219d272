// A model around something that MLCompute cannot do: two training graphs, compiled to be linked,
// and between them the program's own z = y^3 with its gradient.
#include "show.h"

namespace {

MLCTrainingGraph* Segment(MLCGraph* graph, MLCTensor* input) {
  MLCTrainingGraph* segment = [MLCTrainingGraph graphWithGraphObjects:@[ graph ]
                                                            lossLayer:nil
                                                            optimizer:nil];
  Done([segment addInputs:@{@"input" : input} lossLabels:nil], "addInputs:");
  return segment;
}

bool Compile(MLCTrainingGraph* segment, MLCDevice* device) {
  return Done([segment compileWithOptions:MLCGraphCompilationOptionsLinkGraphs |
                                          MLCGraphCompilationOptionsComputeAllGradients
                                   device:device],
              "compile");
}

bool Write(MLCTrainingGraph* segment, MLCTensor* to, std::vector<float>& numbers,
           MLCDevice* device) {
  return Done([segment bindAndWriteData:@{@"data" : DataOf(numbers)}
                              forInputs:@{@"data" : to}
                               toDevice:device
                              batchSize:0
                            synchronous:YES],
              "bindAndWriteData:");
}

}  // namespace

int main() {
  @autoreleasepool {
    std::vector<float> weights1 = {1, -1, 0.5f, 2};  // [2, 2]
    std::vector<float> weights2 = {1, 3};            // [1, 2]
    std::vector<float> numbers = {1, 2};
    std::vector<float> one = {1};
    MLCDevice* device = [MLCDevice cpuDevice];

    MLCTensor* x = FloatTensor(@[ @1, @2 ]);
    MLCGraph* before = [MLCGraph graph];
    MLCTensor* y = [before nodeWithLayer:Dense(weights1, nullptr, 2, 2) source:x];
    MLCTrainingGraph* first = Segment(before, x);
    MLCTensor* dy = [first allocateUserGradientForTensor:y];

    MLCTensor* z = FloatTensor(@[ @1, @2 ]);
    MLCGraph* after = [MLCGraph graph];
    MLCTensor* result = [after nodeWithLayer:Dense(weights2, nullptr, 2, 1) source:z];
    MLCTrainingGraph* second = Segment(after, z);
    MLCTensor* dresult = [second allocateUserGradientForTensor:result];

    if (!Compile(first, device) || !Compile(second, device) ||
        !Done([first linkWithGraphs:@[ second ]], "linkWithGraphs:")) {
      return 1;
    }

    const MLCExecutionOptions now = MLCExecutionOptionsSynchronous;
    if (!Write(first, x, numbers, device) ||
        !Done([first executeForwardWithBatchSize:0 options:now completionHandler:nil], "forward")) {
      return 1;
    }
    const std::vector<float> outside = ReadBack(y);
    std::vector<float> cubes;
    for (const float each : outside) cubes.push_back(each * each * each);
    if (!Write(second, z, cubes, device) || !Done([second executeForwardWithBatchSize:0
                                                                              options:now
                                                                    completionHandler:nil],
                                                  "forward")) {
      return 1;
    }
    Show("result", ReadBack(result));

    if (!Write(second, dresult, one, device) || !Done([second executeGradientWithBatchSize:0
                                                                                   options:now
                                                                         completionHandler:nil],
                                                      "gradient")) {
      return 1;
    }
    std::vector<float> back = ReadBack([second gradientTensorForInput:z]);
    for (size_t i = 0; i < back.size(); ++i) back[i] *= 3 * outside[i] * outside[i];
    if (!Write(first, dy, back, device) || !Done([first executeGradientWithBatchSize:0
                                                                             options:now
                                                                   completionHandler:nil],
                                                 "gradient")) {
      return 1;
    }
    Show("gradient of x", ReadBack([first gradientTensorForInput:x]));
  }
  return 0;
}
