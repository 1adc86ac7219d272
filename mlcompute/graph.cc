#include "mlcompute/graph.h"

#include <atomic>
#include <unordered_map>

#include "mlcompute/error.h"
#include "mlcompute/layers/concatenation.h"
#include "mlcompute/layers/gather.h"
#include "mlcompute/layers/reshape.h"
#include "mlcompute/layers/scatter.h"
#include "mlcompute/layers/selection.h"
#include "mlcompute/layers/split.h"
#include "mlcompute/layers/transpose.h"

namespace mlcompute {
namespace {

uint64_t NextNumber() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace

Graph::Graph() : id_(NextNumber()) {}

void Graph::Adopt(const LayerPtr& layer) {
  if (layer->graph_id_ == id_) return;
  if (layer->graph_id_ != 0) {
    throw InvalidArgument("layer ", layer->Describe(),
                          " belongs to another graph; a layer belongs to one");
  }
  layer->graph_id_ = id_;
  layers_.push_back(layer);
  layer->id_ = layers_.size();
}

std::vector<TensorPtr> Graph::AddNode(const LayerPtr& layer, const std::vector<TensorPtr>& sources,
                                      bool disable_update) {
  if (!layer) throw InvalidArgument("a graph's node needs a layer, got none");
  std::vector<TensorType> types;
  for (const TensorPtr& source : sources) {
    if (!source) throw InvalidArgument("layer ", layer->Describe(), ": a source is no tensor");
    types.push_back(source->type());
  }
  if (layer->graph_id_ != 0) Adopt(layer);
  // Before any tensor is made, so that a mistake does not use up labels.
  std::vector<TensorDescriptor> descriptors;
  for (TensorType& type : layer->ResultTypes(types)) {
    descriptors.emplace_back(std::move(type.shape), type.dtype);
  }
  Adopt(layer);
  GraphNode node{layer, sources, {}, NextNumber(), disable_update};
  for (TensorDescriptor& descriptor : descriptors) {
    node.results.push_back(std::make_shared<Tensor>(std::move(descriptor)));
  }
  nodes_.push_back(std::move(node));
  return nodes_.back().results;
}

TensorPtr Graph::Node(const LayerPtr& layer, const std::vector<TensorPtr>& sources,
                      bool disable_update) {
  return AddNode(layer, sources, disable_update).front();
}

TensorPtr Graph::Node(const LayerPtr& layer, const std::vector<TensorPtr>& sources,
                      const std::vector<TensorPtr>& loss_labels) {
  if (layer && !layer->is_loss()) {
    throw InvalidArgument("layer ", layer->Describe(), " is no loss and takes no labels");
  }
  std::vector<TensorPtr> all = sources;
  all.insert(all.end(), loss_labels.begin(), loss_labels.end());
  return AddNode(layer, all).front();
}

void Graph::BindAndWriteData(const DataMap& data, const TensorMap& tensors,
                             const std::shared_ptr<const Device>& device, int64_t batch_size) {
  std::vector<std::pair<TensorPtr, Tensor::Contents>> all;
  for (const auto& [name, tensor] : tensors) {
    if (!tensor) throw InvalidArgument("'", name, "' is no tensor");
    const auto given = data.find(name);
    if (given == data.end() || !given->second) throw InvalidArgument("no data for '", name, "'");
    TensorType type = tensor->type();
    if (batch_size < 0 || batch_size > type.shape[0]) {
      throw InvalidArgument("batch_size ", batch_size, " is not in [0, ", type.shape[0],
                            "], the rows of '", name, "'");
    }
    if (batch_size > 0) type.shape[0] = batch_size;
    if (given->second->length() < type.bytes()) {
      throw InvalidArgument("'", name, "', ", type.ToString(), ", needs ", type.bytes(),
                            " bytes, but its data have ", given->second->length());
    }
    all.push_back({tensor, {given->second, type.shape}});
  }
  for (auto& [tensor, contents] : all) tensor->Deliver(std::move(contents), device);
}

std::vector<TensorPtr> Graph::Split(const TensorPtr& source, int64_t count, int dimension) {
  return AddNode(std::make_shared<SplitLayer>(count, dimension), {source});
}

std::vector<TensorPtr> Graph::Split(const TensorPtr& source, const std::vector<int64_t>& lengths,
                                    int dimension) {
  return AddNode(std::make_shared<SplitLayer>(lengths, dimension), {source});
}

TensorPtr Graph::Concatenate(const std::vector<TensorPtr>& sources, int dimension) {
  return Node(std::make_shared<ConcatenationLayer>(dimension), sources);
}

TensorPtr Graph::Reshape(const Shape& shape, const TensorPtr& source) {
  return Node(std::make_shared<ReshapeLayer>(shape), {source});
}

TensorPtr Graph::Transpose(const std::vector<int64_t>& dimensions, const TensorPtr& source) {
  return Node(std::make_shared<TransposeLayer>(dimensions), {source});
}

TensorPtr Graph::Gather(int dimension, const TensorPtr& source, const TensorPtr& indices) {
  return Node(std::make_shared<GatherLayer>(dimension), {source, indices});
}

TensorPtr Graph::Scatter(int dimension, const TensorPtr& source, const TensorPtr& indices,
                         const TensorPtr& copy_from, ReductionType reduction_type) {
  return Node(std::make_shared<ScatterLayer>(dimension, reduction_type),
              {source, indices, copy_from});
}

TensorPtr Graph::Select(const TensorPtr& x, const TensorPtr& y, const TensorPtr& condition) {
  return Node(std::make_shared<SelectionLayer>(), {condition, x, y});
}

std::vector<TensorPtr> Graph::TensorsOf(const std::vector<const GraphNode*>& nodes,
                                        const Layer& layer,
                                        std::vector<TensorPtr> GraphNode::*which) {
  std::vector<TensorPtr> tensors;
  for (const GraphNode* node : nodes) {
    if (node->layer.get() != &layer) continue;
    tensors.insert(tensors.end(), (node->*which).begin(), (node->*which).end());
  }
  return tensors;
}

std::vector<const GraphNode*> Graph::Nodes() const {
  std::vector<const GraphNode*> nodes;
  for (const GraphNode& node : nodes_) nodes.push_back(&node);
  return nodes;
}

std::vector<TensorPtr> Graph::SourceTensors(const Layer& layer) const {
  return TensorsOf(Nodes(), layer, &GraphNode::sources);
}

std::vector<TensorPtr> Graph::ResultTensors(const Layer& layer) const {
  return TensorsOf(Nodes(), layer, &GraphNode::results);
}

std::string Graph::DotDescription(const std::vector<const GraphNode*>& nodes) {
  std::string text = "digraph MLCGraph {\n node [style=filled];\n";
  std::unordered_map<uint64_t, std::string> names;  // of tensors' producers, by tensor
  int count = 0;
  for (const GraphNode* node : nodes) {
    const std::string name = "layer" + std::to_string(++count);
    text += " " + name + " [shape=box, label=" + Quoted(node->layer->Describe()) + "];\n";
    for (const TensorPtr& source : node->sources) {
      std::string& producer = names[source->id()];
      if (producer.empty()) {
        producer = "tensor" + std::to_string(source->id());
        text += " " + producer + " [label=" + Quoted(source->label()) + "];\n";
      }
      text +=
          " " + producer + " -> " + name + " [label=" + Quoted(source->type().ToString()) + "];\n";
    }
    for (const TensorPtr& result : node->results) names[result->id()] = name;
  }
  return text + "}\n";
}

std::string Graph::SummarizedDotDescription() const { return DotDescription(Nodes()); }

}  // namespace mlcompute
