// A training graph without a loss, by phases: the gradient of its result comes from elsewhere, is
// written into a user gradient, and gradients are read before the update.
#include "show.h"

int main() {
  @autoreleasepool {
    std::vector<float> weights = {1, 2, 3, 4, 5, 6};  // [2, 3]
    std::vector<float> rows = {1, 0, -1, 2, 1, 0};    // [2, 3]
    std::vector<float> gradients = {1, 0, 0.5f, -1};  // of the result, [2, 2]

    MLCTensor* x = FloatTensor(@[ @2, @3 ]);
    MLCGraph* graph = [MLCGraph graph];
    MLCFullyConnectedLayer* dense = Dense(weights, nullptr, 3, 2);
    MLCTensor* y = [graph nodeWithLayer:dense source:x];

    MLCTrainingGraph* training = [MLCTrainingGraph graphWithGraphObjects:@[ graph ]
                                                               lossLayer:nil
                                                               optimizer:nil];
    MLCDevice* device = [MLCDevice cpuDevice];
    if (!Done([training addInputs:@{@"x" : x} lossLabels:nil], "addInputs:")) return 1;
    MLCTensor* dy = [training allocateUserGradientForTensor:y];
    if (!Done([training compileWithOptions:MLCGraphCompilationOptionsComputeAllGradients
                                    device:device],
              "compile") ||
        !Done([training compileOptimizer:[MLCSGDOptimizer optimizerWithDescriptor:Rate(0.5f)]],
              "compileOptimizer:")) {
      return 1;
    }
    MLCTensor* dx = [training gradientTensorForInput:x];

    const MLCExecutionOptions now = MLCExecutionOptionsSynchronous;
    if (!Done([training bindAndWriteData:@{@"x" : DataOf(rows)}
                               forInputs:@{@"x" : x}
                                toDevice:device
                               batchSize:0
                             synchronous:YES],
              "bindAndWriteData:") ||
        !Done([training executeForwardWithBatchSize:0 options:now completionHandler:nil],
              "forward")) {
      return 1;
    }
    Show("result", ReadBack(y));
    if (!Done([training bindAndWriteData:@{@"dy" : DataOf(gradients)}
                               forInputs:@{@"dy" : dy}
                                toDevice:device
                               batchSize:0
                             synchronous:YES],
              "bindAndWriteData:") ||
        !Done([training executeGradientWithBatchSize:0 options:now completionHandler:nil],
              "gradient")) {
      return 1;
    }
    Show("gradient of x", ReadBack(dx));
    NSData* dw = [training gradientDataForParameter:dense.weights layer:dense];
    Show("gradient of weights", static_cast<const float*>([dw bytes]), [dw length] / sizeof(float));
    if (!Done([training executeOptimizerUpdateWithOptions:now completionHandler:nil], "update")) {
      return 1;
    }
    [training synchronizeUpdates];
    Show("weights", weights);
  }
  return 0;
}
