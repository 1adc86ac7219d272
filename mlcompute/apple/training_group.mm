#include "mlcompute/apple/training_group.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "mlcompute/apple/graph_parts.h"

namespace mlcompute::apple {
namespace {

// Plain stochastic gradient descent: w - rate * gradient.
MLCSGDOptimizer* Descent() {
  MLCOptimizerDescriptor* descriptor =
      [MLCOptimizerDescriptor descriptorWithLearningRate:1
                                         gradientRescale:1
                                      regularizationType:MLCRegularizationTypeNone
                                     regularizationScale:0];
  return descriptor ? [MLCSGDOptimizer optimizerWithDescriptor:descriptor] : nil;
}

}  // namespace

struct TrainingGroup::State : GraphParts {
  TrainingPlan training_plan;
  std::vector<Buffer> seeds;
  std::vector<Buffer> gradients;
  std::vector<MLCTensor*> gradient_tensors;  // by TrainingPlan::gradients; nil for parameters
  std::vector<MLCLayer*> owners;             // of the parameters; nil for inputs
  MLCTrainingGraph* training = nil;
  MLCOptimizer* optimizer = nil;
  NSMutableDictionary* seed_tensors = nil;
  NSMutableDictionary* seeds_data = nil;

  ~State() {
    @autoreleasepool {
      [seeds_data release];
      [seed_tensors release];
      [optimizer release];
      [training release];
    }
  }

  const GraphEdge& InputOf(const ResultEdge& edge) const { return plan.inputs[edge.input]; }

  MLCLayer* OwnerOf(int tensor) const {
    for (size_t i = 0; i < plan.layers.size(); ++i) {
      const std::vector<int>& from = plan.layers[i].sources;
      if (std::find(from.begin(), from.end(), tensor) != from.end()) return layers[i];
    }
    return nil;
  }

  bool Compile(DeviceType type, Refusal* refusal) {
    plan = training_plan.forward;
    if (!Build(type, refusal)) return false;
    refusal->reason = Differentiate();
    return refusal->reason.empty();
  }

  std::string Differentiate() {
    const bool updates = !training_plan.parameters.empty();
    if (updates) {
      optimizer = [Descent() retain];
      if (optimizer == nil) return "the framework has no MLCSGDOptimizer";
    }
    NSMutableArray* graphs = [NSMutableArray array];
    [graphs addObject:graph];
    training = [[MLCTrainingGraph graphWithGraphObjects:graphs lossLayer:nil
                                              optimizer:optimizer] retain];
    if (training == nil) return "MLCTrainingGraph is nil";
    if (![training addInputs:sources lossLabels:nil]) {
      return "MLCTrainingGraph does not take the inputs";
    }
    if (![training addOutputs:results]) return "MLCTrainingGraph does not take the outputs";
    const std::string problem = AllocateSeeds();
    if (!problem.empty()) return problem;
    bool of_inputs = false;
    for (const ResultEdge& one : training_plan.gradients) {
      of_inputs |= !InputOf(one).is_parameter;
    }
    const MLCGraphCompilationOptions options =
        of_inputs ? MLCGraphCompilationOptionsComputeAllGradients : MLCGraphCompilationOptionsNone;
    if (![training compileWithOptions:options device:device]) {
      return "MLCTrainingGraph does not compile";
    }
    return FindGradients();
  }

  std::string AllocateSeeds() {
    seed_tensors = [[NSMutableDictionary alloc] init];
    seeds_data = [[NSMutableDictionary alloc] init];
    seeds = std::vector<Buffer>(training_plan.seeds.size());
    for (size_t i = 0; i < seeds.size(); ++i) {
      const int index = training_plan.seeds[i].tensor;
      const size_t bytes = plan.tensors[static_cast<size_t>(index)].bytes();
      if (!seeds[i].Allocate(bytes)) return "no memory for a gradient";
      MLCTensor* tensor = [training allocateUserGradientForTensor:TensorAt(index)];
      MLCTensorData* data = [MLCTensorData dataWithBytesNoCopy:seeds[i].bytes length:bytes];
      if (tensor == nil || data == nil) {
        return "MLCTrainingGraph allocateUserGradientForTensor: answered nil";
      }
      [seed_tensors setObject:tensor forKey:NameOfEdge('g', i)];
      [seeds_data setObject:data forKey:NameOfEdge('g', i)];
    }
    return "";
  }

  std::string FindGradients() {
    gradients = std::vector<Buffer>(training_plan.gradients.size());
    for (size_t i = 0; i < gradients.size(); ++i) {
      const GraphEdge& of = InputOf(training_plan.gradients[i]);
      if (!gradients[i].Allocate(plan.tensors[static_cast<size_t>(of.tensor)].bytes())) {
        return "no memory for a gradient";
      }
      MLCTensor* tensor = nil;
      MLCLayer* owner = nil;
      if (of.is_parameter) {
        owner = OwnerOf(of.tensor);
      } else {
        tensor = [training gradientTensorForInput:TensorAt(of.tensor)];
        if (tensor == nil) return "MLCTrainingGraph gradientTensorForInput: answered nil";
        [kept addObject:tensor];
      }
      owners.push_back(owner);
      gradient_tensors.push_back(tensor);
    }
    return "";
  }

  // What became of an execution that answered `done`.
  static std::string Outcome(BOOL done, bool called, const std::string& reason, const char* what) {
    if (!reason.empty()) return reason;
    if (!done) return std::string("MLCTrainingGraph ") + what + " answered NO";
    if (!called) return std::string("MLCTrainingGraph ") + what + " did not call its handler";
    return "";
  }

  std::string Forward() {
    const std::string problem = WriteParameters();
    if (!problem.empty()) return problem;
    if (![training bindAndWriteData:inputs_data
                          forInputs:sources
                           toDevice:device
                          batchSize:0
                        synchronous:YES]) {
      return "MLCTrainingGraph bindAndWriteData: answered NO for the inputs";
    }
    __block bool called = false;
    __block std::string reason;
    const BOOL done =
        [training executeForwardWithBatchSize:0
                                      options:MLCExecutionOptionsSynchronous
                                  outputsData:outputs_data
                            completionHandler:^(MLCTensor*, NSError* error, NSTimeInterval) {
                              called = true;
                              if (error) reason = Words([error localizedDescription]);
                            }];
    return Outcome(done, called, reason, "executeForwardWithBatchSize:");
  }

  std::string Gradient(float learning_rate) {
    if (![training bindAndWriteData:seeds_data
                          forInputs:seed_tensors
                           toDevice:device
                          batchSize:0
                        synchronous:YES]) {
      return "MLCTrainingGraph bindAndWriteData: answered NO for the gradients";
    }
    __block bool called = false;
    __block std::string reason;
    const BOOL done =
        [training executeGradientWithBatchSize:0
                                       options:MLCExecutionOptionsSynchronous
                             completionHandler:^(MLCTensor*, NSError* error, NSTimeInterval) {
                               called = true;
                               if (error) reason = Words([error localizedDescription]);
                             }];
    std::string problem = Outcome(done, called, reason, "executeGradientWithBatchSize:");
    if (problem.empty()) problem = ReadGradients();
    if (problem.empty() && optimizer != nil) problem = Update(learning_rate);
    return problem;
  }

  std::string ReadGradients() {
    for (size_t i = 0; i < gradients.size(); ++i) {
      const GraphEdge& of = InputOf(training_plan.gradients[i]);
      const size_t bytes = plan.tensors[static_cast<size_t>(of.tensor)].bytes();
      if (gradient_tensors[i] != nil) {
        if (![gradient_tensors[i] copyDataFromDeviceMemoryToBytes:gradients[i].bytes
                                                           length:bytes
                                            synchronizeWithDevice:YES]) {
          return "MLCTensor copyDataFromDeviceMemoryToBytes: answered NO for a gradient";
        }
        continue;
      }
      NSData* data = [training gradientDataForParameter:TensorAt(of.tensor) layer:owners[i]];
      if (data == nil || [data length] < bytes) {
        return "MLCTrainingGraph gradientDataForParameter:layer: has no gradient";
      }
      memcpy(gradients[i].bytes, [data bytes], bytes);
    }
    return "";
  }

  std::string Update(float learning_rate) {
    optimizer.learningRate = learning_rate;
    __block bool called = false;
    __block std::string reason;
    const BOOL done =
        [training executeOptimizerUpdateWithOptions:MLCExecutionOptionsSynchronous
                                  completionHandler:^(MLCTensor*, NSError* error, NSTimeInterval) {
                                    called = true;
                                    if (error) reason = Words([error localizedDescription]);
                                  }];
    const std::string problem = Outcome(done, called, reason, "executeOptimizerUpdateWithOptions:");
    if (problem.empty()) [training synchronizeUpdates];
    return problem;
  }
};

TrainingGroup::TrainingGroup() : state_(new State) {}
TrainingGroup::~TrainingGroup() {
  const std::lock_guard<std::mutex> lock(FrameworkMutex());
  state_.reset();
}

template <typename Call>
std::string TrainingGroup::Guarded(Call call) {
  const std::lock_guard<std::mutex> lock(FrameworkMutex());
  std::string reason;
  @autoreleasepool {
    @try {
      reason = call();
    } @catch (NSException* exception) {
      reason = Words(exception);
    }
  }
  return reason;
}

std::unique_ptr<TrainingGroup> TrainingGroup::Make(const TrainingPlan& plan, DeviceType device,
                                                   Refusal* refusal) {
  std::unique_ptr<TrainingGroup> group(new TrainingGroup);
  State& state = *group->state_;
  state.training_plan = plan;
  bool built = false;
  const std::string reason = group->Guarded([&] {
    built = state.Compile(device, refusal);
    return refusal->reason;
  });
  if (!built) refusal->reason = reason;
  return built ? std::move(group) : nullptr;
}

void* TrainingGroup::input(size_t index) const { return state_->inputs[index].bytes; }
const void* TrainingGroup::output(size_t index) const { return state_->outputs[index].bytes; }
void* TrainingGroup::seed(size_t index) const { return state_->seeds[index].bytes; }
const void* TrainingGroup::gradient(size_t index) const { return state_->gradients[index].bytes; }

std::string TrainingGroup::ExecuteForward() {
  return Guarded([&] { return state_->Forward(); });
}

std::string TrainingGroup::ExecuteGradient(float learning_rate) {
  return Guarded([&] { return state_->Gradient(learning_rate); });
}

}  // namespace mlcompute::apple
