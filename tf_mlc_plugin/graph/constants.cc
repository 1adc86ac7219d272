#include "tf_mlc_plugin/graph/constants.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "tf_mlc_plugin/graph/candidates.h"
#include "tf_mlc_plugin/graph/graph_view.h"

namespace tf_mlc {
namespace {

class Loosening {
 public:
  Loosening(GraphDef* graph, const GraphView& view, const std::vector<Candidate>& candidates)
      : graph_(*graph), view_(view), candidates_(candidates) {}

  void Loosen(int constant) {
    std::set<std::string> waits;
    std::set<int> seen;
    bool of_cluster = false;
    for (const Edge& edge : view_.inputs(constant)) {
      of_cluster |= InCluster(edge.node);
      if (!Collect(edge, &seen, &waits)) return;
    }
    if (!of_cluster) return;
    changed_.push_back({static_cast<size_t>(constant), {waits.begin(), waits.end()}});
  }

  void Finish() {
    for (auto& [i, inputs] : changed_) graph_.nodes[i].inputs = std::move(inputs);
    for (NodeDef& node : added_) graph_.nodes.push_back(std::move(node));
  }

 private:
  bool InCluster(int node) const {
    const Candidate& candidate = candidates_[static_cast<size_t>(node)];
    return candidate.row && !candidate.is_constant && view_.node(node).op != "Identity";
  }

  // The control inputs that stand for `edge`; false when there are none that can.
  bool Collect(const Edge& edge, std::set<int>* seen, std::set<std::string>* waits) {
    if (!InCluster(edge.node)) {
      const std::string control = ControlFor(edge);
      if (!control.empty()) waits->insert(control);
      return !control.empty();
    }
    if (!seen->insert(edge.node).second) return true;
    for (const Edge& input : view_.inputs(edge.node)) {
      if (!Collect(input, seen, waits)) return false;
    }
    return true;
  }

  // A control edge from a Switch says that it ran, not that the branch of `edge` was taken.
  std::string ControlFor(const Edge& edge) {
    const NodeDef& node = view_.node(edge.node);
    if (node.op == "RefSwitch") return "";
    if (node.op != "Switch" || edge.port < 0) return "^" + node.name;
    for (const Edge& reader : view_.consumers(edge.node)) {
      const NodeDef& identity = view_.node(reader.node);
      if (reader.port == edge.port && identity.op == "Identity" && identity.inputs.size() == 1) {
        return "^" + identity.name;
      }
    }
    NodeDef identity;
    identity.name = node.name + "/mlc_branch_" + std::to_string(edge.port);
    identity.op = "Identity";
    identity.device = node.device;
    identity.inputs = {node.name + ":" + std::to_string(edge.port)};
    identity.attrs["T"] = node.attrs.at("T");
    const auto same = [&](const NodeDef& other) { return other.name == identity.name; };
    if (view_.Find(identity.name) < 0 && std::none_of(added_.begin(), added_.end(), same)) {
      added_.push_back(identity);
    }
    return "^" + identity.name;
  }

  GraphDef& graph_;
  const GraphView& view_;
  const std::vector<Candidate>& candidates_;
  std::vector<std::pair<size_t, std::vector<std::string>>> changed_;
  std::vector<NodeDef> added_;
};

}  // namespace

void LoosenConstants(GraphDef* graph, const std::set<std::string, std::less<>>& preserved) {
  const GraphView view(*graph);
  const std::vector<int> order = view.TopologicalOrder();
  if (order.empty()) return;
  const std::vector<Candidate> candidates = FindCandidates(view, order, preserved);
  const std::vector<int> regions = FindRegions(view, order);
  Loosening loosening(graph, view, candidates);
  for (const int i : order) {
    const auto node = static_cast<size_t>(i);
    if (candidates[node].is_constant && regions[node] != kRootRegion) loosening.Loosen(i);
  }
  loosening.Finish();
}

}  // namespace tf_mlc
