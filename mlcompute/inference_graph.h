// mlcompute/inference_graph.h: graphs made ready to run forward (MLCInferenceGraph).
//
//   auto graph = std::make_shared<Graph>();
//   TensorPtr sum = graph->Node(std::make_shared<ArithmeticLayer>(ArithmeticOperation::kAdd),
//                               {x, y});
//   InferenceGraph inference({graph});
//   inference.AddInputs({{"x", x}, {"y", y}});
//   inference.Compile(std::make_shared<Device>());
//   inference.Execute({{"x", x_data}, {"y", y_data}});
//   sum->CopyData(bytes, length);
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mlcompute/backend/executable_cache.h"
#include "mlcompute/graph.h"

namespace mlcompute {

using TensorMap = std::map<std::string, TensorPtr>;
using DataMap = std::map<std::string, std::shared_ptr<TensorData>>;

struct CompileOptions {
  // Keeps the results of layers whose is_debugging_enabled() is set.
  bool debug_layers = false;
};

class InferenceGraph : public Graph {
 public:
  struct Execution {
    TensorPtr result;  // of the last node
    double seconds;
  };

  // Shares the graphs' layers. Nodes may be added to this graph too. What is added to any of them
  // takes part from the next Compile() on.
  explicit InferenceGraph(std::vector<std::shared_ptr<Graph>> graphs);

  // Tensors that each execution gets data for, under these names. All must have different names.
  void AddInputs(const TensorMap& inputs);
  // Results to be kept beside those that no layer uses, and that an execution can write to
  // buffers of the caller.
  void AddOutputs(const TensorMap& outputs);

  // Throws Error(kInvalidArgument) when the graph has no layers, or a source is neither an input,
  // nor a result, nor holds data.
  void Compile(std::shared_ptr<const Device> device, const CompileOptions& options = {});

  // Runs once and returns when the results are in their tensors (and in `outputs_data`). `inputs`
  // has data for every name of AddInputs(). Of the inputs' rows the first `batch_size` are taken, 0
  // for all; the results then have as many rows. Executions of one graph wait for each other.
  // Throws Error; the results are as before then, except for what was in `outputs_data`.
  Execution Execute(const DataMap& inputs, int64_t batch_size = 0,
                    const DataMap& outputs_data = {});

  const TensorMap& inputs() const { return inputs_; }
  const TensorMap& outputs() const { return outputs_; }

  std::string SummarizedDotDescription() const override;

 private:
  // Where an execution writes one result.
  struct Destination {
    std::shared_ptr<TensorData> data;
    std::vector<std::shared_ptr<TensorData>> copies;  // to be filled from `data`
  };
  using Buffers = std::array<std::shared_ptr<TensorData>, 2>;

  std::vector<const GraphNode*> AllNodes() const;
  void CheckSources(const std::vector<GraphNode>& nodes) const;
  std::vector<TensorPtr> Kept(const CompileOptions& options) const;
  int64_t FullBatch() const;  // 0 when inputs differ in their rows
  int64_t CheckBatch(int64_t batch_size) const;
  std::unique_ptr<Executable> MakeExecutable(int64_t batch);
  std::shared_ptr<Executable> ExecutableFor(int64_t batch);
  std::vector<std::shared_ptr<TensorData>> Sources(const DataMap& inputs, int64_t batch) const;
  std::vector<Destination> Destinations(const Executable& executable, const DataMap& outputs_data,
                                        const std::vector<std::shared_ptr<TensorData>>& sources);
  std::shared_ptr<TensorData> OwnBuffer(size_t index, size_t length);

  const std::vector<std::shared_ptr<Graph>> graphs_;
  TensorMap inputs_;
  TensorMap outputs_;

  std::mutex mutex_;  // guards what follows: the state that Compile() leaves to Execute()
  std::vector<GraphNode> compiled_nodes_;
  TensorMap compiled_inputs_;
  std::vector<TensorPtr> bound_;  // tensors with data, in the order of the program's inputs
  std::vector<TensorPtr> kept_;   // in the order of the program's outputs
  // Two for each of kept_: one may still be in its tensor while the next execution writes.
  std::vector<Buffers> buffers_;
  std::unique_ptr<ExecutableCache> executables_;  // by batch size
};

}  // namespace mlcompute
