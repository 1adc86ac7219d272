// MLCTrainingGraph: nothing of it works over layers that an inference graph has compiled before.
#include "mlcompute/framework/execution.h"

using namespace mlcompute;
using namespace mlcompute::framework;

namespace {

TrainingGraph& Of(MLCTrainingGraph* graph) { return *StateOf(graph).training; }

// The layers whose gradients gradientDataForParameter:layer: gives.
bool HasGradientData(MLCLayer* layer) {
  for (Class kind : {[MLCConvolutionLayer class],
                     [MLCFullyConnectedLayer class],
                     [MLCBatchNormalizationLayer class],
                     [MLCInstanceNormalizationLayer class],
                     [MLCGroupNormalizationLayer class],
                     [MLCLayerNormalizationLayer class],
                     [MLCEmbeddingLayer class],
                     [MLCMultiheadAttentionLayer class]}) {
    if ([layer isKindOfClass:kind]) return true;
  }
  return false;
}

bool ComesTooLate(MLCTrainingGraph* graph) {
  for (MLCGraph* member in StateOf(graph).members) {
    if (!StateOf(member).compiled_for_inference) continue;
    Refuse("an inference graph has compiled the layers of this training graph before it");
    return true;
  }
  return false;
}

bool IsReady(MLCTrainingGraph* graph) {
  if (StateOf(graph).compiled) return true;
  Refuse("a training graph is executed before it is compiled");
  return false;
}

// Executes a phase, which reads what bindAndWriteData: wrote.
bool RunPhase(MLCTrainingGraph* graph, MLCExecutionOptions options, std::function<Execution()> run,
              MLCGraphCompletionHandler handler) {
  return IsReady(graph) && Run(graph, options, {}, std::move(run), handler);
}

}  // namespace

@implementation MLCTrainingGraph

+ (instancetype)graphWithGraphObjects:(NSArray<MLCGraph*>*)graphObjects
                            lossLayer:(MLCLayer*)lossLayer
                            optimizer:(MLCOptimizer*)optimizer {
  std::shared_ptr<TrainingGraph> training;
  const bool ok = Try([&] {
    training = std::make_shared<TrainingGraph>(GraphsOf(graphObjects), LayerOf(lossLayer),
                                               OptimizerOf(optimizer));
  });
  if (!ok) return nil;
  MLCGraph* made = NewGraph(self, graphObjects, training);
  Keep(StateOf(made).loss, lossLayer);
  Keep(StateOf(made).optimizer, optimizer);
  if (lossLayer && !LayerOf(lossLayer)) StateOf(made).broken = "the loss layer is empty";
  if (optimizer && !OptimizerOf(optimizer)) StateOf(made).broken = "the optimizer is empty";
  return static_cast<id>(made);
}

+ (instancetype)graph {
  return [self graphWithGraphObjects:@[] lossLayer:nil optimizer:nil];
}

- (id)init {
  MLCTrainingGraph* made = [[[self class] graph] retain];
  [self release];
  return made;
}

- (MLCOptimizer*)optimizer {
  return StateOf(self).optimizer;
}

- (NSUInteger)deviceMemorySize {
  return Of(self).device_memory_size();
}

- (BOOL)addInputs:(NSDictionary<NSString*, MLCTensor*>*)inputs
       lossLabels:(NSDictionary<NSString*, MLCTensor*>*)lossLabels {
  return [self addInputs:inputs lossLabels:lossLabels lossLabelWeights:nil];
}

- (BOOL)addInputs:(NSDictionary<NSString*, MLCTensor*>*)inputs
          lossLabels:(NSDictionary<NSString*, MLCTensor*>*)lossLabels
    lossLabelWeights:(NSDictionary<NSString*, MLCTensor*>*)lossLabelWeights {
  return Try([&] {
    Of(self).AddInputs(Map(self, inputs), Map(self, lossLabels), Map(self, lossLabelWeights));
  });
}

- (BOOL)addOutputs:(NSDictionary<NSString*, MLCTensor*>*)outputs {
  return AddOutputs(self, outputs);
}

- (BOOL)stopGradientForTensors:(NSArray<MLCTensor*>*)tensors {
  return Try([&] { Of(self).StopGradient(Tensors(tensors)); });
}

- (BOOL)compileWithOptions:(MLCGraphCompilationOptions)options device:(MLCDevice*)device {
  return [self compileWithOptions:options device:device inputTensors:nil inputTensorsData:nil];
}

- (BOOL)compileWithOptions:(MLCGraphCompilationOptions)options
                    device:(MLCDevice*)device
              inputTensors:(NSDictionary<NSString*, MLCTensor*>*)inputTensors
          inputTensorsData:(NSDictionary<NSString*, MLCTensorData*>*)inputTensorsData {
  if (!StateOf(self).compiled && ComesTooLate(self)) return NO;
  return Compile(self, options, device, inputTensors, inputTensorsData,
                 [&](const CompileOptions& how) {
                   Of(self).Compile(DeviceOf(device), how);
                   if (!how.compute_all_gradients) return;
                   // So that the phases compute them, whenever they are asked for.
                   for (const auto& [name, input] : Of(self).inputs()) {
                     if (IsFloating(input->type().dtype)) Of(self).GradientTensorForInput(input);
                   }
                 });
}

- (BOOL)compileOptimizer:(MLCOptimizer*)optimizer {
  if (!IsReady(self)) return NO;
  const bool ok = Try([&] { Of(self).CompileOptimizer(OptimizerOf(optimizer)); });
  if (ok) Keep(StateOf(self).optimizer, optimizer);
  return ok;
}

- (BOOL)linkWithGraphs:(NSArray<MLCTrainingGraph*>*)graphs {
  return Try([&] {
    std::vector<std::shared_ptr<TrainingGraph>> others;
    for (MLCTrainingGraph* graph in graphs) others.push_back(StateOf(graph).training);
    Of(self).Link(others);
    for (MLCTrainingGraph* graph in graphs) StateOf(graph).is_linked = true;
    [StateOf(self).linked addObjectsFromArray:graphs];
  });
}

- (MLCTensor*)gradientTensorForInput:(MLCTensor*)input {
  TensorPtr gradient;
  if (!Try([&] { gradient = Of(self).GradientTensorForInput(TensorOf(input)); })) return nil;
  return [WrapAll(self, {gradient}) lastObject];
}

- (NSArray<MLCTensor*>*)sourceGradientTensorsForLayer:(MLCLayer*)layer {
  std::vector<TensorPtr> gradients;
  Try([&] { gradients = Of(self).SourceGradientTensors(*LayerOf(layer)); });
  return WrapAll(self, gradients);
}

- (NSArray<MLCTensor*>*)resultGradientTensorsForLayer:(MLCLayer*)layer {
  std::vector<TensorPtr> gradients;
  Try([&] { gradients = Of(self).ResultGradientTensors(*LayerOf(layer)); });
  return WrapAll(self, gradients);
}

- (NSData*)gradientDataForParameter:(MLCTensor*)parameter layer:(MLCLayer*)layer {
  if (!HasGradientData(layer)) {
    Refuse(
        StrCat("gradients of the parameters of a layer ", String(layer.label), " cannot be read"));
    return nil;
  }
  NSData* data = nil;
  Try([&] {
    const auto gradient = Of(self).GradientData(TensorOf(parameter), *LayerOf(layer));
    data = [NSData dataWithBytes:gradient->bytes() length:TensorOf(parameter)->type().bytes()];
  });
  return data;
}

- (MLCTensor*)allocateUserGradientForTensor:(MLCTensor*)tensor {
  TensorPtr gradient;
  if (!Try([&] { gradient = Of(self).AllocateUserGradient(TensorOf(tensor)); })) return nil;
  return [WrapAll(self, {gradient}) lastObject];
}

- (BOOL)executeWithInputsData:(NSDictionary<NSString*, MLCTensorData*>*)inputsData
               lossLabelsData:(NSDictionary<NSString*, MLCTensorData*>*)lossLabelsData
         lossLabelWeightsData:(NSDictionary<NSString*, MLCTensorData*>*)lossLabelWeightsData
                    batchSize:(NSUInteger)batchSize
                      options:(MLCExecutionOptions)options
            completionHandler:(MLCGraphCompletionHandler)completionHandler {
  return [self executeWithInputsData:inputsData
                      lossLabelsData:lossLabelsData
                lossLabelWeightsData:lossLabelWeightsData
                         outputsData:nil
                           batchSize:batchSize
                             options:options
                   completionHandler:completionHandler];
}

- (BOOL)executeWithInputsData:(NSDictionary<NSString*, MLCTensorData*>*)inputsData
               lossLabelsData:(NSDictionary<NSString*, MLCTensorData*>*)lossLabelsData
         lossLabelWeightsData:(NSDictionary<NSString*, MLCTensorData*>*)lossLabelWeightsData
                  outputsData:(NSDictionary<NSString*, MLCTensorData*>*)outputsData
                    batchSize:(NSUInteger)batchSize
                      options:(MLCExecutionOptions)options
            completionHandler:(MLCGraphCompletionHandler)completionHandler {
  if (options & MLCExecutionOptionsSkipWritingInputDataToDevice) {
    Raise(NSInvalidArgumentException, "inputs are given and SkipWritingInputDataToDevice is set");
  }
  if (!IsReady(self)) return NO;
  TrainingGraph::Data data;
  DataMap given;
  const bool ok = Try([&] {
    const Given all = GivenFor(self, inputsData, lossLabelsData, lossLabelWeightsData, batchSize);
    given = all.all;
    data.inputs = all.inputs;
    data.loss_labels = all.loss_labels;
    data.loss_label_weights = all.loss_label_weights;
    data.outputs = OutputsFor(self, outputsData);
  });
  if (!ok) return NO;
  const auto batch = static_cast<int64_t>(batchSize);
  return Run(
      self, options, given,
      [graph = StateOf(self).training, data, batch] { return graph->Execute(data, batch); },
      completionHandler);
}

- (BOOL)executeForwardWithBatchSize:(NSUInteger)batchSize
                            options:(MLCExecutionOptions)options
                  completionHandler:(MLCGraphCompletionHandler)completionHandler {
  return [self executeForwardWithBatchSize:batchSize
                                   options:options
                               outputsData:nil
                         completionHandler:completionHandler];
}

- (BOOL)executeForwardWithBatchSize:(NSUInteger)batchSize
                            options:(MLCExecutionOptions)options
                        outputsData:(NSDictionary<NSString*, MLCTensorData*>*)outputsData
                  completionHandler:(MLCGraphCompletionHandler)completionHandler {
  DataMap outputs;
  if (!Try([&] { outputs = OutputsFor(self, outputsData); })) return NO;
  const auto batch = static_cast<int64_t>(batchSize);
  const bool for_inference = options & MLCExecutionOptionsForwardForInference;
  return RunPhase(
      self, options,
      [graph = StateOf(self).training, batch, for_inference, outputs] {
        return graph->ExecuteForward(batch, for_inference, outputs);
      },
      completionHandler);
}

- (BOOL)executeGradientWithBatchSize:(NSUInteger)batchSize
                             options:(MLCExecutionOptions)options
                   completionHandler:(MLCGraphCompletionHandler)completionHandler {
  const auto batch = static_cast<int64_t>(batchSize);
  return RunPhase(
      self, options,
      [graph = StateOf(self).training, batch] { return graph->ExecuteGradient(batch); },
      completionHandler);
}

- (BOOL)executeGradientWithBatchSize:(NSUInteger)batchSize
                             options:(MLCExecutionOptions)options
                         outputsData:(NSDictionary<NSString*, MLCTensorData*>*)outputsData
                   completionHandler:(MLCGraphCompletionHandler)completionHandler {
  DataMap outputs;
  if (!Try([&] { outputs = OutputsFor(self, outputsData); })) return NO;
  const auto batch = static_cast<int64_t>(batchSize);
  return RunPhase(
      self, options,
      [graph = StateOf(self).training, batch, outputs] {
        const Execution done = graph->ExecuteGradient(batch);
        // The outputs are results of the forward pass, which are still there.
        for (const auto& [name, data] : outputs) {
          graph->outputs().at(name)->CopyData(data->mutable_bytes(), data->length());
        }
        return done;
      },
      completionHandler);
}

- (BOOL)executeOptimizerUpdateWithOptions:(MLCExecutionOptions)options
                        completionHandler:(MLCGraphCompletionHandler)completionHandler {
  return RunPhase(
      self, options, [graph = StateOf(self).training] { return graph->ExecuteOptimizerUpdate(); },
      completionHandler);
}

- (void)synchronizeUpdates {
  GraphState& state = StateOf(self);
  if (!IsReady(self)) return;
  state.queue->Wait();
  std::vector<std::shared_ptr<Graph>> graphs = GraphsOf(state.members);
  graphs.push_back(state.graph);
  for (const auto& graph : graphs) {
    for (const LayerPtr& layer : graph->layers()) {
      std::vector<TensorPtr> held = layer->parameters();
      for (const TensorPtr& one : layer->statistics()) held.push_back(one);
      for (const TensorPtr& one : held) {
        if (MLCTensor* tensor = WrapperOf(one.get())) WriteToHost(tensor);
      }
    }
  }
  for (MLCTensor* tensor in state.trained) WriteToHost(tensor);
}

- (BOOL)setTrainingTensorParameters:(NSArray<MLCTensorParameter*>*)parameters {
  std::vector<TensorParameterPtr> all;
  NSMutableArray* tensors = [NSMutableArray array];
  for (MLCTensorParameter* parameter in parameters) {
    all.push_back(ParameterPtrOf(parameter));
    [tensors addObject:parameter.tensor];
  }
  if (!Try([&] { Of(self).SetTrainingTensorParameters(all); })) return NO;
  Keep(StateOf(self).trained, static_cast<NSArray*>(tensors));
  return YES;
}

- (BOOL)bindOptimizerData:(NSArray<MLCTensorData*>*)data
               deviceData:(NSArray<MLCTensorOptimizerDeviceData*>*)deviceData
               withTensor:(MLCTensor*)tensor {
  (void)deviceData;
  const bool ok = Try([&] {
    std::vector<std::shared_ptr<TensorData>> copies;
    for (MLCTensorData* one in data) copies.push_back(TensorData::Copy(one.bytes, one.length));
    Of(self).BindOptimizerData(TensorOf(tensor), copies);
  });
  if (ok) Keep(StateOf(tensor).optimizer_data, data);
  return ok;
}
@end
