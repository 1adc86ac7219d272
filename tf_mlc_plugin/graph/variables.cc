#include "tf_mlc_plugin/graph/variables.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "tf_mlc_plugin/graph/graph_view.h"
#include "tf_mlc_plugin/graph/op_defs.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

// Marks an update that stays one. TensorFlow optimizes a graph several times, and once its operand
// comes out of a cluster nobody can tell from what it was computed.
constexpr char kStays[] = "_mlc_stays";

enum class Access { kRead, kAssign, kUpdate, kOpaque };

Access AccessOf(const NodeDef& node) {
  if (node.op == "ReadVariableOp") return Access::kRead;
  if (node.op == "AssignVariableOp") return Access::kAssign;
  if (node.op == "AssignAddVariableOp" || node.op == "AssignSubVariableOp") return Access::kUpdate;
  return Access::kOpaque;
}

// Positions in a topological order, and whether one node must run before another.
class Order {
 public:
  Order(const GraphView& view, const std::vector<int>& order)
      : view_(view), position_(order.size()) {
    for (size_t i = 0; i < order.size(); ++i) {
      position_[static_cast<size_t>(order[i])] = static_cast<int>(i);
    }
  }

  int position(int node) const { return position_[static_cast<size_t>(node)]; }

  bool Precedes(int first, int second) const {
    std::set<int> seen = {second};
    std::vector<int> stack = {second};
    while (!stack.empty()) {
      const int node = stack.back();
      stack.pop_back();
      for (const Edge& edge : view_.inputs(node)) {
        if (edge.node == first) return true;
        if (position(edge.node) > position(first) && seen.insert(edge.node).second) {
          stack.push_back(edge.node);
        }
      }
    }
    return false;
  }

 private:
  const GraphView& view_;
  std::vector<int> position_;
};

// The accesses of one variable in the order they run; empty when the variable is to be left alone.
std::vector<int> PlainAccesses(const GraphView& view, int handle, const Order& order,
                               const std::vector<int>& regions) {
  std::vector<int> accesses;
  for (const Edge& edge : view.consumers(handle)) {
    if (edge.port < 0) continue;
    const NodeDef& node = view.node(edge.node);
    const Access access = AccessOf(node);
    if (access == Access::kOpaque || !OnMlc(node.device)) return {};
    accesses.push_back(edge.node);
  }
  // A single access has nothing to be joined with.
  if (accesses.size() < 2) return {};
  std::sort(accesses.begin(), accesses.end(),
            [&](int a, int b) { return order.position(a) < order.position(b); });
  for (size_t i = 0; i < accesses.size(); ++i) {
    if (regions[static_cast<size_t>(accesses[i])] != regions[static_cast<size_t>(accesses[0])]) {
      return {};
    }
    // Reads may run in any order among themselves; a write is ordered against all others.
    for (size_t k = 0; k < i; ++k) {
      const bool both_read = AccessOf(view.node(accesses[i])) == Access::kRead &&
                             AccessOf(view.node(accesses[k])) == Access::kRead;
      if (!both_read && !order.Precedes(accesses[k], accesses[i])) return {};
    }
  }
  return accesses;
}

class Rewriter {
 public:
  // All arguments must outlive this.
  Rewriter(const GraphDef& graph, const GraphView& view, const Order& order,
           const std::set<std::string, std::less<>>& preserved)
      : view_(view), order_(order), preserved_(preserved), nodes_(graph.nodes) {}

  void Forward(const std::vector<int>& accesses) {
    std::string value;  // of the variable at this point, as an input
    // Nodes that the next write must wait for. The graph may have said so only by way of a read
    // that goes, or of what was computed from it.
    std::vector<std::string> before_write;
    for (const int i : accesses) {
      NodeDef& node = nodes_[static_cast<size_t>(i)];
      switch (AccessOf(node)) {
        case Access::kRead:
          if (value.empty()) {
            value = node.name;
            before_write.push_back("^" + node.name);
          } else {
            replaced_[node.name] = value;
          }
          break;
        case Access::kAssign:
          value = node.inputs[1];
          WaitFor(&before_write, &node);
          break;
        case Access::kUpdate:
          if (FromItself(i, accesses)) {
            if (value.empty()) value = AddRead(node);
            value = AddSum(node, value);
            ToAssign(&node, value);
          } else {
            if (!IsReadAfter(i, accesses)) {
              value.clear();
            } else {
              if (value.empty()) {
                value = AddRead(node);
                before_write.push_back("^" + value);
              }
              value = AddSum(node, value);
            }
            node.attrs[kStays] = IntAttr(1);
          }
          WaitFor(&before_write, &node);
          break;
        case Access::kOpaque:
          break;
      }
    }
  }

  void Finish(GraphDef* graph) {
    KeepOrder();
    std::vector<NodeDef> kept;
    for (NodeDef& node : nodes_) {
      if (IsGone(node.name)) continue;
      Reconnect(&node);
      kept.push_back(std::move(node));
    }
    for (NodeDef& node : added_) {
      Reconnect(&node);
      kept.push_back(std::move(node));
    }
    graph->nodes = std::move(kept);
  }

 private:
  // Whoever waited for a replaced read through what was computed from it, waited for the write
  // before it too: an effect, or the end of the graph, must still do so. Otherwise the write may
  // come late or, read by nobody, not at all.
  void KeepOrder() {
    for (const auto& [read, value] : replaced_) {
      const int start = view_.Find(read);
      const std::vector<std::string> controls = ControlsOf(view_.node(start));
      if (controls.empty()) continue;
      std::set<int> seen = {start};
      std::vector<int> stack = {start};
      while (!stack.empty()) {
        const int node = stack.back();
        stack.pop_back();
        for (const Edge& edge : view_.consumers(node)) {
          if (!seen.insert(edge.node).second) continue;
          if (IsAnchor(edge.node)) {
            auto& inputs = nodes_[static_cast<size_t>(edge.node)].inputs;
            inputs.insert(inputs.end(), controls.begin(), controls.end());
          } else {
            stack.push_back(edge.node);
          }
        }
      }
    }
  }

  // Nodes whose time matters: effects, where the graph ends, and where loops begin, in which
  // nothing can wait for a node outside.
  bool IsAnchor(int i) const {
    const NodeDef& node = view_.node(i);
    if (replaced_.count(node.name)) return false;
    if (node.op == "Enter") return true;
    if (preserved_.count(node.name) || view_.consumers(i).empty() || node.op == "NoOp") return true;
    const OpDef* op = FindOpDef(node.op);
    return !op || op->stateful;
  }

  // A preserved read stays, read by nobody.
  bool IsGone(const std::string& name) const {
    return replaced_.count(name) != 0 && preserved_.count(name) == 0;
  }

  static void WaitFor(std::vector<std::string>* before, NodeDef* write) {
    for (std::string& control : *before) write->inputs.push_back(std::move(control));
    *before = {"^" + write->name};
  }

  std::string NewName(const std::string& base) const {
    std::string name = base;
    while (view_.Find(name) >= 0) name += "_";
    return name;
  }

  static std::vector<std::string> ControlsOf(const NodeDef& node) {
    std::vector<std::string> controls;
    for (const std::string& input : node.inputs) {
      if (ParseInput(input).port < 0) controls.push_back(input);
    }
    return controls;
  }

  // Whether what `update` adds was computed from a value of the variable, perhaps by way of other
  // variables, as Adam's moments. Such an update, as optimizers make it, holds no lock over its
  // read and its write anyhow and may be an assignment. Any other has to stay: TensorFlow's kernel
  // adds under the variable's lock, so nothing is lost when several threads count or sum up in one
  // variable.
  bool FromItself(int update, const std::vector<int>& accesses) const {
    if (view_.node(update).attrs.count(kStays)) return false;
    const InputRef operand = ParseInput(view_.node(update).inputs[1]);
    const int start = view_.Find(operand.node);
    std::set<int> seen = {start};
    std::vector<int> stack = {start};
    while (!stack.empty()) {
      const int node = stack.back();
      stack.pop_back();
      if (std::find(accesses.begin(), accesses.end(), node) != accesses.end()) return true;
      for (const Edge& edge : view_.inputs(node)) {
        if (edge.port < 0) continue;
        if (seen.insert(edge.node).second) stack.push_back(edge.node);
        if (AccessOf(view_.node(node)) != Access::kRead) continue;
        // What an earlier write gave the variable that is read here.
        for (const Edge& access : view_.consumers(edge.node)) {
          const Access kind = AccessOf(view_.node(access.node));
          if ((kind == Access::kAssign || kind == Access::kUpdate) &&
              order_.position(access.node) < order_.position(node) &&
              seen.insert(access.node).second) {
            stack.push_back(access.node);
          }
        }
      }
    }
    return false;
  }

  bool IsReadAfter(int update, const std::vector<int>& accesses) const {
    const auto after = std::find(accesses.begin(), accesses.end(), update);
    return std::any_of(after, accesses.end(),
                       [&](int i) { return AccessOf(view_.node(i)) == Access::kRead; });
  }

  // A read at the place of `update`.
  std::string AddRead(const NodeDef& update) {
    NodeDef read;
    read.name = NewName(update.name + "/mlc_read");
    read.op = "ReadVariableOp";
    read.device = update.device;
    read.inputs = {update.inputs[0]};
    for (std::string& control : ControlsOf(update)) read.inputs.push_back(std::move(control));
    read.attrs["dtype"] = update.attrs.at("dtype");
    added_.push_back(read);
    return read.name;
  }

  // The value that `update` gives the variable if it has `value`.
  std::string AddSum(const NodeDef& update, const std::string& value) {
    NodeDef sum;
    sum.name = NewName(update.name + "/mlc_value");
    sum.op = update.op == "AssignAddVariableOp" ? "AddV2" : "Sub";
    sum.device = update.device;
    sum.inputs = {value, update.inputs[1]};
    sum.attrs["T"] = update.attrs.at("dtype");
    added_.push_back(sum);
    return sum.name;
  }

  static void ToAssign(NodeDef* update, const std::string& value) {
    update->op = "AssignVariableOp";
    update->inputs[1] = value;
    update->attrs = {{"dtype", update->attrs.at("dtype")}};
  }

  // Inputs from removed reads come from where their value does, which is order enough; waiting for
  // such a read means waiting for what it waited for.
  void Reconnect(NodeDef* node) const {
    std::vector<std::string> data;
    std::set<std::string> controls;
    for (const std::string& input : node->inputs) AddInput(input, &data, &controls);
    for (const std::string& control : controls) data.push_back(control);
    node->inputs = std::move(data);
  }

  void AddInput(const std::string& input, std::vector<std::string>* data,
                std::set<std::string>* controls) const {
    const InputRef ref = ParseInput(input);
    const auto it = replaced_.find(ref.node);
    if (it == replaced_.end()) {
      if (ref.port >= 0) {
        data->push_back(input);
      } else {
        controls->insert(input);
      }
      return;
    }
    if (ref.port >= 0) {
      AddInput(it->second, data, controls);
      return;
    }
    if (!IsGone(it->first)) {
      controls->insert(input);
      return;
    }
    for (const std::string& control : ControlsOf(view_.node(view_.Find(ref.node)))) {
      AddInput(control, data, controls);
    }
  }

  const GraphView& view_;
  const Order& order_;
  const std::set<std::string, std::less<>>& preserved_;
  std::vector<NodeDef> nodes_;
  std::vector<NodeDef> added_;
  std::map<std::string, std::string, std::less<>> replaced_;  // read that nobody needs -> its value
};

}  // namespace

void ForwardVariables(GraphDef* graph, const std::set<std::string, std::less<>>& preserved) {
  const GraphView view(*graph);
  const std::vector<int> topological = view.TopologicalOrder();
  if (topological.empty()) return;
  const Order order(view, topological);
  const std::vector<int> regions = FindRegions(view, topological);
  Rewriter rewriter(*graph, view, order, preserved);
  bool changed = false;
  for (int i = 0; i < view.size(); ++i) {
    if (view.node(i).op != "_Arg" && view.node(i).op != "VarHandleOp") continue;
    const std::vector<int> accesses = PlainAccesses(view, i, order, regions);
    if (accesses.empty()) continue;
    rewriter.Forward(accesses);
    changed = true;
  }
  if (changed) rewriter.Finish(graph);
}

}  // namespace tf_mlc
