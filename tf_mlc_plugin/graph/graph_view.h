// tf_mlc_plugin/graph/graph_view.h: the edges of a GraphDef.
#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

struct Edge {
  int node;  // the other end
  int port;  // output of the source; -1 for a control edge
};

// Valid while `graph` is not changed. Inputs keep their order in NodeDef::inputs; an input whose
// node is missing throws Error(kInvalidArgument).
class GraphView {
 public:
  explicit GraphView(const GraphDef& graph);

  int size() const { return static_cast<int>(graph_.nodes.size()); }
  const NodeDef& node(int i) const { return graph_.nodes[static_cast<size_t>(i)]; }
  int Find(std::string_view name) const;  // -1 when absent
  const std::vector<Edge>& inputs(int i) const { return inputs_[static_cast<size_t>(i)]; }
  const std::vector<Edge>& consumers(int i) const { return consumers_[static_cast<size_t>(i)]; }

  // Every node after its inputs, and a loop's Exits after its last nodes; the edges from
  // NextIteration to Merge, which close loops, are left out. Empty when the graph has any other
  // cycle.
  std::vector<int> TopologicalOrder() const;

  // For each Exit the NextIterations of its loop, nothing for other nodes. What leaves a loop
  // depends on all that enters it, but the path leads through the edges that close the loop.
  std::vector<std::vector<int>> LoopEnds() const;

 private:
  bool ClosesLoop(int from, int to) const;

  const GraphDef& graph_;
  std::unordered_map<std::string_view, int> index_;
  std::vector<std::vector<Edge>> inputs_;
  std::vector<std::vector<Edge>> consumers_;
};

// Nodes that run under the same conditions: of one loop frame, and alive or dead together. Two
// nodes have the same region number exactly when they may be merged into one as far as control flow
// goes. `order` is TopologicalOrder().
inline constexpr int kRootRegion = 0;  // always runs: in no loop, on no branch
std::vector<int> FindRegions(const GraphView& view, const std::vector<int>& order);

}  // namespace tf_mlc
