#include "mlcompute/training_program.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "mlcompute/error.h"
#include "mlcompute/executable_graph.h"
#include "mlcompute/gradient/gradient.h"

namespace mlcompute {
namespace {

constexpr size_t kNowhere = SIZE_MAX;

TensorType Rows(TensorType type, int64_t full, int64_t batch) {
  if (type.shape[0] == full) type.shape[0] = batch;
  return type;
}

}  // namespace

TrainingProgram::TrainingProgram(const TrainingPlan& plan, int64_t full, int64_t batch)
    : backend_(plan.backend) {
  Lower(plan, full, batch);
  forward_end_ = program_.operations().size();
  if (!plan.for_inference) Differentiate(plan);
  gradient_end_ = program_.operations().size();
  if (plan.optimizer && !plan.for_inference) Update(plan);
  makers_.assign(static_cast<size_t>(program_.value_count()), kNowhere);
  for (size_t i = 0; i < program_.operations().size(); ++i) {
    for (const Value v : program_.operations()[i].results) makers_[static_cast<size_t>(v)] = i;
  }
}

void TrainingProgram::Lower(const TrainingPlan& plan, int64_t full, int64_t batch) {
  Lowering lowering(full, batch);
  if (!plan.for_inference) lowering.Train(plan.random_key);
  Program& program = lowering.program();
  const auto add_input = [&](Source source, const TensorPtr& tensor, Value v) {
    inputs_[v] = {source, tensor, 0, v, program.type(v)};
  };
  for (const auto& [name, tensor] : plan.fed) {
    const Value v = program.AddInput(Rows(tensor->type(), full, batch));
    lowering.Bind(*tensor, v);
    add_input(Source::kTensor, tensor, v);
    values_[tensor->id()] = v;
  }
  for (const GraphNode& node : plan.nodes) {
    std::vector<Value> sources;
    for (const TensorPtr& source : node.sources) {
      sources.push_back(lowering.Of(source));
      values_[source->id()] = sources.back();
    }
    std::vector<Value> results = node.layer->Append(lowering, sources);
    for (size_t i = 0; i < results.size(); ++i) {
      const TensorPtr& tensor = node.results[i];
      const TensorType expected = Rows(tensor->type(), full, batch);
      if (lowering.type(results[i]) != expected) {
        throw InvalidArgument("batch_size ", batch, " must be 0: layer ", node.layer->Describe(),
                              " makes ", tensor->type().ToString(), " of the whole batch of ", full,
                              ", and ", lowering.type(results[i]).ToString(), " of this one");
      }
      lowering.Bind(*tensor, results[i]);
      values_[tensor->id()] = results[i];
    }
  }
  for (const TensorPtr& tensor : plan.parameters) values_[tensor->id()] = lowering.Of(tensor);
  for (const TensorPtr& tensor : plan.kept) {
    outputs_.push_back({Use::kResult, tensor, 0, lowering.Of(tensor)});
  }
  for (const TensorPtr& tensor : lowering.bound()) {
    add_input(Source::kTensor, tensor, lowering.Of(tensor));
  }
  for (const Lowering::Update& update : lowering.updates()) {
    outputs_.push_back({Use::kParameter, update.tensor, 0, update.value});
  }
  if (lowering.random_counter() != Lowering::kInvalidValue) {
    add_input(Source::kRandomCounter, nullptr, lowering.random_counter());
  }
  gradient_factors_ = lowering.gradient_factors();
  gradient_stops_ = lowering.gradient_stops();
  program_ = std::move(program);
}

void TrainingProgram::Differentiate(const TrainingPlan& plan) {
  const Terms t(program_);
  GradientRequest request;
  request.factors = gradient_factors_;
  request.stops = gradient_stops_;
  for (const TensorPtr& stop : plan.stops) {
    const auto value = values_.find(stop->id());
    if (value != values_.end()) request.stops.insert(value->second);
  }
  for (const GraphNode& node : plan.nodes) {
    if (!node.layer->is_loss()) continue;
    for (const TensorPtr& result : node.results) {
      const Value v = values_.at(result->id());
      const Value one = program_.AddScalar(t.dtype(v), 1);
      request.seeds.emplace_back(v, t.BroadcastTo(one, t.shape(v).dims()));
    }
  }
  for (const auto& [id, gradient] : plan.user_gradients) {
    const auto found = values_.find(id);
    if (found == values_.end()) {
      throw InvalidArgument("user gradient ", gradient->ToString(),
                            " is that of a tensor outside the graph");
    }
    const Value v = program_.AddInput(t.type(found->second));
    inputs_[v] = {Source::kUserGradient, gradient, 0, v, program_.type(v)};
    request.seeds.emplace_back(found->second, v);
  }
  if (request.seeds.empty()) return;
  for (const TensorPtr& parameter : plan.parameters) {
    request.by.push_back(values_.at(parameter->id()));
  }
  for (const TensorPtr& tensor : plan.differentiated) {
    const auto found = values_.find(tensor->id());
    if (found == values_.end()) {
      throw InvalidArgument("a gradient was asked for of tensor ", tensor->ToString(),
                            ", which is not in the graph");
    }
    request.by.push_back(found->second);
  }
  const std::vector<Value> found = AppendGradients(program_, request);
  for (size_t i = 0; i < plan.parameters.size(); ++i) {
    // What the losses do not depend on stays as it is.
    if (found[i] == kNoValue) continue;
    parameter_gradients_.emplace_back(plan.parameters[i], found[i]);
    outputs_.push_back({Use::kParameterGradient, plan.parameters[i], 0, found[i]});
  }
  for (size_t i = 0; i < plan.differentiated.size(); ++i) {
    const TensorPtr& tensor = plan.differentiated[i];
    Value gradient = found[plan.parameters.size() + i];
    if (gradient == kNoValue) gradient = t.Zeros(t.type(values_.at(tensor->id())));
    outputs_.push_back({Use::kGradient, plan.gradients.at(tensor->id()), 0, gradient});
  }
}

void TrainingProgram::Update(const TrainingPlan& plan) {
  const Optimizer& optimizer = *plan.optimizer;
  const Terms t(program_);
  const auto add_input = [&](Source source, const TensorPtr& tensor, size_t index,
                             const TensorType& type) {
    const Value v = program_.AddInput(type);
    inputs_[v] = {source, tensor, index, v, type};
    return v;
  };
  std::vector<Value> parameters, gradients;
  for (const auto& [tensor, gradient] : parameter_gradients_) {
    parameters.push_back(values_.at(tensor->id()));
    gradients.push_back(gradient);
  }
  if (parameters.empty()) return;
  gradients = optimizer.Prepare(t, parameters, std::move(gradients));
  std::vector<Value> scalars;
  for (size_t i = 0; i < optimizer.Scalars().size(); ++i) {
    scalars.push_back(add_input(Source::kScalar, nullptr, i, {DataType::kFloat32, {}}));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    const TensorPtr& tensor = parameter_gradients_[i].first;
    std::vector<Value> states;
    for (size_t s = 0; s < optimizer.state_count(); ++s) {
      states.push_back(add_input(Source::kOptimizerState, tensor, s, tensor->type()));
    }
    const Value updated = optimizer.Step(t, parameters[i], gradients[i], scalars, &states);
    outputs_.push_back({Use::kParameter, tensor, 0, updated});
    for (size_t s = 0; s < states.size(); ++s) {
      outputs_.push_back({Use::kState, tensor, s, states[s]});
    }
  }
  updates_parameters_ = true;
}

TrainingProgram::Range TrainingProgram::RangeOf(Phase phase) const {
  switch (phase) {
    case Phase::kForward:
      return {0, forward_end_};
    case Phase::kGradient:
      return {forward_end_, gradient_end_};
    case Phase::kUpdate:
      return {gradient_end_, program_.operations().size()};
    case Phase::kAll:
      break;
  }
  return {0, program_.operations().size()};
}

std::unique_ptr<TrainingProgram::Part> TrainingProgram::Extract(Phase phase) const {
  const Range range = RangeOf(phase);
  const bool whole = phase == Phase::kAll;
  const std::vector<Operation>& operations = program_.operations();

  // The phase that delivers an output: where its value is made. What no operation makes (a result
  // that is an input, a gradient that is a user's) is delivered by the phase of its use.
  const auto is_here = [&](const Output& output) {
    if (whole) return output.use != Use::kParameterGradient;
    const size_t maker = MakerOf(output.value);
    if (maker != kNowhere) return maker >= range.begin && maker < range.end;
    const bool forward = output.use == Use::kResult;
    return forward ? phase == Phase::kForward : phase == Phase::kGradient;
  };
  auto part = std::make_unique<Part>();
  std::unordered_set<Value> wanted;
  for (const Output& output : outputs_) {
    if (!is_here(output)) continue;
    part->outputs.push_back(output);
    wanted.insert(output.value);
  }
  // What later phases need of this one: what their needed operations read.
  if (!whole && phase != Phase::kUpdate) {
    std::unordered_set<Value> needed;
    for (const Output& output : outputs_) needed.insert(output.value);
    for (size_t i = operations.size(); i-- > range.end;) {
      const Operation& operation = operations[i];
      if (std::none_of(operation.results.begin(), operation.results.end(),
                       [&](Value v) { return needed.count(v) != 0; })) {
        continue;
      }
      needed.insert(operation.inputs.begin(), operation.inputs.end());
      for (const Value v : operation.inputs) {
        const size_t maker = MakerOf(v);
        if (maker == kNowhere || maker < range.begin || maker >= range.end) continue;
        if (wanted.insert(v).second ||
            std::none_of(part->outputs.begin(), part->outputs.end(),
                         [&](const Output& o) { return o.value == v && o.use == Use::kLater; })) {
          part->outputs.push_back({Use::kLater, nullptr, 0, v});
        }
      }
    }
  }

  // Which operations of the range are needed for that.
  std::unordered_set<Value> needed = wanted;
  std::vector<bool> is_needed(operations.size(), false);
  for (size_t i = range.end; i-- > range.begin;) {
    for (const Value v : operations[i].results) is_needed[i] = is_needed[i] || needed.count(v) != 0;
    if (is_needed[i]) needed.insert(operations[i].inputs.begin(), operations[i].inputs.end());
  }

  Program program;
  std::unordered_map<Value, Value> moved;
  const auto move = [&](Value v) {
    const auto known = moved.find(v);
    if (known != moved.end()) return known->second;
    Value copy;
    if (const std::byte* bytes = program_.constant(v)) {
      copy = program.AddConstant(program_.type(v), bytes);
    } else {
      copy = program.AddInput(program_.type(v));
      const auto input = inputs_.find(v);
      part->inputs.push_back(input != inputs_.end()
                                 ? input->second
                                 : Input{Source::kEarlier, nullptr, 0, v, program_.type(v)});
    }
    moved.emplace(v, copy);
    return copy;
  };
  for (size_t i = range.begin; i < range.end; ++i) {
    if (!is_needed[i]) continue;
    std::vector<Value> sources;
    for (const Value v : operations[i].inputs) sources.push_back(move(v));
    const std::vector<Value> results =
        program.AppendMulti(operations[i].op, sources, operations[i].attributes);
    for (size_t r = 0; r < results.size(); ++r) moved[operations[i].results[r]] = results[r];
  }
  std::unordered_set<Value> seen;
  for (const Output& output : part->outputs) {
    if (!seen.insert(output.value).second) continue;
    part->values.push_back(output.value);
    program.AddOutput(move(output.value));
  }
  part->executable = backend_->Compile(program);
  return part;
}

const TrainingProgram::Part& TrainingProgram::Get(Phase phase) {
  std::unique_ptr<Part>& part = parts_[static_cast<size_t>(phase)];
  if (!part) part = Extract(phase);
  return *part;
}

}  // namespace mlcompute
