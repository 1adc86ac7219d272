#include "tf_mlc_plugin/graph/loop_reads.h"

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "tf_mlc_plugin/graph/graph_view.h"
#include "tf_mlc_plugin/graph/loop_view.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

bool IsPlain(std::string_view op) { return op == "ReadVariableOp" || op == "VariableShape"; }

bool Writes(std::string_view op) {
  return op == "AssignVariableOp" || op == "AssignAddVariableOp" || op == "AssignSubVariableOp";
}

class Hoisting {
  struct Hoisted {
    NodeDef read;                  // before the loop
    NodeDef value;                 // what takes its result into the loop
    std::set<std::string> before;  // control inputs of `read`
  };

 public:
  Hoisting(GraphDef* graph, const GraphView& view, const std::vector<int>& regions)
      : graph_(*graph), view_(view), regions_(regions) {}

  void Consider(int read) {
    const NodeDef& node = view_.node(read);
    if (node.op != "ReadVariableOp" || !OnMlc(node.device)) return;
    const int enter = ConstantEnter(view_, view_.inputs(read)[0]);
    if (enter < 0) return;
    const int handle = view_.inputs(enter)[0].node;
    if (!InRoot(handle) || !OnlyReadInLoops(handle)) return;
    std::set<std::string> before;
    if (!WhatRunsBefore(read, view_.node(enter).attrs.at("frame_name"), &before)) return;

    const NodeDef& way_in = view_.node(enter);
    Hoisted& hoisted = hoisted_[enter];
    if (hoisted.read.name.empty()) {
      hoisted.read = node;
      hoisted.read.name = way_in.name + "/mlc_read";
      hoisted.read.inputs = {way_in.inputs[0]};
      hoisted.value = ConstantEnterLike(way_in, way_in.name + "/mlc_value", hoisted.read.name,
                                        node.attrs.at("dtype"));
    }
    hoisted.before.merge(before);
    // Still tied to its step by its control inputs.
    NodeDef step = node;
    step.op = "Identity";
    step.inputs[0] = hoisted.value.name;
    step.attrs = {{"T", node.attrs.at("dtype")}};
    steps_.push_back({static_cast<size_t>(read), std::move(step)});
  }

  void Finish() {
    for (auto& [i, step] : steps_) graph_.nodes[i] = std::move(step);
    for (auto& [enter, hoisted] : hoisted_) {
      std::vector<std::string>& inputs = hoisted.read.inputs;
      inputs.insert(inputs.end(), hoisted.before.begin(), hoisted.before.end());
      graph_.nodes.push_back(std::move(hoisted.read));
      graph_.nodes.push_back(std::move(hoisted.value));
    }
  }

 private:
  bool InRoot(int node) const { return regions_[static_cast<size_t>(node)] == kRootRegion; }

  bool OnlyReadInLoops(int handle) const {
    for (const Edge& edge : view_.consumers(handle)) {
      if (edge.port < 0) continue;
      const NodeDef& node = view_.node(edge.node);
      if (node.op == "Enter") {
        if (ConstantEnter(view_, {edge.node, 0}) < 0) return false;
        if (!OnlyRead(edge.node)) return false;
      } else if (!IsPlain(node.op) && !(Writes(node.op) && InRoot(edge.node))) {
        return false;
      }
    }
    return true;
  }

  // By nodes of a loop; an Identity of a variable is the variable.
  bool OnlyRead(int variable) const {
    for (const Edge& edge : view_.consumers(variable)) {
      if (edge.port < 0) continue;
      const std::string& op = view_.node(edge.node).op;
      if (op == "Identity" ? !OnlyRead(edge.node) : !IsPlain(op)) return false;
    }
    return true;
  }

  // Control inputs from all that enters the frame on a way to `read` in its first step; false if
  // one of them is not in the root region.
  bool WhatRunsBefore(int read, const std::string& frame, std::set<std::string>* before) const {
    std::set<int> seen = {read};
    std::vector<int> stack = {read};
    while (!stack.empty()) {
      const int node = stack.back();
      stack.pop_back();
      const NodeDef& def = view_.node(node);
      const bool enters = def.op == "Enter" && def.attrs.at("frame_name") == frame;
      for (const Edge& edge : view_.inputs(node)) {
        if (view_.node(edge.node).op == "NextIteration") continue;
        if (enters) {
          if (!InRoot(edge.node)) return false;
          if (!view_.inputs(edge.node).empty()) before->insert("^" + view_.node(edge.node).name);
        } else if (seen.insert(edge.node).second) {
          stack.push_back(edge.node);
        }
      }
    }
    return true;
  }

  GraphDef& graph_;
  const GraphView& view_;
  const std::vector<int>& regions_;
  std::map<int, Hoisted> hoisted_;                 // by the Enter of the variable
  std::vector<std::pair<size_t, NodeDef>> steps_;  // what the reads become
};

}  // namespace

void HoistReads(GraphDef* graph, const std::set<std::string, std::less<>>& preserved) {
  const GraphView view(*graph);
  const std::vector<int> order = view.TopologicalOrder();
  if (order.empty()) return;
  const std::vector<int> regions = FindRegions(view, order);
  Hoisting hoisting(graph, view, regions);
  for (const int i : order) {
    if (!preserved.count(view.node(i).name)) hoisting.Consider(i);
  }
  hoisting.Finish();
}

}  // namespace tf_mlc
