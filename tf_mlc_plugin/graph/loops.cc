#include "tf_mlc_plugin/graph/loops.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "tf_mlc_plugin/graph/candidates.h"
#include "tf_mlc_plugin/graph/clusters.h"
#include "tf_mlc_plugin/graph/graph_view.h"
#include "tf_mlc_plugin/graph/loop_finder.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/loop/list_ops.h"
#include "tf_mlc_plugin/loop/loop_plan.h"

namespace tf_mlc {
namespace {

bool IsControl(const Edge& edge) { return edge.port < 0; }

// One loop on its way to becoming a node.
class LoopBuilder {
 public:
  LoopBuilder(const GraphView& view, const std::vector<Candidate>& candidates, const Loop& loop)
      : view_(view), candidates_(candidates), loop_(loop) {}

  NodeDef Finish(const std::string& name) {
    FindCondition();
    std::vector<NodeDef> enters, merges, condition, switches, body, nexts, exits;
    for (const int i : loop_.nodes) {
      const std::string& op = view_.node(i).op;
      if (TypeOf(view_.node(i), "T") == kResource) continue;  // a variable that is not read
      if (op == "Enter") {
        enters.push_back(Enter(i));
      } else if (op == "Merge") {
        merges.push_back(Plain(i));
      } else if (op == "Switch") {
        switches.push_back(Plain(i));
      } else if (op == "NextIteration") {
        nexts.push_back(Plain(i));
      } else if (op == "Exit") {
        exits.push_back(Plain(i));
        AddOutputsOf(i);
      } else if (i != loop_.condition) {
        (of_condition_.count(i) ? condition : body).push_back(Plain(i));
      }
    }
    for (const int i : loop_.stacks) {
      exits.push_back(Plain(i));
      const Edge& shape = view_.inputs(i)[1];
      exits.back().inputs[1] = candidates_[static_cast<size_t>(shape.node)].is_constant
                                   ? CopyConstant(shape.node)
                                   : Argument(view_.node(i).inputs[1], kInt32);
      outputs_.push_back({view_.node(i).name, TypeOf(view_.node(i), "element_dtype")});
    }
    condition.push_back(Plain(loop_.condition));
    GraphDef contents;
    for (auto* part : {&before_, &enters, &merges, &condition, &switches, &body, &nexts, &exits}) {
      for (NodeDef& node : *part) contents.nodes.push_back(std::move(node));
    }
    return MakeNode(name, std::move(contents));
  }

  // What the outputs of the node were: nodes whose only output is read after the loop.
  const std::vector<std::string>& output_names() const { return output_names_; }

 private:
  struct Arg {
    std::string input;
    int type;
  };
  struct Output {
    std::string node;
    int type;
  };

  const int kInt32 = TfFromDataType(DataType::kInt32);

  static bool OnHost(int type) { return DataTypeFromTf(type) == DataType::kInt32; }

  void FindCondition() {
    std::vector<int> stack = {loop_.condition};
    while (!stack.empty()) {
      const int node = stack.back();
      stack.pop_back();
      for (const Edge& edge : view_.inputs(node)) {
        const std::string& op = view_.node(edge.node).op;
        if (op == "Merge" || op == "Enter") continue;
        if (of_condition_.insert(edge.node).second) stack.push_back(edge.node);
      }
    }
  }

  // A node without its device and control inputs: nothing in the loop has an effect.
  NodeDef Plain(int i) const {
    NodeDef node = view_.node(i);
    node.device.clear();
    const auto control = [](const std::string& input) { return ParseInput(input).port < 0; };
    node.inputs.erase(std::remove_if(node.inputs.begin(), node.inputs.end(), control),
                      node.inputs.end());
    return node;
  }

  std::string Argument(const std::string& input, int type) {
    for (size_t i = 0; i < arguments_.size(); ++i) {
      if (arguments_[i].input == input) return kArgumentName + (":" + std::to_string(i));
    }
    arguments_.push_back({input, type});
    return kArgumentName + (":" + std::to_string(arguments_.size() - 1));
  }

  std::string CopyConstant(int i) {
    const std::string& name = view_.node(i).name;
    if (copied_.insert(name).second) before_.push_back(Plain(i));
    return name;
  }

  void WaitForControlsOf(int i) {
    for (const Edge& edge : view_.inputs(i)) {
      if (IsControl(edge)) controls_.insert("^" + view_.node(edge.node).name);
    }
  }

  NodeDef Enter(int i) {
    NodeDef node = Plain(i);
    WaitForControlsOf(i);
    const int type = TypeOf(node, "T");
    const int source = view_.inputs(i)[0].node;
    if (type != kVariant) {
      node.inputs[0] = Argument(node.inputs[0], type);
    } else if (view_.node(source).op == "Exit") {
      node.inputs[0] = ListArgument(node.inputs[0]);
    } else if (view_.node(source).op == "ZerosLike") {
      WaitForControlsOf(source);
      NodeDef zeros = Plain(source);
      zeros.inputs[0] = ListArgument(zeros.inputs[0]);
      if (copied_.insert(zeros.name).second) before_.push_back(std::move(zeros));
    } else {
      CopyMaker(source);
    }
    return node;
  }

  std::string ListArgument(const std::string& input) {
    NodeDef list;
    list.op = kListArgumentOp;
    list.inputs = {Argument(input, TfFromDataType(DataType::kUInt64))};
    list.name = list.inputs[0].substr(list.inputs[0].find(':') + 1) + "/mlc_list";
    const std::string name = list.name;
    if (copied_.insert(name).second) before_.push_back(std::move(list));
    return name;
  }

  void CopyMaker(int i) {
    NodeDef maker = Plain(i);
    if (!copied_.insert(maker.name).second) return;
    WaitForControlsOf(i);
    const bool of_tensor = maker.op == "TensorListFromTensor";
    const size_t shape_input = of_tensor ? 1 : 0;
    for (size_t k = 0; k < maker.inputs.size(); ++k) {
      const int source = view_.inputs(i)[k].node;
      const int type = k == shape_input ? TypeOf(maker, "shape_type")
                       : of_tensor      ? TypeOf(maker, "element_dtype")
                                        : kInt32;
      if (candidates_[static_cast<size_t>(source)].is_constant) {
        WaitForControlsOf(source);
        maker.inputs[k] = CopyConstant(source);
      } else {
        maker.inputs[k] = Argument(maker.inputs[k], type);
      }
    }
    before_.push_back(std::move(maker));
  }

  void AddOutputsOf(int exit) {
    const NodeDef& node = view_.node(exit);
    const int type = TypeOf(node, "T");
    for (const Edge& edge : view_.consumers(exit)) {
      if (IsControl(edge)) continue;
      if (type == kVariant && view_.node(edge.node).op == "TensorListStack") continue;
      outputs_.push_back({node.name, type == kVariant ? TfFromDataType(DataType::kUInt64) : type});
      return;
    }
  }

  // The node's device arguments and results come first.
  NodeDef MakeNode(const std::string& name, GraphDef contents) {
    NodeDef node;
    node.name = name;
    node.op = kLoopOp;
    node.device = loop_.device;
    std::vector<int> types[2], results[2];
    std::map<std::string, std::string> renamed;
    for (const bool host : {false, true}) {
      for (size_t i = 0; i < arguments_.size(); ++i) {
        if (OnHost(arguments_[i].type) != host) continue;
        renamed[kArgumentName + (":" + std::to_string(i))] =
            kArgumentName + (":" + std::to_string(node.inputs.size()));
        node.inputs.push_back(arguments_[i].input);
        types[host].push_back(arguments_[i].type);
      }
      for (const Output& output : outputs_) {
        if (OnHost(output.type) != host) continue;
        output_names_.push_back(output.node);
        results[host].push_back(output.type);
      }
    }
    for (NodeDef& inside : contents.nodes) {
      for (std::string& input : inside.inputs) {
        const auto it = renamed.find(input);
        if (it != renamed.end()) input = it->second;
      }
    }
    node.inputs.insert(node.inputs.end(), controls_.begin(), controls_.end());
    node.attrs["Tdevice"] = TypeListAttr(types[0]);
    node.attrs["Thost"] = TypeListAttr(types[1]);
    node.attrs["Rdevice"] = TypeListAttr(results[0]);
    node.attrs["Rhost"] = TypeListAttr(results[1]);
    node.attrs["outputs"] = StringListAttr(output_names_);
    node.attrs["nodes"] = StringAttr(contents.Serialize());
    return node;
  }

  const GraphView& view_;
  const std::vector<Candidate>& candidates_;
  const Loop& loop_;
  std::set<int> of_condition_;
  std::vector<NodeDef> before_;
  std::set<std::string> copied_;
  std::set<std::string> controls_;
  std::vector<Arg> arguments_;
  std::vector<Output> outputs_;
  std::vector<std::string> output_names_;
};

// What only served loops is not made any more.
void RemoveUnread(const std::set<std::string, std::less<>>& preserved, GraphDef* graph) {
  for (;;) {
    std::set<std::string, std::less<>> read;
    for (const NodeDef& node : graph->nodes) {
      for (const std::string& input : node.inputs) read.emplace(ParseInput(input).node);
    }
    const auto unread = [&](const NodeDef& node) {
      const bool serves = MakesList(node.op) || node.op == "Const" || node.op == "ZerosLike";
      return serves && !read.count(node.name) && !preserved.count(node.name);
    };
    const auto end = std::remove_if(graph->nodes.begin(), graph->nodes.end(), unread);
    if (end == graph->nodes.end()) return;
    graph->nodes.erase(end, graph->nodes.end());
  }
}

}  // namespace

void FormLoops(GraphDef* graph, const std::set<std::string, std::less<>>& preserved) {
  const char* value = std::getenv("TF_MLC_LOOPS");
  if (value && std::strcmp(value, "0") == 0) return;
  const GraphView view(*graph);
  const std::vector<int> order = view.TopologicalOrder();
  if (order.empty()) return;
  const std::vector<Candidate> candidates = FindCandidates(view, order, preserved);
  const std::map<std::string, Loop> loops = FindLoops(view, order, candidates, preserved);
  if (loops.empty()) return;

  std::set<int> gone;
  std::map<std::string, std::pair<std::string, int>, std::less<>> renamed;
  std::vector<NodeDef> made;
  int counter = 0;
  for (const auto& [frame, loop] : loops) {
    std::string name;
    do {
      name = "mlc_loop_" + std::to_string(counter++);
    } while (view.Find(name) >= 0);
    LoopBuilder builder(view, candidates, loop);
    made.push_back(builder.Finish(name));
    gone.insert(loop.nodes.begin(), loop.nodes.end());
    gone.insert(loop.stacks.begin(), loop.stacks.end());
    for (const int i : loop.nodes) renamed[view.node(i).name] = {name, -1};
    for (const int i : loop.stacks) renamed[view.node(i).name] = {name, -1};
    const std::vector<std::string>& outputs = builder.output_names();
    for (size_t o = 0; o < outputs.size(); ++o) renamed[outputs[o]] = {name, static_cast<int>(o)};
  }

  GraphDef result;
  result.rest = graph->rest;
  for (int i = 0; i < view.size(); ++i) {
    if (!gone.count(i)) result.nodes.push_back(view.node(i));
  }
  for (NodeDef& node : made) result.nodes.push_back(std::move(node));
  for (NodeDef& node : result.nodes) {
    std::vector<std::string> inputs;
    for (const std::string& input : node.inputs) {
      const InputRef ref = ParseInput(input);
      const auto it = renamed.find(ref.node);
      std::string now = input;
      if (it != renamed.end()) {
        now = ref.port < 0 ? "^" + it->second.first
                           : it->second.first + ":" + std::to_string(it->second.second);
      }
      const bool again =
          ref.port < 0 && std::find(inputs.begin(), inputs.end(), now) != inputs.end();
      if (!again) inputs.push_back(std::move(now));
    }
    node.inputs = std::move(inputs);
  }
  RemoveUnread(preserved, &result);
  *graph = std::move(result);
}

}  // namespace tf_mlc
