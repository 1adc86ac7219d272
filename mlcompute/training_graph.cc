#include "mlcompute/training_graph.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <unordered_set>
#include <utility>

#include "mlcompute/error.h"
#include "mlcompute/platform.h"

namespace mlcompute {
namespace {

using Use = TrainingProgram::Use;
using Source = TrainingProgram::Source;

// Batch sizes and settings whose programs are kept.
constexpr size_t kPrograms = 8;

// Keys of buffers: what is in them.
enum BufferKind { kOfTensor, kOfParameter, kOfState, kOfGradient, kOfLater };

template <typename T>
std::shared_ptr<TensorData> Bytes(const std::vector<T>& values) {
  return TensorData::Copy(values.data(), values.size() * sizeof(T));
}

bool IsFloating(const Tensor& tensor) { return mlcompute::IsFloating(tensor.type().dtype); }

}  // namespace

TrainingGraph::TrainingGraph(std::vector<std::shared_ptr<Graph>> graphs, LayerPtr loss_layer,
                             std::shared_ptr<Optimizer> optimizer)
    : ExecutableGraph(std::move(graphs)),
      loss_layer_(std::move(loss_layer)),
      optimizer_(std::move(optimizer)) {
  if (!loss_layer_) return;
  if (!loss_layer_->is_loss()) {
    throw InvalidArgument("layer ", loss_layer_->Describe(), " is no loss");
  }
  Adopt(loss_layer_);
}

std::shared_ptr<Optimizer> TrainingGraph::optimizer() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return optimizer_;
}

std::vector<const GraphNode*> TrainingGraph::AllNodes() const {
  std::vector<const GraphNode*> all = ExecutableGraph::AllNodes();
  if (loss_node_) all.push_back(loss_node_.get());
  return all;
}

void TrainingGraph::StopGradient(const std::vector<TensorPtr>& tensors) {
  for (const TensorPtr& tensor : tensors) {
    if (!tensor) throw InvalidArgument("gradients are stopped at tensors, got none");
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  stops_.insert(stops_.end(), tensors.begin(), tensors.end());
}

void TrainingGraph::SetTrainingTensorParameters(std::vector<TensorParameterPtr> parameters) {
  for (const TensorParameterPtr& parameter : parameters) {
    if (!parameter) throw InvalidArgument("a training tensor parameter is none");
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  training_parameters_ = std::move(parameters);
}

TensorPtr TrainingGraph::AllocateUserGradient(const TensorPtr& tensor) {
  if (!tensor || !IsFloating(*tensor)) {
    throw InvalidArgument("a user gradient is that of a floating-point tensor, not ",
                          tensor ? tensor->ToString() : "none");
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  auto& [of, gradient] = user_gradients_[tensor->id()];
  if (gradient) return gradient;
  of = tensor;
  gradient = std::make_shared<Tensor>(tensor->descriptor());
  Forget();
  return gradient;
}

// The node of `loss_layer_`, behind all others. Under the lock.
void TrainingGraph::AddLoss() {
  loss_node_.reset();
  if (!loss_layer_) return;
  const std::vector<const GraphNode*> nodes = ExecutableGraph::AllNodes();
  std::unordered_set<const Tensor*> used;
  TensorPtr prediction;
  for (const GraphNode* node : nodes) {
    for (const TensorPtr& source : node->sources) used.insert(source.get());
    if (!node->layer->is_loss()) prediction = node->results.front();
  }
  if (!prediction) throw InvalidArgument("a graph without layers cannot be compiled");
  std::vector<TensorPtr> sources = {prediction};
  const auto take = [&](const TensorMap& from, const char* what, bool required) {
    std::vector<TensorPtr> unused;
    for (const auto& [name, tensor] : from) {
      if (used.count(tensor.get()) == 0) unused.push_back(tensor);
    }
    if (unused.size() > 1 || (required && unused.empty())) {
      throw InvalidArgument("layer ", loss_layer_->Describe(), " takes one ", what,
                            "; add_inputs() was given ", unused.size(), " that no node takes");
    }
    sources.insert(sources.end(), unused.begin(), unused.end());
  };
  take(loss_labels(), "loss label", true);
  take(loss_label_weights(), "loss label weights", false);
  std::vector<TensorType> types;
  for (const TensorPtr& source : sources) types.push_back(source->type());
  const TensorType type = loss_layer_->ResultTypes(types).front();
  // The same tensor as long as it can be.
  TensorPtr loss = result_ && result_->type() == type && plan_.nodes.size() > 0 &&
                           plan_.nodes.back().layer == loss_layer_
                       ? result_
                       : std::make_shared<Tensor>(TensorDescriptor(type.shape, type.dtype));
  loss_node_ = std::make_unique<GraphNode>(
      GraphNode{loss_layer_, std::move(sources), {std::move(loss)}, 0, true});
}

std::vector<TensorPtr> TrainingGraph::Parameters(const std::vector<GraphNode>& nodes) const {
  std::unordered_set<const Layer*> frozen;
  for (const GraphNode& node : nodes) {
    if (node.disables_update) frozen.insert(node.layer.get());
  }
  std::vector<TensorPtr> parameters;
  std::unordered_set<const Tensor*> seen;
  const auto take = [&](const TensorParameterPtr& parameter) {
    if (!parameter->is_updatable() || !seen.insert(parameter->tensor().get()).second) return;
    parameters.push_back(parameter->tensor());
  };
  for (const GraphNode& node : nodes) {
    if (frozen.count(node.layer.get()) != 0) continue;
    for (const TensorParameterPtr& parameter : node.layer->tensor_parameters()) take(parameter);
  }
  for (const TensorParameterPtr& parameter : training_parameters_) take(parameter);
  return parameters;
}

void TrainingGraph::Compile(std::shared_ptr<const Device> device, const CompileOptions& options) {
  if (!device) throw InvalidArgument("a graph is compiled for a device, got none");
  BindConstants(options);
  Wait();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (ExecutableGraph::AllNodes().empty()) {
    throw InvalidArgument("a graph without layers cannot be compiled");
  }
  compiled_ = false;
  AddLoss();
  TrainingPlan plan;
  for (const GraphNode* node : AllNodes()) plan.nodes.push_back(*node);
  plan.fed = ExecutableGraph::Fed(options);
  CheckSources(plan.nodes, plan.fed);
  plan.kept = Kept(plan.nodes, options);
  plan.parameters = Parameters(plan.nodes);
  for (const auto& [name, tensor] : plan.fed) {
    if (std::find(plan.parameters.begin(), plan.parameters.end(), tensor) !=
        plan.parameters.end()) {
      throw InvalidArgument("tensor ", tensor->ToString(), " is both the input '", name,
                            "' and a parameter");
    }
  }
  plan.stops = stops_;
  plan.backend = &device->backend();
  plan.random_key = Platform::NextRandomKey();
  plan_ = std::move(plan);
  options_ = options;
  ++generation_;

  const auto last_loss = std::find_if(plan_.nodes.rbegin(), plan_.nodes.rend(),
                                      [](const GraphNode& n) { return n.layer->is_loss(); });
  const bool has_loss = last_loss != plan_.nodes.rend();
  result_ = (has_loss ? *last_loss : plan_.nodes.back()).results.front();
  if (!has_loss && user_gradients_.empty()) {
    std::unordered_set<const Tensor*> used;
    for (const GraphNode& node : plan_.nodes) {
      for (const TensorPtr& source : node.sources) used.insert(source.get());
    }
    for (const GraphNode& node : plan_.nodes) {
      for (const TensorPtr& result : node.results) {
        if (used.count(result.get()) != 0 || !IsFloating(*result)) continue;
        user_gradients_[result->id()] = {result, std::make_shared<Tensor>(result->descriptor())};
      }
    }
  }
  if (options.compute_all_gradients) {
    for (const auto& [name, input] : inputs()) {
      if (IsFloating(*input)) WantGradient(input);
    }
  }
  if (options.debug_layers) {
    for (const GraphNode& node : plan_.nodes) {
      if (!node.layer->is_debugging_enabled()) continue;
      WantGradients(node.sources);
      WantGradients(node.results);
    }
  }
  Forget();
  buffers_.Clear();
  ProgramFor(0, false);  // mistakes show now
  compiled_ = true;
  set_device(std::move(device));
}

void TrainingGraph::CompileOptimizer(std::shared_ptr<Optimizer> optimizer) {
  if (!optimizer) throw InvalidArgument("there is no optimizer to compile");
  Wait();
  const std::lock_guard<std::mutex> lock(mutex_);
  CheckCompiled();
  optimizer_ = std::move(optimizer);
  Forget();
}

void TrainingGraph::Link(const std::vector<std::shared_ptr<TrainingGraph>>& graphs) {
  if (!compiled_ || !options_.link_graphs) {
    throw InvalidArgument("a graph is linked that was not compiled with link_graphs");
  }
  for (const auto& graph : graphs) {
    if (!graph || graph.get() == this || !graph->compiled_ || !graph->options_.link_graphs) {
      throw InvalidArgument("a graph is linked to others that were compiled with link_graphs");
    }
  }
  for (const auto& graph : graphs) {
    graph->is_linked_ = true;
    following_.push_back(graph);
  }
}

void TrainingGraph::CheckCompiled() const {
  if (!compiled_) throw InvalidArgument("the graph is not compiled");
}

void TrainingGraph::CheckGeneration(uint64_t prepared) const {
  CheckCompiled();
  if (prepared == generation_) return;
  throw InvalidArgument("the graph was compiled anew before this execution had its turn");
}

void TrainingGraph::Forget() {
  programs_.clear();
  later_.clear();
  parameter_gradients_.clear();
  done_ = Done::kNothing;
}

// ---- gradients

TensorPtr TrainingGraph::WantGradient(const TensorPtr& tensor) {
  // Where nothing but the user's gradient comes in, that is the gradient.
  if (const auto user = user_gradients_.find(tensor->id()); user != user_gradients_.end()) {
    const bool is_used =
        std::any_of(plan_.nodes.begin(), plan_.nodes.end(), [&](const GraphNode& node) {
          return std::find(node.sources.begin(), node.sources.end(), tensor) != node.sources.end();
        });
    if (!is_used) return user->second.second;
  }
  auto& [of, gradient] = gradients_[tensor->id()];
  if (gradient) return gradient;
  of = tensor;
  gradient = std::make_shared<Tensor>(tensor->descriptor());
  Forget();
  return gradient;
}

std::vector<TensorPtr> TrainingGraph::WantGradients(const std::vector<TensorPtr>& tensors) {
  std::vector<TensorPtr> gradients;
  for (const TensorPtr& tensor : tensors) {
    if (IsFloating(*tensor)) gradients.push_back(WantGradient(tensor));
  }
  return gradients;
}

TensorPtr TrainingGraph::GradientTensorForInput(const TensorPtr& input) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CheckCompiled();
  const bool is_input = std::any_of(inputs().begin(), inputs().end(),
                                    [&](const auto& named) { return named.second == input; });
  if (!is_input || !IsFloating(*input)) {
    throw InvalidArgument("tensor ", input ? input->ToString() : "none",
                          " is no floating-point input of the graph");
  }
  if (!options_.compute_all_gradients) {
    throw InvalidArgument("gradients of inputs need a graph compiled with compute_all_gradients");
  }
  return WantGradient(input);
}

std::vector<TensorPtr> TrainingGraph::SourceGradientTensors(const Layer& layer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CheckCompiled();
  return WantGradients(SourceTensors(layer));
}

std::vector<TensorPtr> TrainingGraph::ResultGradientTensors(const Layer& layer) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CheckCompiled();
  return WantGradients(ResultTensors(layer));
}

std::shared_ptr<TensorData> TrainingGraph::GradientData(const TensorPtr& parameter,
                                                        const Layer& layer) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::vector<TensorPtr> own = layer.parameters();
  if (!parameter || std::find(own.begin(), own.end(), parameter) == own.end()) {
    throw InvalidArgument("tensor ", parameter ? parameter->ToString() : "none",
                          " is no parameter of layer ", layer.Describe());
  }
  const auto found = parameter_gradients_.find(parameter->id());
  if (found != parameter_gradients_.end()) return found->second;
  const auto& updated = plan_.parameters;
  if (std::find(updated.begin(), updated.end(), parameter) == updated.end()) {
    throw InvalidArgument("parameter ", parameter->ToString(), " of layer ", layer.Describe(),
                          " is not updated, so it has no gradient");
  }
  throw InvalidArgument("the gradient of parameter ", parameter->ToString(), " of layer ",
                        layer.Describe(),
                        " is known after execute_forward() and "
                        "execute_gradient(), if the loss depends on it");
}

// ---- execution

TrainingProgram& TrainingGraph::ProgramFor(int64_t batch, bool for_inference) {
  const bool clips = optimizer_ && optimizer_->applies_gradient_clipping();
  const std::string key = StrCat(batch, clips ? "c" : "", for_inference ? "i" : "");
  const auto known = programs_.find(key);
  if (known != programs_.end()) return *known->second;
  TrainingPlan plan = plan_;
  plan.optimizer = optimizer_;
  plan.for_inference = for_inference;
  std::unordered_set<const Tensor*> kept;
  for (const TensorPtr& tensor : plan.kept) kept.insert(tensor.get());
  for (const auto& [id, pair] : user_gradients_) {
    plan.user_gradients[id] = pair.second;
    if (kept.insert(pair.first.get()).second) plan.kept.push_back(pair.first);
  }
  for (const auto& [id, pair] : gradients_) {
    plan.gradients[id] = pair.second;
    plan.differentiated.push_back(pair.first);
  }
  auto program =
      std::make_unique<TrainingProgram>(plan, batch == 0 ? 0 : FullBatch(plan.fed), batch);
  if (programs_.size() >= kPrograms) programs_.clear();
  return *(programs_[key] = std::move(program));
}

TrainingGraph::Fed TrainingGraph::FedFromTensors(int64_t batch) const {
  const std::vector<std::shared_ptr<TensorData>> data = DataOf({}, plan_.fed, batch, true);
  Fed fed;
  size_t i = 0;
  for (const auto& [name, tensor] : plan_.fed) fed[tensor->id()] = data[i++];
  return fed;
}

std::shared_ptr<TensorData> TrainingGraph::UserGradient(const TrainingProgram::Input& input) const {
  const Tensor::Contents given = input.tensor->contents();
  if (given.data) {
    if (given.data->length() >= input.type.bytes()) return given.data;
    throw InvalidArgument("user gradient ", input.tensor->ToString(), " holds fewer than ",
                          input.type.ToString());
  }
  for (const auto& [id, pair] : user_gradients_) {
    if (pair.second != input.tensor) continue;
    for (const std::weak_ptr<TrainingGraph>& weak : following_) {
      const std::shared_ptr<TrainingGraph> graph = weak.lock();
      if (!graph) continue;
      const std::lock_guard<std::mutex> lock(graph->mutex_);
      const auto found = graph->gradients_.find(id);
      if (found == graph->gradients_.end()) continue;
      const Tensor::Contents computed = found->second.second->contents();
      if (computed.data && computed.shape == input.type.shape) return computed.data;
    }
    throw InvalidArgument("the user gradient of ", pair.first->ToString(),
                          " holds no data; bind some before gradients are executed");
  }
  throw Internal("unknown user gradient ", input.tensor->ToString());
}

std::shared_ptr<TensorData> TrainingGraph::StateOf(const TrainingProgram::Input& input) const {
  const auto states = input.tensor->optimizer_data();
  if (input.index < states.size() && states[input.index]) return states[input.index];
  std::shared_ptr<TensorData> zeros = TensorData::Allocate(input.type.bytes());
  std::memset(zeros->mutable_bytes(), 0, input.type.bytes());
  return zeros;
}

std::shared_ptr<TensorData> TrainingGraph::SourceOf(const TrainingProgram::Input& input,
                                                    const Fed& fed,
                                                    const std::vector<float>& scalars) {
  switch (input.source) {
    case Source::kTensor: {
      const auto given = fed.find(input.tensor->id());
      if (given != fed.end()) return given->second;
      Tensor::Contents held = input.tensor->contents();
      if (!held.data || held.shape != input.tensor->type().shape) {
        throw InvalidArgument("tensor ", input.tensor->ToString(),
                              " holds no data of its whole shape");
      }
      return held.data;
    }
    case Source::kUserGradient:
      return UserGradient(input);
    case Source::kOptimizerState:
      return StateOf(input);
    case Source::kScalar:
      return Bytes<float>({scalars.at(input.index)});
    case Source::kRandomCounter:
      return Bytes<uint64_t>({0, executions_});
    case Source::kEarlier:
      break;
  }
  const auto found = later_.find(input.value);
  if (found == later_.end()) throw Internal("a value of an earlier phase is missing");
  return found->second;
}

double TrainingGraph::RunPhase(Phase phase, TrainingProgram& program, const Fed& fed,
                               const DataMap& outputs) {
  const bool updates =
      (phase == Phase::kAll || phase == Phase::kUpdate) && program.updates_parameters();
  const TrainingProgram::Part& part = program.Get(phase);
  const std::vector<float> scalars = updates ? optimizer_->Scalars() : std::vector<float>();
  std::vector<std::shared_ptr<TensorData>> sources;
  for (const TrainingProgram::Input& input : part.inputs) {
    sources.push_back(SourceOf(input, fed, scalars));
  }
  // One buffer for each value; the first use says whose.
  const std::vector<TensorType>& types = part.executable->output_types();
  std::unordered_map<Value, size_t> index;
  std::vector<TensorPtr> results(part.values.size());
  for (size_t i = 0; i < part.values.size(); ++i) index[part.values[i]] = i;
  for (const TrainingProgram::Output& output : part.outputs) {
    if (output.use == Use::kResult) results[index.at(output.value)] = output.tensor;
  }
  std::vector<Destination> destinations = Destinations(outputs, results, types, sources);
  for (const TrainingProgram::Output& output : part.outputs) {
    const size_t i = index.at(output.value);
    std::shared_ptr<TensorData>& data = destinations[i].data;
    if (data) continue;
    ResultBuffers::Key key;
    switch (output.use) {
      case Use::kResult:
      case Use::kGradient:
        key = {kOfTensor, output.tensor->id(), 0};
        break;
      case Use::kParameter:
        key = {kOfParameter, output.tensor->id(), 0};
        break;
      case Use::kState:
        key = {kOfState, output.tensor->id(), output.index};
        break;
      case Use::kParameterGradient:
        key = {kOfGradient, output.tensor->id(), 0};
        break;
      case Use::kLater:
        key = {kOfLater, static_cast<uint64_t>(output.value), 0};
        break;
    }
    data = buffers_.Take(key, types[i].bytes());
  }
  std::vector<const void*> in;
  std::vector<void*> out;
  for (const auto& source : sources) in.push_back(source->bytes());
  for (const Destination& destination : destinations) {
    out.push_back(destination.data->mutable_bytes());
  }
  const auto start = std::chrono::steady_clock::now();
  part.executable->Run(in.data(), out.data());
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  for (size_t i = 0; i < destinations.size(); ++i) {
    for (const auto& copy : destinations[i].copies) {
      std::memcpy(copy->mutable_bytes(), destinations[i].data->bytes(), types[i].bytes());
    }
  }
  for (const TrainingProgram::Output& output : part.outputs) {
    const size_t i = index.at(output.value);
    const std::shared_ptr<TensorData>& data = destinations[i].data;
    switch (output.use) {
      case Use::kResult:
      case Use::kGradient:
        output.tensor->Deliver({data, types[i].shape}, device());
        break;
      case Use::kParameter:
        output.tensor->Update(data, device());
        break;
      case Use::kState:
        output.tensor->UpdateOptimizerData(output.index, data);
        break;
      case Use::kParameterGradient:
        parameter_gradients_[output.tensor->id()] = data;
        break;
      case Use::kLater:
        later_[output.value] = data;
        break;
    }
  }
  if (updates) optimizer_->Advance();
  return seconds.count();
}

Execution TrainingGraph::Result(double seconds) const { return {result_, seconds}; }

ExecutionQueue::Work TrainingGraph::PrepareAll(const Data& data, int64_t batch_size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CheckCompiled();
  const auto check_names = [](const DataMap& given, const TensorMap& known, const char* what) {
    for (const auto& [name, unused] : given) {
      if (known.count(name) != 0) continue;
      throw InvalidArgument("there is no ", what, " '", name, "'; known: ", Names(known));
    }
  };
  check_names(data.inputs, inputs(), "input");
  check_names(data.loss_labels, loss_labels(), "loss label");
  check_names(data.loss_label_weights, loss_label_weights(), "loss label weights");
  const int64_t batch = CheckBatch(batch_size, plan_.fed);
  DataMap given = data.inputs;
  given.insert(data.loss_labels.begin(), data.loss_labels.end());
  given.insert(data.loss_label_weights.begin(), data.loss_label_weights.end());
  const auto all = [this](const DataMap& from, int64_t rows, bool may_hold) {
    const auto found = DataOf(from, plan_.fed, rows, may_hold);
    Fed fed;
    size_t i = 0;
    for (const auto& [name, tensor] : plan_.fed) fed[tensor->id()] = found[i++];
    return fed;
  };
  // Of linked graphs the data are there when it is this graph's turn.
  Fed fed = is_linked_ ? Fed() : all(given, batch, false);
  return [this, all, batch, given = is_linked_ ? given : DataMap(), fed = std::move(fed),
          late = is_linked_, outputs = data.outputs, prepared = generation_] {
    const std::lock_guard<std::mutex> turn(mutex_);
    CheckGeneration(prepared);
    TrainingProgram& program = ProgramFor(batch, false);
    done_ = Done::kNothing;
    parameter_gradients_.clear();
    const double seconds =
        RunPhase(Phase::kAll, program, late ? all(given, batch, true) : fed, outputs);
    ++executions_;
    return Result(seconds);
  };
}

ExecutionQueue::Work TrainingGraph::PrepareForward(int64_t batch_size, bool for_inference,
                                                   const DataMap& outputs) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CheckCompiled();
  const int64_t batch = CheckBatch(batch_size, plan_.fed);
  return [this, batch, for_inference, outputs, prepared = generation_] {
    const std::lock_guard<std::mutex> turn(mutex_);
    CheckGeneration(prepared);
    done_ = Done::kNothing;
    later_.clear();
    parameter_gradients_.clear();
    Fed fed = FedFromTensors(batch);
    TrainingProgram& program = ProgramFor(batch, for_inference);
    const double seconds = RunPhase(Phase::kForward, program, fed, outputs);
    if (!for_inference) {
      done_ = Done::kForward;
      done_batch_ = batch;
      done_fed_ = std::move(fed);
      ++executions_;
    }
    return Result(seconds);
  };
}

ExecutionQueue::Work TrainingGraph::PrepareGradient(int64_t batch_size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CheckCompiled();
  const int64_t batch = CheckBatch(batch_size, plan_.fed);
  return [this, batch, prepared = generation_] {
    const std::lock_guard<std::mutex> turn(mutex_);
    CheckGeneration(prepared);
    if (done_ == Done::kNothing) {
      throw InvalidArgument("execute_gradient() needs execute_forward() before it");
    }
    if (batch != done_batch_) {
      throw InvalidArgument("batch_size ", batch, " of the gradient differs from ", done_batch_,
                            ", that of execute_forward()");
    }
    const double seconds = RunPhase(Phase::kGradient, ProgramFor(batch, false), done_fed_, {});
    done_ = Done::kGradient;
    return Result(seconds);
  };
}

ExecutionQueue::Work TrainingGraph::PrepareUpdate() {
  const std::lock_guard<std::mutex> lock(mutex_);
  CheckCompiled();
  if (!optimizer_)
    throw InvalidArgument("the graph has no optimizer; compile_optimizer() sets one");
  return [this, prepared = generation_] {
    const std::lock_guard<std::mutex> turn(mutex_);
    CheckGeneration(prepared);
    if (done_ != Done::kGradient) {
      throw InvalidArgument("execute_optimizer_update() needs execute_gradient() before it");
    }
    const double seconds = RunPhase(Phase::kUpdate, ProgramFor(done_batch_, false), done_fed_, {});
    return Result(seconds);
  };
}

Execution TrainingGraph::Execute(const Data& data, int64_t batch_size,
                                 const CompletionHandler& completion) {
  return queue().Run(PrepareAll(data, batch_size), completion);
}
PendingExecution TrainingGraph::ExecuteAsync(const Data& data, int64_t batch_size,
                                             CompletionHandler completion) {
  return queue().Submit(PrepareAll(data, batch_size), std::move(completion));
}

Execution TrainingGraph::ExecuteForward(int64_t batch_size, bool for_inference,
                                        const DataMap& outputs,
                                        const CompletionHandler& completion) {
  return queue().Run(PrepareForward(batch_size, for_inference, outputs), completion);
}
PendingExecution TrainingGraph::ExecuteForwardAsync(int64_t batch_size, bool for_inference,
                                                    const DataMap& outputs,
                                                    CompletionHandler completion) {
  return queue().Submit(PrepareForward(batch_size, for_inference, outputs), std::move(completion));
}

Execution TrainingGraph::ExecuteGradient(int64_t batch_size, const CompletionHandler& completion) {
  return queue().Run(PrepareGradient(batch_size), completion);
}
PendingExecution TrainingGraph::ExecuteGradientAsync(int64_t batch_size,
                                                     CompletionHandler completion) {
  return queue().Submit(PrepareGradient(batch_size), std::move(completion));
}

Execution TrainingGraph::ExecuteOptimizerUpdate(const CompletionHandler& completion) {
  return queue().Run(PrepareUpdate(), completion);
}
PendingExecution TrainingGraph::ExecuteOptimizerUpdateAsync(CompletionHandler completion) {
  return queue().Submit(PrepareUpdate(), std::move(completion));
}

void TrainingGraph::SynchronizeUpdates() {
  Wait();
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const GraphNode& node : plan_.nodes) {
    for (const TensorPtr& tensor : node.layer->parameters()) tensor->Synchronize();
    for (const TensorPtr& tensor : node.layer->statistics()) tensor->Synchronize();
  }
  for (const TensorPtr& tensor : plan_.parameters) tensor->Synchronize();
}

void TrainingGraph::BindOptimizerData(const TensorPtr& parameter,
                                      std::vector<std::shared_ptr<TensorData>> data) {
  Wait();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!parameter) throw InvalidArgument("optimizer data belong to a parameter, got none");
  if (optimizer_ && data.size() != optimizer_->state_count()) {
    throw InvalidArgument("the optimizer keeps ", optimizer_->state_count(),
                          " tensors for a parameter, got data for ", data.size());
  }
  parameter->BindOptimizerData(std::move(data));
}

TensorPtr TrainingGraph::result_tensor() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return result_;
}

size_t TrainingGraph::device_memory_size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  size_t bytes = 0;
  if (!compiled_) return bytes;
  for (const GraphNode& node : plan_.nodes) {
    for (const TensorPtr& result : node.results) {
      bytes += result->type().bytes() * (IsFloating(*result) ? 2 : 1);
    }
  }
  return bytes;
}

}  // namespace mlcompute
