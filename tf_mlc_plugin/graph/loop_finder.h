// tf_mlc_plugin/graph/loop_finder.h: which while loops can run as one node.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tf_mlc_plugin/graph/candidates.h"
#include "tf_mlc_plugin/graph/graph_view.h"

namespace tf_mlc {

// TensorFlow's numbers of types that have no DataType.
inline constexpr int kResource = 20;
inline constexpr int kVariant = 21;

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

// The loops of a graph that FormLoops() takes, by frame. `order` is TopologicalOrder().
std::map<std::string, Loop> FindLoops(const GraphView& view, const std::vector<int>& order,
                                      const std::vector<Candidate>& candidates,
                                      const std::set<std::string, std::less<>>& preserved);

// The type that attribute `attr` of a node names; 0 when it names none.
int TypeOf(const NodeDef& node, std::string_view attr);

}  // namespace tf_mlc
