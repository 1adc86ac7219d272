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

std::vector<int> GraphView::TopologicalOrder() const {
  std::vector<int> waiting(static_cast<size_t>(size()), 0);
  std::vector<int> order;
  for (int i = 0; i < size(); ++i) {
    for (const Edge& edge : inputs(i)) {
      if (!ClosesLoop(edge.node, i)) ++waiting[static_cast<size_t>(i)];
    }
    if (waiting[static_cast<size_t>(i)] == 0) order.push_back(i);
  }
  for (size_t next = 0; next < order.size(); ++next) {
    const int from = order[next];
    for (const Edge& edge : consumers(from)) {
      if (ClosesLoop(from, edge.node)) continue;
      if (--waiting[static_cast<size_t>(edge.node)] == 0) order.push_back(edge.node);
    }
  }
  if (order.size() != static_cast<size_t>(size())) order.clear();
  return order;
}

}  // namespace tf_mlc
