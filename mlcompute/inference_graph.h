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

#include <memory>
#include <mutex>
#include <vector>

#include "mlcompute/backend/executable_cache.h"
#include "mlcompute/executable_graph.h"

namespace mlcompute {

class InferenceGraph : public ExecutableGraph {
 public:
  using Execution = mlcompute::Execution;

  // Shares the graphs' layers, also with training graphs, whose updates it sees. Nodes may be added
  // to this graph too. What is added to any of them takes part from the next Compile() on.
  explicit InferenceGraph(std::vector<std::shared_ptr<Graph>> graphs)
      : ExecutableGraph(std::move(graphs)) {}
  ~InferenceGraph() override { Wait(); }

  // Tensors that each execution gets data for, under these names. All must have different names.
  // Labels and their weights are those of loss layers among the nodes.
  void AddInputs(const TensorMap& inputs, const TensorMap& loss_labels = {},
                 const TensorMap& loss_label_weights = {}) {
    AddAll(inputs, loss_labels, loss_label_weights);
  }

  // Throws Error(kInvalidArgument) when the graph has no layers, or a source is neither an input,
  // nor a result, nor holds data.
  void Compile(std::shared_ptr<const Device> device, const CompileOptions& options = {});

  // This graph comes before `graphs`, all compiled with CompileOptions::link_graphs: their inputs
  // that are results of this one need no data when they are executed after it. Throws
  // Error(kInvalidArgument) for graphs that are not so compiled.
  void Link(const std::vector<std::shared_ptr<InferenceGraph>>& graphs);

  // Runs once and returns when the results are in their tensors (and in `outputs_data`). `inputs`
  // has data for every name of AddInputs(). Of the inputs' rows the first `batch_size` are taken, 0
  // for all; the results then have as many rows. Executions of one graph wait for each other.
  // Throws Error; the results are as before then, except for what was in `outputs_data`.
  // `completion` is called with the result of the last node before this returns.
  Execution Execute(const DataMap& inputs, int64_t batch_size = 0, const DataMap& outputs_data = {},
                    const CompletionHandler& completion = nullptr);

  // The same on another thread. Mistakes in the inputs are thrown at once, and `completion` is not
  // called then; it gets all other errors. The graph must live until the execution is done; the
  // destructor waits.
  PendingExecution ExecuteAsync(const DataMap& inputs, int64_t batch_size = 0,
                                const DataMap& outputs_data = {},
                                CompletionHandler completion = nullptr);

  // Bytes of all results of layers; 0 before Compile().
  size_t device_memory_size() const;

 private:
  ExecutionQueue::Work Prepare(const DataMap& inputs, int64_t batch_size,
                               const DataMap& outputs_data);
  std::unique_ptr<Executable> MakeExecutable(int64_t batch);
  std::shared_ptr<Executable> ExecutableFor(int64_t batch);
  Execution RunOnce(const std::vector<std::shared_ptr<TensorData>>& fed, int64_t batch,
                    const DataMap& outputs_data);
  // Throws if Compile() came between the preparation of an execution and its turn.
  void CheckGeneration(uint64_t prepared) const;

  mutable std::mutex mutex_;  // guards what follows: the state that Compile() leaves to Execute()
  uint64_t generation_ = 0;   // counts calls of Compile()
  std::vector<GraphNode> compiled_nodes_;
  TensorMap compiled_inputs_;
  bool links_ = false;            // compiled with link_graphs
  bool is_linked_ = false;        // comes after another graph
  std::vector<TensorPtr> bound_;  // tensors with data, in the order of the program's inputs
  std::vector<TensorPtr> kept_;   // in the order of the program's outputs
  ResultBuffers buffers_;         // by the index in kept_
  std::unique_ptr<ExecutableCache> executables_;  // by batch size
  Backend* backend_ = nullptr;                    // what they were compiled by
};

}  // namespace mlcompute
