#include "tf_mlc_plugin/graph/loops.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "tf_mlc_plugin/graph/candidates.h"
#include "tf_mlc_plugin/graph/clusters.h"
#include "tf_mlc_plugin/graph/graph_view.h"
#include "tf_mlc_plugin/kernel/debugging.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/placement.h"
#include "tf_mlc_plugin/loop/list_ops.h"
#include "tf_mlc_plugin/loop/loop_plan.h"

namespace tf_mlc {
namespace {

// TensorFlow's numbers of types that have no DataType.
constexpr int kResource = 20;
constexpr int kVariant = 21;

int TypeOf(const NodeDef& node, std::string_view attr) {
  const auto it = node.attrs.find(attr);
  return it == node.attrs.end() ? 0 : TypeOfAttr(it->second);
}

bool HasDataType(int tf_type) { return DataTypeFromTf(tf_type) != DataType::kInvalid; }

bool IsControl(const Edge& edge) { return edge.port < 0; }

// The nodes of one loop, in topological order. What computes is on `device`. Control flow and lists
// may be placed on the CPU: TensorFlow has no kernels for lists of bool elsewhere.
struct Loop {
  std::string device;
  std::vector<int> nodes;
  std::vector<int> stacks;  // TensorListStack nodes after it, which become part of it
  int condition = -1;       // LoopCond
  bool taken = true;
  std::set<std::string> partners;  // loops that it takes lists from or gives lists to
};

class Finder {
 public:
  Finder(const GraphView& view, const std::vector<int>& order,
         const std::vector<Candidate>& candidates,
         const std::set<std::string, std::less<>>& preserved)
      : view_(view),
        candidates_(candidates),
        preserved_(preserved),
        regions_(FindRegions(view, order)),
        frame_of_(static_cast<size_t>(view.size())) {
    for (const int i : order) FindFrame(i);
  }

  std::map<std::string, Loop> Find() {
    for (auto& [frame, loop] : loops_) loop.taken = loop.taken && Fits(frame, &loop);
    for (bool changed = true; changed;) {
      changed = false;
      for (auto& [frame, loop] : loops_) {
        for (const std::string& partner : loop.partners) {
          if (!loop.taken || loops_.at(partner).taken) continue;
          loop.taken = false;
          changed = true;
        }
      }
    }
    for (auto it = loops_.begin(); it != loops_.end();) {
      it = it->second.taken ? std::next(it) : loops_.erase(it);
    }
    return std::move(loops_);
  }

 private:
  const std::string& FrameOf(int node) const { return frame_of_[static_cast<size_t>(node)]; }
  bool InRoot(int node) const { return regions_[static_cast<size_t>(node)] == kRootRegion; }

  void FindFrame(int i) {
    const NodeDef& node = view_.node(i);
    std::string frame;
    for (const Edge& edge : view_.inputs(i)) {
      if (view_.node(edge.node).op == "Exit") continue;  // back in what is around the loop
      const std::string& from = FrameOf(edge.node);
      if (!frame.empty() && !from.empty() && from != frame) loops_[from].taken = false;
      if (!from.empty()) frame = from;
    }
    if (node.op == "Enter") {
      if (!frame.empty()) loops_[frame].taken = false;  // a loop in it
      std::string own = node.attrs.at("frame_name");
      if (!frame.empty()) loops_[own].taken = false;
      frame = std::move(own);
    }
    if (!frame.empty()) loops_[frame].nodes.push_back(i);
    frame_of_[static_cast<size_t>(i)] = std::move(frame);
  }

  bool Fits(const std::string& frame, Loop* loop) const {
    for (const int i : loop->nodes) {
      if (NodeFits(i, frame, loop)) continue;
      Log("loop ", frame, " stays a loop of TensorFlow's, because of ", view_.node(i).op, " '",
          view_.node(i).name, "'");
      return false;
    }
    return loop->condition >= 0 && !loop->device.empty();
  }

  bool NodeFits(int i, const std::string& frame, Loop* loop) const {
    const NodeDef& node = view_.node(i);
    if (preserved_.count(node.name)) return false;
    const std::vector<Edge>& inputs = view_.inputs(i);
    const auto reads = [&](size_t input, std::string_view op, int port) {
      return inputs.size() > input && inputs[input].port == port &&
             view_.node(inputs[input].node).op == op && FrameOf(inputs[input].node) == frame;
    };
    if (node.op == "Enter") return EnterFits(i, loop);
    if (node.op == "Exit") return reads(0, "Switch", 0) && ExitFits(i, loop);
    if (node.op == "Merge") {
      return inputs.size() == 2 && reads(0, "Enter", 0) && reads(1, "NextIteration", 0) &&
             ReadsOnly(i, 0, "");
    }
    if (node.op == "Switch") {
      return reads(0, "Merge", 0) && reads(1, "LoopCond", 0) && ReadsOnly(i, 1, "Exit");
    }
    if (node.op == "LoopCond") {
      if (loop->condition >= 0) return false;
      loop->condition = i;
      return true;
    }
    if (node.op == "NextIteration" || node.op == "Identity" || node.op == "NoOp") return true;
    if (node.op == "Const") return HasDataType(TypeOf(node, "dtype"));
    if (FindListOp(node.op)) return HasDataType(TypeOf(node, "element_dtype"));
    if (!candidates_[static_cast<size_t>(i)].row && node.op != kClusterOp) return false;
    if (loop->device.empty()) loop->device = node.device;
    return OnMlc(node.device) && node.device == loop->device;
  }

  // Whether readers of other outputs of `node` than `port` are all of op `op`.
  bool ReadsOnly(int node, int port, std::string_view op) const {
    for (const Edge& edge : view_.consumers(node)) {
      if (!IsControl(edge) && edge.port != port && view_.node(edge.node).op != op) return false;
    }
    return true;
  }

  bool EnterFits(int i, Loop* loop) const {
    const int type = TypeOf(view_.node(i), "T");
    for (const Edge& edge : view_.inputs(i)) {
      if (!InRoot(edge.node)) return false;
    }
    if (type == kResource) return view_.consumers(i).empty();
    if (type != kVariant) return HasDataType(type);
    const int source = view_.inputs(i)[0].node;
    const NodeDef& list = view_.node(source);
    if (list.op == "Exit") {
      loop->partners.insert(FrameOf(source));
      return true;
    }
    return MakesList(list.op) && HasDataType(TypeOf(list, "element_dtype"));
  }

  bool ExitFits(int i, Loop* loop) const {
    const int type = TypeOf(view_.node(i), "T");
    if (type == kResource) return view_.consumers(i).empty();
    if (type != kVariant) return HasDataType(type);
    for (const Edge& edge : view_.consumers(i)) {
      if (IsControl(edge)) continue;
      const NodeDef& reader = view_.node(edge.node);
      if (reader.op == "Enter") {
        loop->partners.insert(FrameOf(edge.node));
      } else if (StackFits(edge.node)) {
        loop->stacks.push_back(edge.node);
      } else {
        return false;
      }
    }
    return true;
  }

  // Its shape must not come from after the loop, so that it can be part of it.
  bool StackFits(int i) const {
    const NodeDef& node = view_.node(i);
    const std::vector<Edge>& inputs = view_.inputs(i);
    return node.op == "TensorListStack" && !preserved_.count(node.name) && InRoot(i) &&
           inputs.size() == 2 && HasDataType(TypeOf(node, "element_dtype")) &&
           candidates_[static_cast<size_t>(inputs[1].node)].is_constant &&
           view_.inputs(inputs[1].node).empty();
  }

  const GraphView& view_;
  const std::vector<Candidate>& candidates_;
  const std::set<std::string, std::less<>>& preserved_;
  const std::vector<int> regions_;
  std::vector<std::string> frame_of_;
  std::map<std::string, Loop> loops_;  // by frame
};

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
      if (op == "Enter") {
        if (TypeOf(view_.node(i), "T") != kResource) enters.push_back(Enter(i));
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
      exits.back().inputs[1] = CopyConstant(view_.inputs(i)[1].node);
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
      NodeDef list;
      list.name = node.name + "/list";
      list.op = kListArgumentOp;
      list.inputs = {Argument(node.inputs[0], TfFromDataType(DataType::kUInt64))};
      node.inputs[0] = list.name;
      before_.push_back(std::move(list));
    } else {
      CopyMaker(source);
    }
    return node;
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
                                        : TfFromDataType(DataType::kInt32);
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
      if (type == kVariant && view_.node(edge.node).op != "Enter") continue;
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
      return (MakesList(node.op) || node.op == "Const") && !read.count(node.name) &&
             !preserved.count(node.name);
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
  const std::map<std::string, Loop> loops = Finder(view, order, candidates, preserved).Find();
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
