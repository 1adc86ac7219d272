// MLCInferenceGraph.
#include "mlcompute/framework/execution.h"

using namespace mlcompute;
using namespace mlcompute::framework;

@implementation MLCInferenceGraph

+ (instancetype)graphWithGraphObjects:(NSArray<MLCGraph*>*)graphObjects {
  return static_cast<id>(
      NewGraph(self, graphObjects, std::make_shared<InferenceGraph>(GraphsOf(graphObjects))));
}

+ (instancetype)graph {
  return [self graphWithGraphObjects:@[]];
}

- (NSUInteger)deviceMemorySize {
  return StateOf(self).inference->device_memory_size();
}

- (BOOL)addInputs:(NSDictionary<NSString*, MLCTensor*>*)inputs {
  return [self addInputs:inputs lossLabels:nil lossLabelWeights:nil];
}

- (BOOL)addInputs:(NSDictionary<NSString*, MLCTensor*>*)inputs
          lossLabels:(NSDictionary<NSString*, MLCTensor*>*)lossLabels
    lossLabelWeights:(NSDictionary<NSString*, MLCTensor*>*)lossLabelWeights {
  return Try([&] {
    StateOf(self).inference->AddInputs(Map(self, inputs), Map(self, lossLabels),
                                       Map(self, lossLabelWeights));
  });
}

- (BOOL)addOutputs:(NSDictionary<NSString*, MLCTensor*>*)outputs {
  return AddOutputs(self, outputs);
}

- (BOOL)compileWithOptions:(MLCGraphCompilationOptions)options device:(MLCDevice*)device {
  return [self compileWithOptions:options device:device inputTensors:nil inputTensorsData:nil];
}

- (BOOL)compileWithOptions:(MLCGraphCompilationOptions)options
                    device:(MLCDevice*)device
              inputTensors:(NSDictionary<NSString*, MLCTensor*>*)inputTensors
          inputTensorsData:(NSDictionary<NSString*, MLCTensorData*>*)inputTensorsData {
  return Compile(
      self, options, device, inputTensors, inputTensorsData,
      [&](const CompileOptions& how) { StateOf(self).inference->Compile(DeviceOf(device), how); });
}

- (BOOL)linkWithGraphs:(NSArray<MLCInferenceGraph*>*)graphs {
  return Try([&] {
    std::vector<std::shared_ptr<InferenceGraph>> others;
    for (MLCInferenceGraph* graph in graphs) others.push_back(StateOf(graph).inference);
    StateOf(self).inference->Link(others);
    for (MLCInferenceGraph* graph in graphs) StateOf(graph).is_linked = true;
    [StateOf(self).linked addObjectsFromArray:graphs];
  });
}

- (BOOL)executeWithInputsData:(NSDictionary<NSString*, MLCTensorData*>*)inputsData
                    batchSize:(NSUInteger)batchSize
                      options:(MLCExecutionOptions)options
            completionHandler:(MLCGraphCompletionHandler)completionHandler {
  return [self executeWithInputsData:inputsData
                         outputsData:nil
                           batchSize:batchSize
                             options:options
                   completionHandler:completionHandler];
}

- (BOOL)executeWithInputsData:(NSDictionary<NSString*, MLCTensorData*>*)inputsData
                  outputsData:(NSDictionary<NSString*, MLCTensorData*>*)outputsData
                    batchSize:(NSUInteger)batchSize
                      options:(MLCExecutionOptions)options
            completionHandler:(MLCGraphCompletionHandler)completionHandler {
  return [self executeWithInputsData:inputsData
                      lossLabelsData:nil
                lossLabelWeightsData:nil
                         outputsData:outputsData
                           batchSize:batchSize
                             options:options
                   completionHandler:completionHandler];
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
  GraphState& state = StateOf(self);
  if (options & MLCExecutionOptionsSkipWritingInputDataToDevice) {
    Raise(NSInvalidArgumentException, "inputs are given and SkipWritingInputDataToDevice is set");
  }
  if (!state.compiled) {
    Refuse("an inference graph is executed before it is compiled");
    return NO;
  }
  DataMap given;
  DataMap outputs;
  const bool ok = Try([&] {
    given = GivenFor(self, inputsData, lossLabelsData, lossLabelWeightsData, batchSize).all;
    outputs = OutputsFor(self, outputsData);
  });
  if (!ok) return NO;
  const auto batch = static_cast<int64_t>(batchSize);
  return Run(
      self, options, given,
      [graph = state.inference, given, outputs, batch] {
        return graph->Execute(given, batch, outputs);
      },
      completionHandler);
}
@end
