#include "mlcompute/inference_graph.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

// Batch sizes whose executables are kept: the whole batch, the last one, a few more.
constexpr size_t kBatchSizes = 8;

}  // namespace

void InferenceGraph::Compile(std::shared_ptr<const Device> device, const CompileOptions& options) {
  if (!device) throw InvalidArgument("a graph is compiled for a device, got none");
  std::vector<GraphNode> nodes;
  for (const GraphNode* node : AllNodes()) nodes.push_back(*node);
  if (nodes.empty()) throw InvalidArgument("a graph without layers cannot be compiled");
  BindConstants(options);
  TensorMap fed = Fed(options);
  CheckSources(nodes, fed);
  Wait();
  const std::lock_guard<std::mutex> lock(mutex_);
  executables_.reset();
  ++generation_;
  kept_ = Kept(nodes, options);
  compiled_nodes_ = std::move(nodes);
  compiled_inputs_ = std::move(fed);
  links_ = options.link_graphs;
  buffers_.Clear();
  backend_ = &device->backend();
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

void InferenceGraph::Link(const std::vector<std::shared_ptr<InferenceGraph>>& graphs) {
  if (!links_) throw InvalidArgument("a graph is linked that was not compiled with link_graphs");
  for (const auto& graph : graphs) {
    if (!graph || graph.get() == this || !graph->links_) {
      throw InvalidArgument("a graph is linked to others that were compiled with link_graphs");
    }
  }
  for (const auto& graph : graphs) graph->is_linked_ = true;
}

size_t InferenceGraph::device_memory_size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t bytes = 0;
  if (!executables_) return bytes;
  for (const GraphNode& node : compiled_nodes_) {
    for (const TensorPtr& result : node.results) bytes += result->type().bytes();
  }
  return bytes;
}

std::unique_ptr<Executable> InferenceGraph::MakeExecutable(int64_t batch) {
  const int64_t full = batch == 0 ? 0 : FullBatch(compiled_inputs_);
  Lowering lowering(full, batch);
  for (const auto& [name, tensor] : compiled_inputs_) {
    lowering.Bind(*tensor, lowering.program().AddInput(WithRows(tensor->type(), full, batch)));
  }
  for (const GraphNode& node : compiled_nodes_) {
    std::vector<Value> sources;
    for (const TensorPtr& source : node.sources) sources.push_back(lowering.Of(source));
    const std::vector<Value> results = node.layer->Append(lowering, sources);
    for (size_t i = 0; i < results.size(); ++i) {
      CheckRows(lowering.type(results[i]), *node.results[i], *node.layer, full, batch);
      lowering.Bind(*node.results[i], results[i]);
    }
  }
  for (const TensorPtr& tensor : kept_) lowering.program().AddOutput(lowering.Of(tensor));
  bound_ = lowering.bound();  // the same whatever the batch
  return backend_->Compile(lowering.program());
}

std::shared_ptr<Executable> InferenceGraph::ExecutableFor(int64_t batch) {
  return executables_->GetOrCompile(std::to_string(batch), [&] { return MakeExecutable(batch); });
}

ExecutionQueue::Work InferenceGraph::Prepare(const DataMap& inputs, int64_t batch_size,
                                             const DataMap& outputs_data) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!executables_) throw InvalidArgument("the graph is not compiled");
  const int64_t batch = CheckBatch(batch_size, compiled_inputs_);
  const uint64_t prepared = generation_;
  // Of linked graphs the data are there when it is this graph's turn.
  if (is_linked_) {
    return [this, prepared, inputs, batch, outputs_data] {
      const std::lock_guard<std::mutex> turn(mutex_);
      CheckGeneration(prepared);
      return RunOnce(DataOf(inputs, compiled_inputs_, batch, true), batch, outputs_data);
    };
  }
  return
      [this, prepared, fed = DataOf(inputs, compiled_inputs_, batch, false), batch, outputs_data] {
        const std::lock_guard<std::mutex> turn(mutex_);
        CheckGeneration(prepared);
        return RunOnce(fed, batch, outputs_data);
      };
}

void InferenceGraph::CheckGeneration(uint64_t prepared) const {
  if (prepared == generation_ && executables_) return;
  throw InvalidArgument("the graph was compiled anew before this execution had its turn");
}

Execution InferenceGraph::RunOnce(const std::vector<std::shared_ptr<TensorData>>& fed,
                                  int64_t batch, const DataMap& outputs_data) {
  const std::shared_ptr<Executable> executable = ExecutableFor(batch);
  const std::vector<TensorType>& types = executable->output_types();
  std::vector<std::shared_ptr<TensorData>> sources = fed;
  for (const TensorPtr& tensor : bound_) {
    Tensor::Contents held = tensor->contents();
    if (!held.data || held.shape != tensor->type().shape) {
      throw InvalidArgument("tensor ", tensor->ToString(), " holds no data of its whole shape");
    }
    sources.push_back(std::move(held.data));
  }
  std::vector<Destination> destinations = Destinations(outputs_data, kept_, types, sources);
  std::vector<const void*> in;
  std::vector<void*> out;
  for (const auto& source : sources) in.push_back(source->bytes());
  for (size_t i = 0; i < destinations.size(); ++i) {
    std::shared_ptr<TensorData>& data = destinations[i].data;
    if (!data) data = buffers_.Take({0, i, 0}, types[i].bytes());
    out.push_back(data->mutable_bytes());
  }
  const auto start = std::chrono::steady_clock::now();
  executable->Run(in.data(), out.data());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  for (size_t i = 0; i < kept_.size(); ++i) {
    for (const auto& copy : destinations[i].copies) {
      std::memcpy(copy->mutable_bytes(), destinations[i].data->bytes(), types[i].bytes());
    }
    kept_[i]->Deliver({std::move(destinations[i].data), types[i].shape}, device());
  }
  return {compiled_nodes_.back().results.front(), seconds.count()};
}

Execution InferenceGraph::Execute(const DataMap& inputs, int64_t batch_size,
                                  const DataMap& outputs_data,
                                  const CompletionHandler& completion) {
  return queue().Run(Prepare(inputs, batch_size, outputs_data), completion);
}

PendingExecution InferenceGraph::ExecuteAsync(const DataMap& inputs, int64_t batch_size,
                                              const DataMap& outputs_data,
                                              CompletionHandler completion) {
  return queue().Submit(Prepare(inputs, batch_size, outputs_data), std::move(completion));
}

}  // namespace mlcompute
