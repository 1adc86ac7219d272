// mlcompute/apple/graph_parts.h: what inference and training graphs are made of. For .mm files
// only.
#pragma once

#import <MLCompute/MLCompute.h>

#include <mutex>
#include <string>
#include <vector>

#include "mlcompute/apple/graph_group.h"
#include "mlcompute/apple/graph_plan.h"

namespace mlcompute::apple {

// Held while the framework is called: whether several threads may do so is not documented.
std::mutex& FrameworkMutex();

std::string Words(NSString* text);
std::string Words(NSException* exception);

// "x0": the name of an input, output or gradient.
NSString* NameOfEdge(char kind, size_t index);

// Whole pages, which a GPU needs of outputs.
struct Buffer {
  Buffer() = default;
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  // Zeros. False if there is no memory.
  bool Allocate(size_t wanted);

  void* bytes = nullptr;
  size_t length = 0;
};

// An MLCGraph of a plan, with the tensors and the buffers of its edges. Objective-C exceptions pass
// through.
struct GraphParts {
  GraphParts() = default;
  ~GraphParts();
  GraphParts(const GraphParts&) = delete;
  GraphParts& operator=(const GraphParts&) = delete;

  // `plan` made into everything below. False, with the reason, where the framework has no such
  // node.
  bool Build(DeviceType type, Refusal* refusal);
  // From their buffers to the device. "", or what went wrong.
  std::string WriteParameters();

  MLCTensor* TensorAt(int index) const { return tensors[static_cast<size_t>(index)]; }

  GraphPlan plan;
  std::vector<Buffer> inputs;       // of GraphPlan::inputs
  std::vector<Buffer> outputs;      // of GraphPlan::outputs
  std::vector<MLCTensor*> tensors;  // of GraphPlan::tensors; retained by the graph and `kept`
  std::vector<MLCLayer*> layers;    // of GraphPlan::layers; nil for those the graph makes itself
  std::vector<MLCTensorData*> parameters_data;  // by input; nil for those that are no parameters
  MLCDevice* device = nil;
  MLCGraph* graph = nil;
  NSMutableArray* kept = nil;
  // By name: inputs and outputs, and their data.
  NSMutableDictionary* sources = nil;
  NSMutableDictionary* results = nil;
  NSMutableDictionary* inputs_data = nil;
  NSMutableDictionary* outputs_data = nil;

 private:
  const Shape& ShapeOf(int index) const { return plan.tensors[static_cast<size_t>(index)].shape; }
  MLCTensor* Parameter(int index, MLCTensorDescriptor* descriptor);
  MLCLayer* WeightedLayerFor(const GraphLayer& layer);
  MLCLayer* LayerFor(const GraphLayer& layer);
  // nil, with the reason, where the framework has no such node.
  MLCTensor* Node(const GraphLayer& layer, std::string* reason);
};

}  // namespace mlcompute::apple
