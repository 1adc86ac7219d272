// What nothing public says of training, asked of MLCompute: `questions_training 6 14` asks those.
// Built as questions.mm is.
#include "ask.h"

namespace {

// A training graph without a loss over one layer; its input, result and the result's gradient.
struct Training {
  MLCTensor* x;
  MLCTensor* y;
  MLCTensor* dy;
  MLCTrainingGraph* graph;
};

bool Start(Training* training, NSArray<NSNumber*>* shape, MLCLayer* layer,
           MLCOptimizer* optimizer) {
  training->x = FloatTensor(shape);
  MLCGraph* graph = [MLCGraph graph];
  training->y = [graph nodeWithLayer:layer source:training->x];
  if (!Done(training->y != nil, "nodeWithLayer:")) return false;
  training->graph = [MLCTrainingGraph graphWithGraphObjects:@[ graph ] lossLayer:nil optimizer:nil];
  const bool added = [training->graph addInputs:@{@"x" : training->x} lossLabels:nil];
  training->dy = [training->graph allocateUserGradientForTensor:training->y];
  return Done(added, "addInputs:") &&
         Done([training->graph compileWithOptions:MLCGraphCompilationOptionsComputeAllGradients
                                           device:[MLCDevice cpuDevice]],
              "compile") &&
         (optimizer == nil ||
          Done([training->graph compileOptimizer:optimizer], "compileOptimizer:"));
}

bool Bind(const Training& training, MLCTensor* tensor, std::vector<float>& numbers) {
  return Done([training.graph bindAndWriteData:@{@"t" : DataOf(numbers)}
                                     forInputs:@{@"t" : tensor}
                                      toDevice:[MLCDevice cpuDevice]
                                     batchSize:0
                                   synchronous:YES],
              "bindAndWriteData:");
}

bool Forward(const Training& training, std::vector<float>& x) {
  return Bind(training, training.x, x) &&
         Done([training.graph executeForwardWithBatchSize:0
                                                  options:MLCExecutionOptionsSynchronous
                                        completionHandler:nil],
              "forward");
}

bool Gradient(const Training& training, std::vector<float>& dy) {
  return Bind(training, training.dy, dy) &&
         Done([training.graph executeGradientWithBatchSize:0
                                                   options:MLCExecutionOptionsSynchronous
                                         completionHandler:nil],
              "gradient");
}

bool GradientAndUpdate(const Training& training, std::vector<float>& dy) {
  return Gradient(training, dy) &&
         Done([training.graph executeOptimizerUpdateWithOptions:MLCExecutionOptionsSynchronous
                                              completionHandler:nil],
              "update");
}

// Statistics 0 and 1, momentum 0.75, of 1 2 3 6: mean 3, variance 3.5, without bias 4.6667.
void BatchNormalization() {
  std::vector<float> mean = {0};
  std::vector<float> variance = {1};
  std::vector<float> x = {1, 2, 3, 6};
  std::vector<float> dy = {0, 0, 0, 0};
  NSArray<NSNumber*>* shape = @[ @1, @1, @1, @1 ];
  MLCLayer* layer =
      [MLCBatchNormalizationLayer layerWithFeatureChannelCount:1
                                                          mean:FloatTensor(shape, &mean)
                                                      variance:FloatTensor(shape, &variance)
                                                          beta:nil
                                                         gamma:nil
                                               varianceEpsilon:0.001f
                                                      momentum:0.75f];
  Training training;
  MLCOptimizer* none = [MLCSGDOptimizer optimizerWithDescriptor:Rate(0)];
  if (!Start(&training, @[ @2, @1, @1, @2 ], layer, none) || !Forward(training, x)) return;
  Show("  values", ReadBack(training.y));
  if (!GradientAndUpdate(training, dy)) return;
  [training.graph synchronizeUpdates];
  Show("  running mean", mean);
  Show("  running variance", variance);
}

void Dropout() {
  std::vector<float> x(16, 1);
  Training training;
  if (!Start(&training, @[ @1, @16 ], [MLCDropoutLayer layerWithRate:0.5f seed:7], nil)) return;
  if (Forward(training, x)) Show("  values", ReadBack(training.y));
}

// What comes back through `layer` from `dy`.
void ShowGradient(NSArray<NSNumber*>* shape, MLCLayer* layer, std::vector<float> x,
                  std::vector<float> dy) {
  Training training;
  if (!Start(&training, shape, layer, nil)) return;
  MLCTensor* dx = [training.graph gradientTensorForInput:training.x];
  if (!Forward(training, x) || !Gradient(training, dy)) return;
  Show("  gradient", ReadBack(dx));
}

// TensorFlow has 0 at 0, and gives all to the first of equal maxima.
void Corners() {
  ShowGradient(
      @ [@1, @4], [MLCActivationLayer reluLayer], { -1, 0, -0.0f, 1 }, { 1, 2, 3, 4 });
  MLCPoolingDescriptor* pooling =
      [MLCPoolingDescriptor maxPoolingDescriptorWithKernelSizes:@[ @1, @4 ]
                                                        strides:@[ @1, @4 ]
                                                  paddingPolicy:MLCPaddingPolicyValid
                                                   paddingSizes:nil];
  ShowGradient(
      @ [@1, @1, @1, @4], [MLCPoolingLayer layerWithDescriptor : pooling], { 0, 2, 2, 2 }, { 1 });
}

// In each of two batches a row times a column, whose gradients are each other.
void Product(std::vector<float> rows, std::vector<float> columns, std::vector<float> ones) {
  MLCTensor* x = FloatTensor(@[ @2, @1, @2 ]);
  MLCTensor* y = FloatTensor(@[ @2, @2, @1 ]);
  MLCGraph* graph = [MLCGraph graph];
  MLCLayer* layer = [MLCMatMulLayer layerWithDescriptor:[MLCMatMulDescriptor descriptor]];
  MLCTensor* product = [graph nodeWithLayer:layer sources:@[ x, y ]];
  if (!Done(product != nil, "nodeWithLayer:")) return;
  Training training = {x, product, nil, nil};
  training.graph = [MLCTrainingGraph graphWithGraphObjects:@[ graph ] lossLayer:nil optimizer:nil];
  const bool added = [training.graph addInputs:@{@"x" : x, @"y" : y} lossLabels:nil];
  training.dy = [training.graph allocateUserGradientForTensor:product];
  if (!Done(added, "addInputs:") ||
      !Done([training.graph compileWithOptions:MLCGraphCompilationOptionsComputeAllGradients
                                        device:[MLCDevice cpuDevice]],
            "compile")) {
    return;
  }
  MLCTensor* of_x = [training.graph gradientTensorForInput:x];
  MLCTensor* of_y = [training.graph gradientTensorForInput:y];
  if (!Bind(training, y, columns) || !Forward(training, rows) || !Gradient(training, ones)) return;
  Show("  gradient of x", ReadBack(of_x));
  Show("  gradient of y", ReadBack(of_y));
}

// Two steps of two features through weights 1 10: the gradient of weights is the sum of the steps.
void Sequence(std::vector<float> weights, std::vector<float> steps, std::vector<float> ones) {
  MLCFullyConnectedLayer* dense = Dense(weights, nullptr, 2, 1);
  Training training;
  if (!Start(&training, @[ @1, @2, @2 ], dense, nil)) return;
  MLCTensor* dx = [training.graph gradientTensorForInput:training.x];
  if (!Forward(training, steps) || !Gradient(training, ones)) return;
  Show("  gradient of a sequence", ReadBack(dx));
  NSData* dw = [training.graph gradientDataForParameter:dense.weights layer:dense];
  Show("  gradient of weights", static_cast<const float*>([dw bytes]), [dw length] / sizeof(float));
}

// One update of weights 1 2 by gradients 1 1.
void Update(MLCOptimizer* optimizer) {
  std::vector<float> weights = {1, 2};
  std::vector<float> x = {1, 1};
  std::vector<float> dy = {1};
  Training training;
  MLCFullyConnectedLayer* layer = Dense(weights, nullptr, 2, 1);
  if (!Start(&training, @[ @1, @2 ], layer, optimizer)) return;
  if (!Forward(training, x) || !GradientAndUpdate(training, dy)) return;
  [training.graph synchronizeUpdates];
  Show("  weights", weights);
  [layer.weights synchronizeOptimizerData];
  std::printf("  states: %lu\n", static_cast<unsigned long>([layer.weights.optimizerData count]));
  for (MLCTensorData* state in layer.weights.optimizerData) {
    Show("  state", static_cast<const float*>(state.bytes), state.length / sizeof(float));
  }
}

MLCOptimizerDescriptor* Decay(float scale) {
  return [MLCOptimizerDescriptor descriptorWithLearningRate:0.5f
                                            gradientRescale:1
                                         regularizationType:MLCRegularizationTypeL2
                                        regularizationScale:scale];
}

const std::map<int, Question>& Questions() {
  static const std::map<int, Question> all = {
      {6,
       {"batch normalization: is the running variance that of the sample, and what keeps momentum?",
        [] { BatchNormalization(); }}},
      {14, {"dropout: are survivors scaled?", [] { Dropout(); }}},
      {16,
       {"AdamW: is regularizationScale its decay?",
        [] {
          Update([MLCAdamWOptimizer optimizerWithDescriptor:Rate(0.5f)]);
          Update([MLCAdamWOptimizer optimizerWithDescriptor:Decay(0.25f)]);
        }}},
      {17,
       {"optimizers: number and order of their states",
        [] {
          Update([MLCSGDOptimizer optimizerWithDescriptor:Rate(0.5f)
                                            momentumScale:0.5f
                                     usesNesterovMomentum:NO]);
          Update([MLCAdamOptimizer optimizerWithDescriptor:Rate(0.5f)]);
          Update([MLCRMSPropOptimizer optimizerWithDescriptor:Rate(0.5f)]);
        }}},
      {22,
       {"what passes back through ReLU at 0, and through a pooling with equal maxima?",
        [] { Corners(); }}},
      {23,
       {"gradients of a matrix product, and of a fully connected layer on a sequence",
        [] {
          Product({1, 2, 3, 4}, {5, 6, 7, 8}, {1, 1});
          Sequence({1, 10}, {1, 2, 3, 4}, {1, 1});
        }}},
  };
  return all;
}

}  // namespace

int main(int count, char** arguments) { return AnswerQuestions(count, arguments, Questions()); }
