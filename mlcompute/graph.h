// mlcompute/graph.h: layers applied to tensors (MLCGraph).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mlcompute/device.h"
#include "mlcompute/layer.h"
#include "mlcompute/tensor.h"
#include "mlcompute/types.h"

namespace mlcompute {

// A layer applied once.
struct GraphNode {
  LayerPtr layer;
  std::vector<TensorPtr> sources;
  std::vector<TensorPtr> results;
  uint64_t sequence;  // grows over all graphs, so sources come from nodes with lower numbers
  bool disables_update = false;  // an optimizer leaves the layer's parameters alone
};

using TensorMap = std::map<std::string, TensorPtr>;
using DataMap = std::map<std::string, std::shared_ptr<TensorData>>;

class Graph {
 public:
  Graph();
  virtual ~Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Applies `layer` to `sources`; returns the first result, ResultTensors() has all of them. Throws
  // Error(kInvalidArgument) when the layer does not take these sources or belongs to another graph.
  // `disable_update`: a training graph leaves the layer's parameters as they are.
  TensorPtr Node(const LayerPtr& layer, const std::vector<TensorPtr>& sources,
                 bool disable_update = false);
  // The same for a loss layer: its labels, and perhaps their weights, follow the sources.
  TensorPtr Node(const LayerPtr& layer, const std::vector<TensorPtr>& sources,
                 const std::vector<TensorPtr>& loss_labels);

  // Parts of `source` along `dimension`: `count` of them, the first ones longer by one where the
  // extent does not divide; no more than the extent.
  std::vector<TensorPtr> Split(const TensorPtr& source, int64_t count, int dimension);
  // Parts of these lengths, which must add up to the extent.
  std::vector<TensorPtr> Split(const TensorPtr& source, const std::vector<int64_t>& lengths,
                               int dimension);
  TensorPtr Concatenate(const std::vector<TensorPtr>& sources, int dimension);
  TensorPtr Reshape(const Shape& shape, const TensorPtr& source);
  TensorPtr Transpose(const std::vector<int64_t>& dimensions, const TensorPtr& source);
  // As GatherLayer and ScatterLayer.
  TensorPtr Gather(int dimension, const TensorPtr& source, const TensorPtr& indices);
  TensorPtr Scatter(int dimension, const TensorPtr& source, const TensorPtr& indices,
                    const TensorPtr& copy_from, ReductionType reduction_type);
  // condition ? x : y, elementwise.
  TensorPtr Select(const TensorPtr& x, const TensorPtr& y, const TensorPtr& condition);

  const std::vector<GraphNode>& nodes() const { return nodes_; }
  // Each once, in the order they came.
  const std::vector<LayerPtr>& layers() const { return layers_; }

  // Of all nodes of `layer`; empty for a layer that is not in the graph.
  virtual std::vector<TensorPtr> SourceTensors(const Layer& layer) const;
  virtual std::vector<TensorPtr> ResultTensors(const Layer& layer) const;

  // Gives each of `tensors` the data of its name: inputs, labels and gradients for executions that
  // take none themselves. Of the tensors' rows `batch_size` are there, 0 for all. Throws
  // Error(kInvalidArgument) when data are missing or too short.
  void BindAndWriteData(const DataMap& data, const TensorMap& tensors,
                        const std::shared_ptr<const Device>& device, int64_t batch_size = 0);

  // The graph in the DOT language: boxes are layers, edges are tensors.
  virtual std::string SummarizedDotDescription() const;

  // Null until the graph is compiled.
  std::shared_ptr<const Device> device() const { return device_; }

 protected:
  static std::string DotDescription(const std::vector<const GraphNode*>& nodes);
  // Makes `layer` this graph's; throws if it is another's.
  void Adopt(const LayerPtr& layer);
  static std::vector<TensorPtr> TensorsOf(const std::vector<const GraphNode*>& nodes,
                                          const Layer& layer,
                                          std::vector<TensorPtr> GraphNode::*which);
  void set_device(std::shared_ptr<const Device> device) { device_ = std::move(device); }

 private:
  std::vector<TensorPtr> AddNode(const LayerPtr& layer, const std::vector<TensorPtr>& sources,
                                 bool disable_update = false);
  std::vector<const GraphNode*> Nodes() const;

  const uint64_t id_;
  std::vector<GraphNode> nodes_;
  std::vector<LayerPtr> layers_;
  std::shared_ptr<const Device> device_;
};

}  // namespace mlcompute
