#include "mlcompute/executable_graph.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <unordered_set>
#include <utility>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

bool Overlap(const TensorData& a, const TensorData& b) {
  const auto* a_begin = static_cast<const std::byte*>(a.bytes());
  const auto* b_begin = static_cast<const std::byte*>(b.bytes());
  const std::less<const std::byte*> before;
  return before(a_begin, b_begin + b.length()) && before(b_begin, a_begin + a.length());
}

void Merge(const TensorMap& from, const char* what, TensorMap* into) {
  for (const auto& [name, tensor] : from) {
    if (!tensor) throw InvalidArgument(what, " '", name, "' is no tensor");
    const auto [old, is_new] = into->emplace(name, tensor);
    if (!is_new && old->second != tensor) {
      throw InvalidArgument(what, " '", name, "' is already tensor ", old->second->ToString());
    }
  }
}

}  // namespace

std::shared_ptr<TensorData> ResultBuffers::Take(const Key& key, size_t length) {
  auto& buffers = buffers_[key];
  for (std::shared_ptr<TensorData>& buffer : buffers) {
    // Nobody else can get hold of a buffer that only this array knows.
    if (buffer && buffer.use_count() == 1 && buffer->length() >= length) {
      std::atomic_thread_fence(std::memory_order_acquire);
      return buffer;
    }
  }
  std::swap(buffers[0], buffers[1]);  // the older one is forgotten
  buffers[0] = TensorData::Allocate(length);
  return buffers[0];
}

ExecutableGraph::ExecutableGraph(std::vector<std::shared_ptr<Graph>> graphs)
    : graphs_(std::move(graphs)) {
  for (const auto& graph : graphs_) {
    if (!graph) throw InvalidArgument("an inference or training graph is made of graphs, got none");
  }
}

void ExecutableGraph::AddAll(const TensorMap& inputs, const TensorMap& loss_labels,
                             const TensorMap& loss_label_weights) {
  Merge(inputs, "input", &inputs_);
  Merge(loss_labels, "loss label", &loss_labels_);
  Merge(loss_label_weights, "loss label weights", &loss_label_weights_);
}

void ExecutableGraph::AddOutputs(const TensorMap& outputs) { Merge(outputs, "output", &outputs_); }

std::vector<const GraphNode*> ExecutableGraph::AllNodes() const {
  std::vector<const GraphNode*> all;
  for (const auto& graph : graphs_) {
    for (const GraphNode& node : graph->nodes()) all.push_back(&node);
  }
  for (const GraphNode& node : nodes()) all.push_back(&node);
  std::sort(all.begin(), all.end(),
            [](const GraphNode* a, const GraphNode* b) { return a->sequence < b->sequence; });
  // A graph may have been given twice.
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<TensorPtr> ExecutableGraph::SourceTensors(const Layer& layer) const {
  return TensorsOf(AllNodes(), layer, &GraphNode::sources);
}

std::vector<TensorPtr> ExecutableGraph::ResultTensors(const Layer& layer) const {
  return TensorsOf(AllNodes(), layer, &GraphNode::results);
}

std::string ExecutableGraph::SummarizedDotDescription() const { return DotDescription(AllNodes()); }

TensorMap ExecutableGraph::Fed(const CompileOptions& options) const {
  TensorMap fed;
  for (const TensorMap* part : {&inputs_, &loss_labels_, &loss_label_weights_}) {
    for (const auto& [name, tensor] : *part) {
      if (options.constant_inputs.count(name) != 0) continue;
      const auto [old, is_new] = fed.emplace(name, tensor);
      if (!is_new && old->second != tensor) {
        throw InvalidArgument("'", name, "' names two tensors, ", old->second->ToString(), " and ",
                              tensor->ToString());
      }
    }
  }
  return fed;
}

void ExecutableGraph::BindConstants(const CompileOptions& options) {
  for (const auto& [name, tensor] : options.constant_inputs) {
    const auto data = options.constant_inputs_data.find(name);
    if (!tensor || data == options.constant_inputs_data.end()) {
      throw InvalidArgument("constant input '", name, "' needs a tensor and its data");
    }
    tensor->BindData(data->second);
  }
}

void ExecutableGraph::CheckSources(const std::vector<GraphNode>& nodes,
                                   const TensorMap& fed) const {
  std::unordered_set<const Tensor*> known;
  for (const auto& [name, tensor] : fed) known.insert(tensor.get());
  for (const GraphNode& node : nodes) {
    for (const TensorPtr& source : node.sources) {
      if (known.count(source.get()) == 0 && !source->has_data()) {
        throw InvalidArgument("source ", source->ToString(), " of layer ", node.layer->Describe(),
                              " is neither an input of the graph, nor a result, nor holds data");
      }
    }
    for (const TensorPtr& result : node.results) known.insert(result.get());
  }
  for (const auto& [name, tensor] : outputs_) {
    if (known.count(tensor.get()) == 0) {
      throw InvalidArgument("output '", name, "', tensor ", tensor->ToString(),
                            ", is no result of the graph");
    }
  }
}

std::vector<TensorPtr> ExecutableGraph::Kept(const std::vector<GraphNode>& nodes,
                                             const CompileOptions& options) const {
  std::unordered_set<const Tensor*> used;
  for (const GraphNode& node : nodes) {
    for (const TensorPtr& source : node.sources) used.insert(source.get());
  }
  std::vector<TensorPtr> kept;
  std::unordered_set<const Tensor*> seen;
  const auto keep = [&](const TensorPtr& tensor) {
    if (seen.insert(tensor.get()).second) kept.push_back(tensor);
  };
  for (const GraphNode& node : nodes) {
    const bool debugging = options.debug_layers && node.layer->is_debugging_enabled();
    for (const TensorPtr& result : node.results) {
      if (debugging || used.count(result.get()) == 0) keep(result);
    }
  }
  for (const TensorPtr& result : nodes.back().results) keep(result);
  for (const auto& [name, tensor] : outputs_) keep(tensor);
  return kept;
}

TensorType ExecutableGraph::WithRows(TensorType type, int64_t full, int64_t rows) {
  if (type.shape[0] == full) type.shape[0] = rows;
  return type;
}

int64_t ExecutableGraph::FullBatch(const TensorMap& fed) {
  int64_t full = 0;
  for (const auto& [name, tensor] : fed) {
    const int64_t rows = tensor->type().shape[0];
    if (full != 0 && rows != full) return 0;
    full = rows;
  }
  return full;
}

int64_t ExecutableGraph::CheckBatch(int64_t batch_size, const TensorMap& fed) {
  if (batch_size == 0) return 0;
  const int64_t full = FullBatch(fed);
  if (full == 0) {
    throw InvalidArgument("batch_size ", batch_size,
                          " must be 0, since the inputs differ in their number of rows");
  }
  if (batch_size < 0 || batch_size > full) {
    throw InvalidArgument("batch_size ", batch_size, " is not in [0, ", full, "]: the inputs have ",
                          full, " rows");
  }
  return batch_size == full ? 0 : batch_size;
}

void ExecutableGraph::CheckRows(const TensorType& found, const Tensor& result, const Layer& layer,
                                int64_t full, int64_t batch) {
  if (found == WithRows(result.type(), full, batch)) return;
  throw InvalidArgument("batch_size ", batch, " must be 0: layer ", layer.Describe(), " makes ",
                        result.type().ToString(), " of the whole batch of ", full, ", and ",
                        found.ToString(), " of this one");
}

std::vector<std::shared_ptr<TensorData>> ExecutableGraph::DataOf(const DataMap& given,
                                                                 const TensorMap& fed,
                                                                 int64_t batch, bool may_hold) {
  for (const auto& [name, data] : given) {
    if (fed.count(name) == 0) {
      throw InvalidArgument("there is no input '", name, "'; known: ", Names(fed));
    }
  }
  std::vector<std::shared_ptr<TensorData>> sources;
  const int64_t full = batch == 0 ? 0 : FullBatch(fed);
  for (const auto& [name, tensor] : fed) {
    const TensorType type = WithRows(tensor->type(), full, batch);
    const auto found = given.find(name);
    std::shared_ptr<TensorData> data = found == given.end() ? nullptr : found->second;
    if (!data && may_hold) {
      Tensor::Contents held = tensor->contents();
      if (held.data && held.shape[0] >= type.shape[0]) data = std::move(held.data);
    }
    if (!data) {
      throw InvalidArgument("there are no data for input '", name, "'; given: ", Names(given));
    }
    if (data->length() < type.bytes()) {
      throw InvalidArgument("input '", name, "', ", type.ToString(), ", needs ", type.bytes(),
                            " bytes, but its data have ", data->length());
    }
    sources.push_back(std::move(data));
  }
  return sources;
}

std::vector<ExecutableGraph::Destination> ExecutableGraph::Destinations(
    const DataMap& outputs_data, const std::vector<TensorPtr>& results,
    const std::vector<TensorType>& types,
    const std::vector<std::shared_ptr<TensorData>>& sources) const {
  std::vector<Destination> destinations(results.size());
  std::vector<const TensorData*> written;
  for (const auto& [name, data] : outputs_data) {
    const auto output = outputs_.find(name);
    const auto at = output == outputs_.end()
                        ? results.end()
                        : std::find(results.begin(), results.end(), output->second);
    if (at == results.end()) {
      throw InvalidArgument("there is no output '", name, "'; known: ", Names(outputs_));
    }
    const auto i = static_cast<size_t>(at - results.begin());
    const TensorType& type = types[i];
    if (!data || !data->is_mutable() || data->length() < type.bytes()) {
      throw InvalidArgument("output '", name, "', ", type.ToString(), ", needs ", type.bytes(),
                            " mutable bytes, got ", data ? data->length() : 0,
                            data && !data->is_mutable() ? " immutable ones" : "");
    }
    for (const TensorData* other : written) {
      if (Overlap(*data, *other)) {
        throw InvalidArgument("the buffer of output '", name, "' overlaps another output's");
      }
    }
    written.push_back(data.get());
    const bool is_source =
        std::any_of(sources.begin(), sources.end(),
                    [&, &bytes = data](const auto& s) { return Overlap(*s, *bytes); });
    Destination& destination = destinations[i];
    if (destination.data || is_source) {
      destination.copies.push_back(data);
    } else {
      destination.data = data;
    }
  }
  return destinations;
}

}  // namespace mlcompute
