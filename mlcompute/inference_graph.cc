#include "mlcompute/inference_graph.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <unordered_set>
#include <utility>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

// Batch sizes whose executables are kept: the whole batch, the last one, a few more.
constexpr size_t kBatchSizes = 8;

TensorType WithRows(TensorType type, int64_t full, int64_t rows) {
  if (type.shape[0] == full) type.shape[0] = rows;
  return type;
}

bool Overlap(const TensorData& a, const TensorData& b) {
  const auto* a_begin = static_cast<const std::byte*>(a.bytes());
  const auto* b_begin = static_cast<const std::byte*>(b.bytes());
  const std::less<const std::byte*> before;
  return before(a_begin, b_begin + b.length()) && before(b_begin, a_begin + a.length());
}

template <typename T>
std::string Names(const std::map<std::string, T>& map) {
  std::string names;
  for (const auto& [name, unused] : map) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none" : names;
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

InferenceGraph::InferenceGraph(std::vector<std::shared_ptr<Graph>> graphs)
    : graphs_(std::move(graphs)) {
  for (const auto& graph : graphs_) {
    if (!graph) throw InvalidArgument("an inference graph is made of graphs, got none");
  }
}

void InferenceGraph::AddInputs(const TensorMap& inputs) { Merge(inputs, "input", &inputs_); }

void InferenceGraph::AddOutputs(const TensorMap& outputs) { Merge(outputs, "output", &outputs_); }

std::vector<const GraphNode*> InferenceGraph::AllNodes() const {
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

std::string InferenceGraph::SummarizedDotDescription() const { return DotDescription(AllNodes()); }

void InferenceGraph::CheckSources(const std::vector<GraphNode>& nodes) const {
  std::unordered_set<const Tensor*> known;
  for (const auto& [name, tensor] : inputs_) known.insert(tensor.get());
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

std::vector<TensorPtr> InferenceGraph::Kept(const CompileOptions& options) const {
  std::unordered_set<const Tensor*> used;
  for (const GraphNode& node : compiled_nodes_) {
    for (const TensorPtr& source : node.sources) used.insert(source.get());
  }
  std::vector<TensorPtr> kept;
  std::unordered_set<const Tensor*> seen;
  const auto keep = [&](const TensorPtr& tensor) {
    if (seen.insert(tensor.get()).second) kept.push_back(tensor);
  };
  for (const GraphNode& node : compiled_nodes_) {
    const bool debugging = options.debug_layers && node.layer->is_debugging_enabled();
    for (const TensorPtr& result : node.results) {
      if (debugging || used.count(result.get()) == 0) keep(result);
    }
  }
  for (const TensorPtr& result : compiled_nodes_.back().results) keep(result);
  for (const auto& [name, tensor] : outputs_) keep(tensor);
  return kept;
}

void InferenceGraph::Compile(std::shared_ptr<const Device> device, const CompileOptions& options) {
  if (!device) throw InvalidArgument("a graph is compiled for a device, got none");
  std::vector<GraphNode> nodes;
  for (const GraphNode* node : AllNodes()) nodes.push_back(*node);
  if (nodes.empty()) throw InvalidArgument("a graph without layers cannot be compiled");
  CheckSources(nodes);
  const std::lock_guard<std::mutex> lock(mutex_);
  executables_.reset();
  compiled_nodes_ = std::move(nodes);
  compiled_inputs_ = inputs_;
  kept_ = Kept(options);
  buffers_.assign(kept_.size(), {});
  auto executables = std::make_unique<ExecutableCache>(kBatchSizes);
  std::swap(executables, executables_);
  try {
    ExecutableFor(0);
  } catch (...) {
    executables_.reset();
    throw;
  }
  set_device(std::move(device));
}

int64_t InferenceGraph::FullBatch() const {
  int64_t full = 0;
  for (const auto& [name, tensor] : compiled_inputs_) {
    const int64_t rows = tensor->type().shape[0];
    if (full != 0 && rows != full) return 0;
    full = rows;
  }
  return full;
}

int64_t InferenceGraph::CheckBatch(int64_t batch_size) const {
  if (batch_size == 0) return 0;
  const int64_t full = FullBatch();
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

std::unique_ptr<Executable> InferenceGraph::MakeExecutable(int64_t batch) {
  const int64_t full = batch == 0 ? 0 : FullBatch();
  Lowering lowering(full, batch);
  for (const auto& [name, tensor] : compiled_inputs_) {
    lowering.Bind(*tensor, lowering.program().AddInput(WithRows(tensor->type(), full, batch)));
  }
  for (const GraphNode& node : compiled_nodes_) {
    std::vector<Value> sources;
    for (const TensorPtr& source : node.sources) sources.push_back(lowering.Of(source));
    const std::vector<Value> results = node.layer->Append(lowering, sources);
    for (size_t i = 0; i < results.size(); ++i) {
      const TensorType& expected = node.results[i]->type();
      if (lowering.type(results[i]) != WithRows(expected, full, batch)) {
        throw InvalidArgument("batch_size ", batch, " must be 0: layer ", node.layer->Describe(),
                              " makes ", expected.ToString(), " of the whole batch of ", full,
                              ", and ", lowering.type(results[i]).ToString(), " of this one");
      }
      lowering.Bind(*node.results[i], results[i]);
    }
  }
  for (const TensorPtr& tensor : kept_) lowering.program().AddOutput(lowering.Of(tensor));
  bound_ = lowering.bound();  // the same whatever the batch
  return DefaultBackend().Compile(lowering.program());
}

std::shared_ptr<Executable> InferenceGraph::ExecutableFor(int64_t batch) {
  return executables_->GetOrCompile(std::to_string(batch), [&] { return MakeExecutable(batch); });
}

std::vector<std::shared_ptr<TensorData>> InferenceGraph::Sources(const DataMap& inputs,
                                                                 int64_t batch) const {
  for (const auto& [name, data] : inputs) {
    if (compiled_inputs_.count(name) == 0) {
      throw InvalidArgument("there is no input '", name, "'; known: ", Names(compiled_inputs_));
    }
  }
  std::vector<std::shared_ptr<TensorData>> sources;
  const int64_t full = batch == 0 ? 0 : FullBatch();
  for (const auto& [name, tensor] : compiled_inputs_) {
    const auto given = inputs.find(name);
    if (given == inputs.end() || !given->second) {
      throw InvalidArgument("there are no data for input '", name, "'; given: ", Names(inputs));
    }
    const TensorType type = WithRows(tensor->type(), full, batch);
    if (given->second->length() < type.bytes()) {
      throw InvalidArgument("input '", name, "', ", type.ToString(), ", needs ", type.bytes(),
                            " bytes, but its data have ", given->second->length());
    }
    sources.push_back(given->second);
  }
  for (const TensorPtr& tensor : bound_) {
    Tensor::Contents held = tensor->contents();
    if (!held.data || held.shape != tensor->type().shape) {
      throw InvalidArgument("tensor ", tensor->ToString(), " holds no data of its whole shape");
    }
    sources.push_back(std::move(held.data));
  }
  return sources;
}

std::shared_ptr<TensorData> InferenceGraph::OwnBuffer(size_t index, size_t length) {
  Buffers& buffers = buffers_[index];
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

std::vector<InferenceGraph::Destination> InferenceGraph::Destinations(
    const Executable& executable, const DataMap& outputs_data,
    const std::vector<std::shared_ptr<TensorData>>& sources) {
  std::vector<Destination> destinations(kept_.size());
  std::vector<const TensorData*> written;
  for (const auto& [name, data] : outputs_data) {
    const auto output = outputs_.find(name);
    const auto at = output == outputs_.end()
                        ? kept_.end()
                        : std::find(kept_.begin(), kept_.end(), output->second);
    if (at == kept_.end()) {
      throw InvalidArgument("there is no output '", name, "'; known: ", Names(outputs_));
    }
    const auto i = static_cast<size_t>(at - kept_.begin());
    const TensorType& type = executable.output_types()[i];
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
    const bool is_source = std::any_of(sources.begin(), sources.end(),
                                       [&](const auto& s) { return Overlap(*s, *data); });
    Destination& destination = destinations[i];
    if (destination.data || is_source) {
      destination.copies.push_back(data);
    } else {
      destination.data = data;
    }
  }
  for (size_t i = 0; i < destinations.size(); ++i) {
    if (!destinations[i].data) {
      destinations[i].data = OwnBuffer(i, executable.output_types()[i].bytes());
    }
  }
  return destinations;
}

InferenceGraph::Execution InferenceGraph::Execute(const DataMap& inputs, int64_t batch_size,
                                                  const DataMap& outputs_data) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!executables_) throw InvalidArgument("the graph is not compiled");
  const int64_t batch = CheckBatch(batch_size);
  const std::shared_ptr<Executable> executable = ExecutableFor(batch);
  const std::vector<std::shared_ptr<TensorData>> sources = Sources(inputs, batch);
  std::vector<Destination> destinations = Destinations(*executable, outputs_data, sources);

  std::vector<const void*> in;
  std::vector<void*> out;
  for (const auto& source : sources) in.push_back(source->bytes());
  for (const Destination& destination : destinations) {
    out.push_back(destination.data->mutable_bytes());
  }
  const auto start = std::chrono::steady_clock::now();
  executable->Run(in.data(), out.data());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  for (size_t i = 0; i < kept_.size(); ++i) {
    const TensorType& type = executable->output_types()[i];
    for (const auto& copy : destinations[i].copies) {
      std::memcpy(copy->mutable_bytes(), destinations[i].data->bytes(), type.bytes());
    }
    kept_[i]->Deliver({std::move(destinations[i].data), type.shape}, device());
  }
  return {compiled_nodes_.back().results.front(), seconds.count()};
}

}  // namespace mlcompute
