#include "tf_mlc_plugin/graph/host_conditions.h"

#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "tf_mlc_plugin/graph/clusters.h"
#include "tf_mlc_plugin/graph/graph_view.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

bool IsOneOf(std::string_view op, std::initializer_list<std::string_view> ops) {
  for (const std::string_view one : ops) {
    if (op == one) return true;
  }
  return false;
}

bool IsLogical(const NodeDef& node) {
  return OnMlc(node.device) && IsOneOf(node.op, {"LogicalAnd", "LogicalOr", "LogicalNot"});
}

// A comparison that TensorFlow's kernel for any device makes in host memory.
bool ComparesOnHost(const NodeDef& node) {
  if (!IsOneOf(node.op, {"Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual"})) {
    return false;
  }
  const auto type = node.attrs.find("T");
  return type != node.attrs.end() && DataTypeFromTf(TypeOfAttr(type->second)) == DataType::kInt32;
}

// The same node as a cluster of itself.
NodeDef OnHost(const NodeDef& node) {
  NodeDef inside = node;
  inside.device.clear();
  inside.inputs.clear();
  NodeDef cluster;
  for (const std::string& input : node.inputs) {
    cluster.inputs.push_back(input);
    if (ParseInput(input).port < 0) continue;
    inside.inputs.push_back(kArgumentName + (":" + std::to_string(inside.inputs.size())));
  }
  const std::vector<int> types(inside.inputs.size(), TfFromDataType(DataType::kBool));
  cluster.name = node.name;
  cluster.op = kClusterOp;
  cluster.device = node.device;
  cluster.attrs["Tdevice"] = TypeListAttr({});
  cluster.attrs["Thost"] = TypeListAttr(types);
  cluster.attrs["Rdevice"] = TypeListAttr({});
  cluster.attrs["Rhost"] = TypeListAttr({TfFromDataType(DataType::kBool)});
  cluster.attrs["outputs"] = StringListAttr({node.name + ":0"});
  GraphDef contents;
  contents.nodes.push_back(std::move(inside));
  cluster.attrs["nodes"] = StringAttr(contents.Serialize());
  return cluster;
}

}  // namespace

void MoveConditionsToTheHost(GraphDef* graph, const std::set<std::string, std::less<>>& preserved) {
  const GraphView view(*graph);
  const std::vector<int> order = view.TopologicalOrder();
  const auto size = static_cast<size_t>(view.size());

  // Logical operations that nobody reads but, by way of such operations, loops.
  std::vector<char> of_loops(size);
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const NodeDef& node = view.node(*at);
    if (!IsLogical(node) || preserved.count(node.name)) continue;
    int readers = 0, others = 0;
    for (const Edge& edge : view.consumers(*at)) {
      if (edge.port < 0) continue;
      const bool loop =
          view.node(edge.node).op == "LoopCond" || of_loops[static_cast<size_t>(edge.node)];
      ++(loop ? readers : others);
    }
    of_loops[static_cast<size_t>(*at)] = readers > 0 && others == 0;
  }

  std::vector<char> on_host(size);
  for (const int i : order) {
    const auto node = static_cast<size_t>(i);
    on_host[node] = ComparesOnHost(view.node(i));
    if (!of_loops[node]) continue;
    // On the host what comes from the device is sent, on the device the others and the result.
    int from_host = 0, from_device = 0;
    for (const Edge& edge : view.inputs(i)) {
      if (edge.port >= 0) ++(on_host[static_cast<size_t>(edge.node)] ? from_host : from_device);
    }
    on_host[node] = from_device <= from_host;
  }

  std::vector<std::pair<size_t, NodeDef>> moved;
  for (size_t i = 0; i < size; ++i) {
    if (of_loops[i] && on_host[i]) moved.emplace_back(i, OnHost(view.node(static_cast<int>(i))));
  }
  for (auto& [i, node] : moved) graph->nodes[i] = std::move(node);
}

}  // namespace tf_mlc
