// mlcompute/executable_graph.h: what inference and training graphs have in common.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "mlcompute/backend/backend.h"
#include "mlcompute/execution_queue.h"
#include "mlcompute/graph.h"

namespace mlcompute {

struct CompileOptions {
  // Keeps the results (and, in training, gradients) of layers whose is_debugging_enabled() is set.
  bool debug_layers = false;
  // For graphs that are linked.
  bool link_graphs = false;
  // Training: gradients of the inputs are computed too.
  bool compute_all_gradients = false;
  // Inputs that never change, with their data: executions get none for them.
  TensorMap constant_inputs = {};
  DataMap constant_inputs_data = {};
};

// Buffers that executions write to. There are two for each key: one may still be held by a tensor
// while the next execution writes.
class ResultBuffers {
 public:
  using Key = std::tuple<int, uint64_t, uint64_t>;

  // At least `length` bytes that nobody else holds.
  std::shared_ptr<TensorData> Take(const Key& key, size_t length);
  void Clear() { buffers_.clear(); }

 private:
  std::map<Key, std::array<std::shared_ptr<TensorData>, 2>> buffers_;
};

class ExecutableGraph : public Graph {
 public:
  // Results to be kept beside those that no layer uses, and that an execution can write to
  // buffers of the caller.
  void AddOutputs(const TensorMap& outputs);

  const TensorMap& inputs() const { return inputs_; }
  const TensorMap& loss_labels() const { return loss_labels_; }
  const TensorMap& loss_label_weights() const { return loss_label_weights_; }
  const TensorMap& outputs() const { return outputs_; }

  std::vector<TensorPtr> SourceTensors(const Layer& layer) const override;
  std::vector<TensorPtr> ResultTensors(const Layer& layer) const override;
  std::string SummarizedDotDescription() const override;

  // Waits for executions that were started and are not done.
  void Wait() const { queue_.Wait(); }

 protected:
  // Shares the graphs' layers. Nodes may be added to this graph too. What is added to any of them
  // takes part from the next Compile() on.
  explicit ExecutableGraph(std::vector<std::shared_ptr<Graph>> graphs);

  void AddAll(const TensorMap& inputs, const TensorMap& loss_labels,
              const TensorMap& loss_label_weights);

  // All graphs' nodes in the order they were added.
  virtual std::vector<const GraphNode*> AllNodes() const;
  // The tensors that executions get data for: inputs, labels and weights, under their names.
  TensorMap Fed(const CompileOptions& options) const;
  // Throws unless each source is in `fed`, or a result of an earlier node, or holds data, and each
  // output is a result.
  void CheckSources(const std::vector<GraphNode>& nodes, const TensorMap& fed) const;
  // What executions of `nodes` deliver: results that no layer uses, outputs, and results of layers
  // under debugging; the last node's in any case.
  std::vector<TensorPtr> Kept(const std::vector<GraphNode>& nodes,
                              const CompileOptions& options) const;
  // Binds the data of constant inputs.
  static void BindConstants(const CompileOptions& options);

  // The rows that all of `fed` have; 0 when they differ.
  static int64_t FullBatch(const TensorMap& fed);
  // `batch_size` after a check, 0 for the whole batch.
  static int64_t CheckBatch(int64_t batch_size, const TensorMap& fed);
  static TensorType WithRows(TensorType type, int64_t full, int64_t rows);
  // Throws unless `found` is the type of `result` for `batch` of `full` rows.
  static void CheckRows(const TensorType& found, const Tensor& result, const Layer& layer,
                        int64_t full, int64_t batch);
  // The data of each of `fed`, in order, `batch` rows of them. A tensor without data in `given` is
  // read itself if `may_hold`.
  static std::vector<std::shared_ptr<TensorData>> DataOf(const DataMap& given, const TensorMap& fed,
                                                         int64_t batch, bool may_hold);

  // Where an execution writes one result.
  struct Destination {
    std::shared_ptr<TensorData> data;                 // null: a buffer of the graph's own
    std::vector<std::shared_ptr<TensorData>> copies;  // to be filled from `data`
  };
  // The buffers of `outputs_data` among `results` of these types. Those that overlap a source or
  // come twice are filled afterwards.
  std::vector<Destination> Destinations(
      const DataMap& outputs_data, const std::vector<TensorPtr>& results,
      const std::vector<TensorType>& types,
      const std::vector<std::shared_ptr<TensorData>>& sources) const;

  // Names for messages.
  template <typename T>
  static std::string Names(const std::map<std::string, T>& map) {
    std::string names;
    for (const auto& [name, unused] : map) names += (names.empty() ? "" : ", ") + name;
    return names.empty() ? "none" : names;
  }

  ExecutionQueue& queue() { return queue_; }

 private:
  const std::vector<std::shared_ptr<Graph>> graphs_;
  TensorMap inputs_;
  TensorMap loss_labels_;
  TensorMap loss_label_weights_;
  TensorMap outputs_;
  ExecutionQueue queue_;
};

}  // namespace mlcompute
