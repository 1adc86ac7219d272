#include "tf_mlc_plugin/graph/graph_view.h"

#include "mlcompute/error.h"

namespace tf_mlc {

GraphView::GraphView(const GraphDef& graph)
    : graph_(graph), inputs_(graph.nodes.size()), consumers_(graph.nodes.size()) {
  for (int i = 0; i < size(); ++i) index_.emplace(node(i).name, i);
  for (int i = 0; i < size(); ++i) {
    for (const std::string& input : node(i).inputs) {
      const InputRef ref = ParseInput(input);
      const int source = Find(ref.node);
      if (source < 0) {
        throw mlcompute::InvalidArgument("node '", node(i).name, "' reads '", input,
                                         "', which is not in the graph");
      }
      inputs_[static_cast<size_t>(i)].push_back({source, ref.port});
      consumers_[static_cast<size_t>(source)].push_back({i, ref.port});
    }
  }
}

int GraphView::Find(std::string_view name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? -1 : it->second;
}

bool GraphView::ClosesLoop(int from, int to) const {
  return node(from).op == "NextIteration" && node(to).op == "Merge";
}

std::vector<std::vector<int>> GraphView::LoopEnds() const {
  const auto loop_of = [&](int i) {  // the LoopCond that a Switch obeys, or -1
    if (node(i).op != "Switch" || inputs(i).size() < 2) return -1;
    const int condition = inputs(i)[1].node;
    return node(condition).op == "LoopCond" ? condition : -1;
  };
  std::unordered_map<int, std::vector<int>> ends;  // of each LoopCond
  std::vector<int> all_ends;
  for (int i = 0; i < size(); ++i) {
    if (node(i).op != "NextIteration") continue;
    all_ends.push_back(i);
    for (const Edge& merge : consumers(i)) {
      for (const Edge& reader : consumers(merge.node)) {
        const int loop = loop_of(reader.node);
        if (loop >= 0) ends[loop].push_back(i);
      }
    }
  }
  std::vector<std::vector<int>> result(static_cast<size_t>(size()));
  for (int i = 0; i < size(); ++i) {
    if (node(i).op != "Exit") continue;
    const int loop = inputs(i).empty() ? -1 : loop_of(inputs(i)[0].node);
    // A loop in an unknown form may depend on any of them.
    result[static_cast<size_t>(i)] = loop >= 0 ? ends[loop] : all_ends;
  }
  return result;
}

std::vector<int> GraphView::TopologicalOrder() const {
  const std::vector<std::vector<int>> ends = LoopEnds();
  std::vector<std::vector<int>> exits(static_cast<size_t>(size()));
  std::vector<int> waiting(static_cast<size_t>(size()), 0);
  std::vector<int> order;
  for (int i = 0; i < size(); ++i) {
    for (const int end : ends[static_cast<size_t>(i)]) {
      exits[static_cast<size_t>(end)].push_back(i);
      ++waiting[static_cast<size_t>(i)];
    }
    for (const Edge& edge : inputs(i)) {
      if (!ClosesLoop(edge.node, i)) ++waiting[static_cast<size_t>(i)];
    }
    if (waiting[static_cast<size_t>(i)] == 0) order.push_back(i);
  }
  for (size_t next = 0; next < order.size(); ++next) {
    const int from = order[next];
    const auto arrived = [&](int to) {
      if (--waiting[static_cast<size_t>(to)] == 0) order.push_back(to);
    };
    for (const Edge& edge : consumers(from)) {
      if (!ClosesLoop(from, edge.node)) arrived(edge.node);
    }
    for (const int exit : exits[static_cast<size_t>(from)]) arrived(exit);
  }
  if (order.size() != static_cast<size_t>(size())) order.clear();
  return order;
}

}  // namespace tf_mlc
