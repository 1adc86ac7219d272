// mlcompute/framework/execution.h: what executing graphs have in common.
#pragma once

#include <set>

#include "mlcompute/framework/bridge.h"

namespace mlcompute::framework {

struct GraphState {
  ~GraphState();

  std::shared_ptr<Graph> graph;  // one of the next two, or a plain one
  std::shared_ptr<InferenceGraph> inference;
  std::shared_ptr<TrainingGraph> training;
  NSMutableArray<MLCLayer*>* layers = nil;
  NSMutableArray<MLCTensor*>* tensors = nil;  // kept alive
  NSArray<MLCGraph*>* members = nil;
  NSArray<MLCTensor*>* trained = nil;  // setTrainingTensorParameters:
  NSMutableArray<MLCGraph*>* linked = nil;
  MLCDevice* device = nil;
  MLCOptimizer* optimizer = nil;
  MLCLayer* loss = nil;
  MLCGraphCompilationOptions options = MLCGraphCompilationOptionsNone;
  // A node that the framework makes and cannot compile.
  std::string broken;
  bool compiled = false;
  bool is_linked = false;               // comes after another graph
  std::set<std::string> constants;      // inputs that were given when it was compiled
  bool compiled_for_inference = false;  // of plain graphs: by an inference graph
  std::shared_ptr<ExecutionQueue> queue = std::make_shared<ExecutionQueue>();
};

GraphState& StateOf(MLCGraph* graph);
// A graph's object around `graph`.
MLCGraph* NewGraph(Class kind, NSArray<MLCGraph*>* members, std::shared_ptr<Graph> graph);
std::vector<std::shared_ptr<Graph>> GraphsOf(NSArray<MLCGraph*>* graphs);
// Keeps the tensor alive as long as the graph.
void KeepTensor(MLCGraph* graph, MLCTensor* tensor);
NSArray<MLCTensor*>* WrapAll(MLCGraph* graph, const std::vector<TensorPtr>& tensors);

using TensorDictionary = NSDictionary<NSString*, MLCTensor*>;
using DataDictionary = NSDictionary<NSString*, MLCTensorData*>;

TensorMap Map(MLCGraph* graph, TensorDictionary* tensors);
bool AddOutputs(MLCGraph* graph, TensorDictionary* outputs);

// False, or an exception, where the framework does not compile. `compile` does it.
bool Compile(MLCGraph* graph, MLCGraphCompilationOptions options, MLCDevice* device,
             TensorDictionary* constants, DataDictionary* constants_data,
             const std::function<void(const CompileOptions&)>& compile);

// Data for tensors: every name of `wanted` but those that may be missing, each long enough for
// `batch` rows. Throws Error.
DataMap DataFor(const TensorMap& wanted, DataDictionary* data, NSUInteger batch, const char* what,
                const std::function<bool(const std::string& name)>& may_be_missing = nullptr);
// Inputs, labels and weights of one execution. Throws Error.
struct Given {
  DataMap inputs;
  DataMap loss_labels;
  DataMap loss_label_weights;
  DataMap all;
};
Given GivenFor(MLCGraph* graph, DataDictionary* inputs, DataDictionary* loss_labels,
               DataDictionary* loss_label_weights, NSUInteger batch);
// Where an execution writes outputs. Throws Error for names that were not added, and on a GPU for
// buffers that are not whole pages.
DataMap OutputsFor(MLCGraph* graph, DataDictionary* data);

// Executes `run` and calls the handler: before this returns if the options say so, else on another
// thread. There, data that were freed or changed since are an error. False if nothing was executed.
bool Run(MLCGraph* graph, MLCExecutionOptions options, const DataMap& inputs,
         std::function<Execution()> run, MLCGraphCompletionHandler handler);

// Whether a handler of a GPU's execution is running on this thread.
bool IsInGpuHandler();

}  // namespace mlcompute::framework
