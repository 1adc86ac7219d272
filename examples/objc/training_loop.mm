// A line through four points: forward, gradients and update in one call for each step, the loss in
// the completion handler, then an inference graph over the same layers.
#include "show.h"

int main() {
  @autoreleasepool {
    std::vector<float> weights = {0.5f, -0.5f};
    std::vector<float> biases = {0};
    std::vector<float> points = {0, 0, 0, 1, 1, 0, 1, 1};
    std::vector<float> values = {1, 0, 3, 2};  // 2 a - b + 1

    MLCTensor* x = FloatTensor(@[ @4, @2 ]);
    MLCTensor* y = FloatTensor(@[ @4, @1 ]);
    MLCGraph* graph = [MLCGraph graph];
    MLCTensor* prediction = [graph nodeWithLayer:Dense(weights, &biases, 2, 1) source:x];

    // The training graph comes first, also in compiling.
    MLCLossLayer* loss = [MLCLossLayer meanSquaredErrorLossWithReductionType:MLCReductionTypeMean
                                                                      weight:1];
    MLCTrainingGraph* training = [MLCTrainingGraph
        graphWithGraphObjects:@[ graph ]
                    lossLayer:loss
                    optimizer:[MLCSGDOptimizer optimizerWithDescriptor:Rate(0.5f)]];
    MLCDevice* device = [MLCDevice deviceWithType:MLCDeviceTypeAny];
    if (!Done([training addInputs:@{@"x" : x} lossLabels:@{@"y" : y}], "addInputs:") ||
        !Done([training compileWithOptions:MLCGraphCompilationOptionsNone device:device],
              "compile")) {
      return 1;
    }
    MLCInferenceGraph* inference = [MLCInferenceGraph graphWithGraphObjects:@[ graph ]];
    if (!Done([inference addInputs:@{@"x" : x}], "addInputs:") ||
        !Done([inference compileWithOptions:MLCGraphCompilationOptionsNone device:device],
              "compile")) {
      return 1;
    }

    for (int step = 0; step < 20; ++step) {
      if (step == 10) training.optimizer.learningRate = 0.25f;
      const BOOL ok = [training
          executeWithInputsData:@{@"x" : DataOf(points)}
                 lossLabelsData:@{@"y" : DataOf(values)}
           lossLabelWeightsData:nil
                      batchSize:0
                        options:MLCExecutionOptionsSynchronous
              completionHandler:^(MLCTensor* result, NSError* error, NSTimeInterval time) {
                (void)time;
                if (error) NSLog(@"%@", error);
                if (step % 5 == 0) {
                  Show("loss", static_cast<const float*>([result.data bytes]), 1);
                }
              }];
      if (!Done(ok, "execute")) return 1;
    }

    Show("weights before synchronizeUpdates", weights);
    [training synchronizeUpdates];
    Show("weights", weights);
    Show("biases", biases);

    const BOOL ok = [inference executeWithInputsData:@{@"x" : DataOf(points)}
                                           batchSize:0
                                             options:MLCExecutionOptionsSynchronous
                                   completionHandler:nil];
    if (!Done(ok, "execute")) return 1;
    Show("predictions", ReadBack(prediction));
  }
  return 0;
}
