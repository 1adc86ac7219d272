#include "tf_mlc_plugin/loop/loop_plan.h"

#include <cstring>
#include <map>
#include <utility>

#include "mlcompute/error.h"
#include "tf_mlc_plugin/graph/clusters.h"
#include "tf_mlc_plugin/graph/op_defs.h"
#include "tf_mlc_plugin/kernel/cluster_op.h"
#include "tf_mlc_plugin/kernel/compile.h"
#include "tf_mlc_plugin/kernel/node_def.h"

namespace tf_mlc {
namespace {

LoopValue ConstantOf(const Node& node) {
  const auto& tensor = std::get<TensorAttr>(*node.Find("value"));
  LoopValue value = NewTensor(std::make_shared<TensorType>(tensor.type));
  if (!tensor.bytes.empty()) {
    std::memcpy(value.own_buffer.get(), tensor.bytes.data(), tensor.bytes.size());
  }
  return value;
}

std::unique_ptr<ClusterRunner> MakeRunner(const Node& node) {
  if (node.op == kClusterOp) {
    auto [key, cluster] = ReadCluster(node);
    return std::make_unique<ClusterRunner>(node.op, std::move(key), std::move(cluster));
  }
  const OpRow* row = FindRow(node);
  if (!row) throw mlcompute::Internal("no row for ", node.op, " '", node.name, "' of a loop");
  return std::make_unique<ClusterRunner>(node.op, node.Key(), SingleNode(node, *row));
}

size_t OutputCount(const NodeDef& def, const Node& node) {
  if (def.op == kClusterOp) return StringsOf(node, "outputs").size();
  const OpDef* op = FindOpDef(def.op);
  if (!op) throw mlcompute::Internal("TensorFlow does not know ", def.op, ", a node of a loop");
  return TypesOf(op->outputs, def).size();
}

}  // namespace

LoopPlan::Slot LoopPlan::NewSlot(std::string_view name, int port) {
  start_.emplace_back();
  slot_of_[std::string(name) + ":" + std::to_string(port)] = start_.size() - 1;
  return start_.size() - 1;
}

LoopPlan::Slot LoopPlan::SlotOf(std::string_view input) const {
  const InputRef ref = ParseInput(input);
  const auto it = slot_of_.find(std::string(ref.node) + ":" + std::to_string(ref.port));
  if (it == slot_of_.end()) throw mlcompute::Internal("loop reads '", input, "' before it exists");
  return it->second;
}

void LoopPlan::Alias(const NodeDef& node, int port, std::string_view input) {
  slot_of_[node.name + ":" + std::to_string(port)] = SlotOf(input);
}

void LoopPlan::AddNode(const NodeDef& def, std::vector<Step>* phase) {
  Step step;
  step.node = ParseNodeDef(def.Serialize());
  if (def.op == "Const") {
    start_[NewSlot(def.name, 0)] = ConstantOf(step.node);
    return;
  }
  if (!FindRow(step.node)) step.list_op = FindListOp(def.op);
  if (!step.list_op) step.cluster = MakeRunner(step.node);
  for (const std::string& input : def.inputs) {
    if (ParseInput(input).port >= 0) step.inputs.push_back(SlotOf(input));
  }
  step.last.assign(step.inputs.size(), 0);
  const auto count = static_cast<int>(OutputCount(def, step.node));
  for (int port = 0; port < count; ++port) step.outputs.push_back(NewSlot(def.name, port));
  phase->push_back(std::move(step));
}

LoopPlan::LoopPlan(const GraphDef& contents, int argument_count,
                   const std::vector<std::string>& outputs)
    : argument_count_(static_cast<size_t>(argument_count)) {
  for (int i = 0; i < argument_count; ++i) NewSlot(kArgumentName, i);
  std::vector<Step>* phase = &before_;
  std::map<std::string, std::string, std::less<>> next_of;  // Merge -> its second input
  std::map<std::string, size_t, std::less<>> carried_of;
  for (const NodeDef& def : contents.nodes) {
    if (def.op == "NoOp") continue;
    if (def.op == "Identity" || def.op == kListArgumentOp || def.op == "NextIteration" ||
        def.op == "Exit") {
      if (def.op == "Exit") phase = &after_;
      Alias(def, 0, def.inputs[0]);
    } else if (def.op == "Enter") {
      phase = &condition_;
      Alias(def, 0, def.inputs[0]);
    } else if (def.op == "Merge") {
      const Slot first = SlotOf(def.inputs[0]);
      carried_of[def.name] = carried_.size();
      next_of[def.name] = def.inputs[1];
      carried_.push_back({NewSlot(def.name, 0), first, 0});
    } else if (def.op == "LoopCond") {
      phase = &body_;
      goes_on_ = SlotOf(def.inputs[0]);
    } else if (def.op == "Switch") {
      Alias(def, 0, def.inputs[0]);
      Alias(def, 1, def.inputs[0]);
    } else {
      AddNode(def, phase);
    }
  }
  for (const auto& [merge, next] : next_of) carried_[carried_of[merge]].next = SlotOf(next);
  for (const std::string& output : outputs) outputs_.push_back(SlotOf(output));
  FindLastReads();
}

void LoopPlan::FindLastReads() {
  // Values that the body makes or that were carried to this step are not needed after it.
  std::vector<char> passing(start_.size(), 0);
  for (const Step& step : body_) {
    for (const Slot slot : step.outputs) passing[slot] = 1;
  }
  for (const Carried& value : carried_) passing[value.now] = 1;
  std::vector<int> uses(start_.size(), 0);  // as a next value
  for (const Carried& value : carried_) ++uses[value.next];
  for (Carried& value : carried_) value.moves = passing[value.next] && uses[value.next] == 1;
  std::vector<char> read(start_.size(), 0);
  for (size_t slot = 0; slot < read.size(); ++slot) read[slot] = !passing[slot] || uses[slot] > 0;
  for (auto step = body_.rbegin(); step != body_.rend(); ++step) {
    for (size_t i = step->inputs.size(); i-- > 0;) {
      step->last[i] = !read[step->inputs[i]];
      read[step->inputs[i]] = 1;
    }
  }
}

void LoopPlan::RunSteps(const std::vector<Step>& steps, std::vector<LoopValue>* slots) {
  std::vector<LoopValue> inputs, outputs;
  for (const Step& step : steps) {
    inputs.clear();
    outputs.clear();
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      LoopValue& slot = (*slots)[step.inputs[i]];
      inputs.push_back(step.last[i] ? std::move(slot) : slot);
    }
    if (step.list_op) {
      step.list_op(step.node, &inputs, &outputs);
    } else {
      step.cluster->Run(inputs, &outputs);
    }
    if (outputs.size() != step.outputs.size()) {
      throw mlcompute::Internal(step.node.op, " '", step.node.name, "' gave ", outputs.size(),
                                " outputs instead of ", step.outputs.size());
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      (*slots)[step.outputs[i]] = std::move(outputs[i]);
    }
  }
}

std::vector<LoopValue> LoopPlan::Run(std::vector<LoopValue> arguments) const {
  std::vector<LoopValue> slots = start_;
  for (size_t i = 0; i < argument_count_; ++i) slots[i] = std::move(arguments[i]);
  RunSteps(before_, &slots);
  for (const Carried& value : carried_) slots[value.now] = slots[value.first];
  std::vector<LoopValue> next(carried_.size());
  for (;;) {
    RunSteps(condition_, &slots);
    bool goes_on;
    std::memcpy(&goes_on, slots[goes_on_].data, sizeof goes_on);
    if (!goes_on) break;
    RunSteps(body_, &slots);
    for (size_t i = 0; i < carried_.size(); ++i) {
      LoopValue& slot = slots[carried_[i].next];
      next[i] = carried_[i].moves ? std::move(slot) : slot;
    }
    for (size_t i = 0; i < carried_.size(); ++i) {
      slots[carried_[i].now] = std::move(next[i]);
    }
  }
  RunSteps(after_, &slots);
  std::vector<LoopValue> results;
  for (const Slot slot : outputs_) results.push_back(slots[slot]);
  return results;
}

}  // namespace tf_mlc
