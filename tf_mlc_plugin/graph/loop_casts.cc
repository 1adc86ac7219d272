#include "tf_mlc_plugin/graph/loop_casts.h"

#include <map>
#include <utility>
#include <vector>

#include "tf_mlc_plugin/graph/graph_view.h"
#include "tf_mlc_plugin/graph/loop_view.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {

void HoistCasts(GraphDef* graph, const std::set<std::string, std::less<>>& preserved) {
  const GraphView view(*graph);
  const std::vector<int> order = view.TopologicalOrder();
  if (order.empty()) return;
  const std::vector<int> regions = FindRegions(view, order);
  std::vector<std::pair<size_t, NodeDef>> steps;            // what the casts become
  std::vector<NodeDef> added;                               // casts, and what takes them inside
  std::map<std::pair<int, std::string>, std::string> made;  // by Enter and type
  for (const int i : order) {
    const NodeDef& node = view.node(i);
    if (node.op != "Cast" || !OnMlc(node.device) || preserved.count(node.name)) continue;
    const int enter = ConstantEnter(view, view.inputs(i)[0]);
    if (enter < 0) continue;
    const int source = view.inputs(enter)[0].node;
    if (regions[static_cast<size_t>(source)] != kRootRegion) continue;

    const NodeDef& way_in = view.node(enter);
    const std::string& type = node.attrs.at("DstT");
    std::string& value = made[{enter, type}];
    if (value.empty()) {
      NodeDef cast = node;
      cast.name = node.name + "/mlc_cast";
      cast.inputs = {way_in.inputs[0]};
      value = node.name + "/mlc_value";
      added.push_back(ConstantEnterLike(way_in, value, cast.name, type));
      added.push_back(std::move(cast));
    }
    // Still tied to its step by its control inputs.
    NodeDef step = node;
    step.op = "Identity";
    step.inputs[0] = value;
    step.attrs = {{"T", type}};
    steps.push_back({static_cast<size_t>(i), std::move(step)});
  }
  for (auto& [i, step] : steps) graph->nodes[i] = std::move(step);
  for (NodeDef& node : added) graph->nodes.push_back(std::move(node));
}

}  // namespace tf_mlc
