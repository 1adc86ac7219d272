#include "tf_mlc_plugin/graph/loop_finder.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "tf_mlc_plugin/graph/clusters.h"
#include "tf_mlc_plugin/kernel/debugging.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/placement.h"
#include "tf_mlc_plugin/loop/list_ops.h"

namespace tf_mlc {
namespace {

bool HasDataType(int tf_type) { return DataTypeFromTf(tf_type) != DataType::kInvalid; }

bool IsControl(const Edge& edge) { return edge.port < 0; }

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
    if (node.op == "Identity") return TypeOf(node, "T") != kResource || IsUnread(i);
    if (node.op == "NextIteration" || node.op == "NoOp") return true;
    if (node.op == "Const") return HasDataType(TypeOf(node, "dtype"));
    if (IsListOp(node)) return true;
    const Candidate& candidate = candidates_[static_cast<size_t>(i)];
    if (!candidate.row_of_any_contents && node.op != kClusterOp) return false;
    if (loop->device.empty()) loop->device = node.device;
    return OnMlc(node.device) && node.device == loop->device;
  }

  // A variable that no step needs any more.
  bool IsUnread(int variable) const {
    for (const Edge& edge : view_.consumers(variable)) {
      if (!IsControl(edge) && !(view_.node(edge.node).op == "Identity" && IsUnread(edge.node))) {
        return false;
      }
    }
    return true;
  }

  // Whether readers of other outputs of `node` than `port` are all of op `op`.
  bool ReadsOnly(int node, int port, std::string_view op) const {
    for (const Edge& edge : view_.consumers(node)) {
      if (!IsControl(edge) && edge.port != port && view_.node(edge.node).op != op) return false;
    }
    return true;
  }

  // Of lists of a type that has a DataType. The sum and the zeros of lists do not say of which.
  static bool IsListOp(const NodeDef& node) {
    if (!FindListOp(node.op)) return false;
    if (node.op == "AddN" || node.op == "ZerosLike") return TypeOf(node, "T") == kVariant;
    if (node.op == "TensorListElementShape" || node.op == "TensorListLength") return true;
    return HasDataType(TypeOf(node, "element_dtype"));
  }

  // Zeros like a list of a loop, which begin another one.
  bool IsZerosOfExit(int i) const {
    return view_.node(i).op == "ZerosLike" && TypeOf(view_.node(i), "T") == kVariant &&
           view_.node(view_.inputs(i)[0].node).op == "Exit";
  }

  bool EnterFits(int i, Loop* loop) const {
    const int type = TypeOf(view_.node(i), "T");
    for (const Edge& edge : view_.inputs(i)) {
      if (!InRoot(edge.node)) return false;
    }
    if (type == kResource) return IsUnread(i);
    if (type != kVariant) return HasDataType(type);
    const int source = view_.inputs(i)[0].node;
    const NodeDef& list = view_.node(source);
    if (list.op == "Exit" || IsZerosOfExit(source)) {
      loop->partners.insert(FrameOf(list.op == "Exit" ? source : view_.inputs(source)[0].node));
      return true;
    }
    return MakesList(list.op) && HasDataType(TypeOf(list, "element_dtype"));
  }

  // What reads a list after the loop.
  bool ReaderFits(int i, Loop* loop) const {
    if (view_.node(i).op == "Enter") {
      loop->partners.insert(FrameOf(i));
      return true;
    }
    if (IsZerosOfExit(i) && !preserved_.count(view_.node(i).name)) {
      return std::all_of(view_.consumers(i).begin(), view_.consumers(i).end(), [&](const Edge& e) {
        return IsControl(e) || (view_.node(e.node).op == "Enter" && ReaderFits(e.node, loop));
      });
    }
    if (!StackFits(i)) return false;
    loop->stacks.push_back(i);
    return true;
  }

  bool ExitFits(int i, Loop* loop) const {
    const int type = TypeOf(view_.node(i), "T");
    if (type == kResource) return view_.consumers(i).empty();
    if (type != kVariant) return HasDataType(type);
    for (const Edge& edge : view_.consumers(i)) {
      if (!IsControl(edge) && !ReaderFits(edge.node, loop)) return false;
    }
    return true;
  }

  // It can be part of the loop if its shape does not come from after it.
  bool StackFits(int i) const {
    const NodeDef& node = view_.node(i);
    const std::vector<Edge>& inputs = view_.inputs(i);
    return node.op == "TensorListStack" && !preserved_.count(node.name) && InRoot(i) &&
           inputs.size() == 2 && IsListOp(node) && InRoot(inputs[1].node) &&
           !ComesAfter(inputs[1].node, FrameOf(inputs[0].node));
  }

  // Whether a node needs anything of a loop, where all of a loop runs at once.
  bool ComesAfter(int node, const std::string& frame) const {
    std::set<int> seen = {node};
    std::vector<int> stack = {node};
    const auto add = [&](int i) {
      if (seen.insert(i).second) stack.push_back(i);
    };
    while (!stack.empty()) {
      const int i = stack.back();
      stack.pop_back();
      for (const Edge& edge : view_.inputs(i)) add(edge.node);
      if (FrameOf(i).empty()) continue;
      if (FrameOf(i) == frame) return true;
      for (const int other : loops_.at(FrameOf(i)).nodes) add(other);
    }
    return false;
  }

  const GraphView& view_;
  const std::vector<Candidate>& candidates_;
  const std::set<std::string, std::less<>>& preserved_;
  const std::vector<int> regions_;
  std::vector<std::string> frame_of_;
  std::map<std::string, Loop> loops_;  // by frame
};

}  // namespace

int TypeOf(const NodeDef& node, std::string_view attr) {
  const auto it = node.attrs.find(attr);
  return it == node.attrs.end() ? 0 : TypeOfAttr(it->second);
}

std::map<std::string, Loop> FindLoops(const GraphView& view, const std::vector<int>& order,
                                      const std::vector<Candidate>& candidates,
                                      const std::set<std::string, std::less<>>& preserved) {
  return Finder(view, order, candidates, preserved).Find();
}

}  // namespace tf_mlc
