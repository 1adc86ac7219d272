#include "tf_mlc_plugin/graph/clusters.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "mlcompute/error.h"
#include "tf_mlc_plugin/graph/candidates.h"
#include "tf_mlc_plugin/graph/graph_view.h"
#include "tf_mlc_plugin/graph/marked_calls.h"
#include "tf_mlc_plugin/kernel/node_def.h"
#include "tf_mlc_plugin/kernel/placement.h"

namespace tf_mlc {
namespace {

constexpr int kMinOps = 2;  // fewer ops than this gain nothing from being one node

// Groups candidates so that merging each group makes no cycle. The level of a node is the largest
// number of times a path to it leaves compilable ground and comes back; along a path it never
// falls, and it rises between two members of different groups. So a path that leaves a group cannot
// come back to it.
std::vector<int> FindLevels(const GraphView& view, const std::vector<int>& order,
                            const std::vector<Candidate>& candidates,
                            const std::vector<int>& regions) {
  std::vector<int> levels(static_cast<size_t>(view.size()), -1);
  const std::vector<std::vector<int>> loop_ends = view.LoopEnds();
  for (const int i : order) {
    const auto node = static_cast<size_t>(i);
    const bool member = candidates[node].row && !candidates[node].is_constant;
    int level = member ? 0 : -1;
    // The control inputs of a constant only tie it to a branch or frame.
    if (candidates[node].is_constant && regions[node] == kRootRegion) continue;
    for (const Edge& edge : view.inputs(i)) {
      const auto source = static_cast<size_t>(edge.node);
      const bool from_member = candidates[source].row && !candidates[source].is_constant;
      const bool together = member && from_member && regions[source] == regions[node] &&
                            view.node(edge.node).device == view.node(i).device;
      level = std::max(level, levels[source] + (member && !together ? 1 : 0));
    }
    for (const int end : loop_ends[node]) {
      level = std::max(level, levels[static_cast<size_t>(end)]);
    }
    levels[node] = level;
  }
  return levels;
}

// Moves groups that only later groups of the same region read into the first of these: one node
// less. Levels still never fall along a path, and rise between members of different groups.
void JoinReaders(const GraphView& view, const std::vector<int>& order,
                 const std::vector<Candidate>& candidates, const std::vector<int>& regions,
                 std::vector<int>* levels) {
  const auto is_member = [&](size_t node) {
    return candidates[node].row && !candidates[node].is_constant;
  };
  std::map<int, std::vector<int>, std::greater<>> by_level;  // in reverse topological order
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    const auto node = static_cast<size_t>(*at);
    if (is_member(node)) by_level[(*levels)[node]].push_back(*at);
  }
  constexpr int kNone = std::numeric_limits<int>::max();
  for (const auto& [level, nodes] : by_level) {
    struct Group {
      std::vector<int> moves;
      int to = kNone;
      bool stays = false;
    };
    std::map<std::pair<int, std::string>, Group> groups;
    std::set<int> movable;
    for (const int i : nodes) {
      const auto node = static_cast<size_t>(i);
      Group& group = groups[{regions[node], view.node(i).device}];
      bool moves = !view.consumers(i).empty();
      int to = kNone;
      for (const Edge& edge : view.consumers(i)) {
        const auto reader = static_cast<size_t>(edge.node);
        const bool together = is_member(reader) && regions[reader] == regions[node] &&
                              view.node(edge.node).device == view.node(i).device;
        const bool later = together && (*levels)[reader] > level;
        moves &= later || (together && movable.count(edge.node));
        if (later) to = std::min(to, (*levels)[reader]);
      }
      if (moves) {
        movable.insert(i);
        group.moves.push_back(i);
        group.to = std::min(group.to, to);
      } else if (!candidates[node].row->cluster_only || IsMarkedCall(view.node(i))) {
        group.stays = true;
      }
    }
    for (const auto& [key, group] : groups) {
      if (group.stays) continue;
      for (const int i : group.moves) (*levels)[static_cast<size_t>(i)] = group.to;
    }
  }
}

// One group on its way to becoming a node.
class ClusterBuilder {
 public:
  ClusterBuilder(const GraphView& view, const std::vector<Candidate>& candidates,
                 const std::vector<int>& regions, std::vector<int> members)
      : view_(view), candidates_(candidates), regions_(regions), members_(std::move(members)) {
    for (const int m : members_) inside_.insert(m);
    for (const int m : members_) AddMember(m);
    for (const int m : members_) {
      for (const Edge& edge : view_.consumers(m)) {
        if (edge.port >= 0 && !inside_.count(edge.node)) outputs_.insert({m, edge.port});
      }
    }
  }

  // Values of the group that others read, in the order of the node's outputs once Finish() ran.
  const std::vector<std::pair<int, int>>& outputs() const { return ordered_outputs_; }

  NodeDef Finish(const std::string& name) {
    SortArguments();
    NodeDef node;
    node.name = name;
    node.op = kClusterOp;
    node.device = view_.node(members_[0]).device;

    std::vector<int> types[2];  // on the device, on the host
    for (const Arg& arg : arguments_) {
      node.inputs.push_back(arg.input);
      types[arg.on_host].push_back(arg.type);
    }
    for (const std::string& control : controls_) node.inputs.push_back("^" + control);
    node.attrs["Tdevice"] = TypeListAttr(types[0]);
    node.attrs["Thost"] = TypeListAttr(types[1]);

    std::vector<int> results[2];
    std::vector<std::string> names;
    for (const bool on_host : {false, true}) {
      for (const auto& [member, port] : outputs_) {
        const int type =
            candidates_[static_cast<size_t>(member)].output_types[static_cast<size_t>(port)];
        if ((DataTypeFromTf(type) == DataType::kInt32) != on_host) continue;
        results[on_host].push_back(type);
        names.push_back(view_.node(member).name + ":" + std::to_string(port));
        ordered_outputs_.push_back({member, port});
      }
    }
    node.attrs["Rdevice"] = TypeListAttr(results[0]);
    node.attrs["Rhost"] = TypeListAttr(results[1]);
    node.attrs["outputs"] = StringListAttr(names);
    node.attrs["nodes"] = StringAttr(Contents().Serialize());
    return node;
  }

 private:
  struct Arg {
    std::string input;  // as the node will read it
    int type;
    bool from_host;  // made there
    bool on_host;    // wanted there
  };

  void AddMember(int m) {
    const NodeDef& def = view_.node(m);
    const std::vector<Edge>& inputs = view_.inputs(m);
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Edge& edge = inputs[i];
      if (inside_.count(edge.node)) continue;
      if (edge.port < 0) {
        controls_.insert(view_.node(edge.node).name);
      } else if (candidates_[static_cast<size_t>(edge.node)].is_constant) {
        constants_.insert(edge.node);
        // Control inputs tie a constant to its branch or frame; they hold for the cluster then.
        if (regions_[static_cast<size_t>(edge.node)] == kRootRegion) continue;
        for (const Edge& control : view_.inputs(edge.node)) {
          controls_.insert(view_.node(control.node).name);
        }
      } else if (argument_of_.emplace(std::pair(edge.node, edge.port), 0).second) {
        argument_of_[{edge.node, edge.port}] = static_cast<int>(arguments_.size());
        const int type = candidates_[static_cast<size_t>(m)].input_types[static_cast<size_t>(i)];
        arguments_.push_back({def.inputs[i], type, OnCpu(view_.node(edge.node).device), false});
      }
    }
  }

  // The nodes inside, inputs from outside renamed to "_arg:i"; constants first, then members in
  // topological order.
  GraphDef Contents() const {
    GraphDef graph;
    for (const int c : constants_) {
      NodeDef def = view_.node(c);
      def.inputs.clear();
      graph.nodes.push_back(std::move(def));
    }
    for (const int m : members_) {
      NodeDef def = view_.node(m);
      def.device.clear();
      std::vector<std::string> inputs;
      for (size_t i = 0; i < def.inputs.size(); ++i) {
        const Edge& edge = view_.inputs(m)[i];
        if (edge.port < 0) continue;
        const auto argument = argument_of_.find({edge.node, edge.port});
        inputs.push_back(argument == argument_of_.end()
                             ? def.inputs[i]
                             : kArgumentName + (":" + std::to_string(argument->second)));
      }
      def.inputs = std::move(inputs);
      graph.nodes.push_back(std::move(def));
    }
    return graph;
  }

  // int32 values live in host memory on every device, and so must what a builder reads. What nodes
  // of the CPU make is read where it is: a copy to the device would be one of memory to memory, for
  // which TensorFlow waits on another thread. The node takes its device arguments first.
  void SortArguments() {
    const Cluster cluster = ParseCluster(Contents(), static_cast<int>(arguments_.size()), {});
    std::vector<int> order;
    for (size_t i = 0; i < arguments_.size(); ++i) {
      arguments_[i].on_host = arguments_[i].from_host || cluster.static_arguments[i] ||
                              DataTypeFromTf(arguments_[i].type) == DataType::kInt32;
      order.push_back(static_cast<int>(i));
    }
    std::stable_partition(order.begin(), order.end(),
                          [&](int i) { return !arguments_[static_cast<size_t>(i)].on_host; });
    std::vector<Arg> sorted;
    std::vector<int> position(order.size());
    for (const int old : order) {
      position[static_cast<size_t>(old)] = static_cast<int>(sorted.size());
      sorted.push_back(arguments_[static_cast<size_t>(old)]);
    }
    arguments_ = std::move(sorted);
    for (auto& [edge, index] : argument_of_) index = position[static_cast<size_t>(index)];
  }

  const GraphView& view_;
  const std::vector<Candidate>& candidates_;
  const std::vector<int>& regions_;
  const std::vector<int> members_;
  std::set<int> inside_;
  std::set<int> constants_;
  std::set<std::string> controls_;
  std::vector<Arg> arguments_;
  std::map<std::pair<int, int>, int> argument_of_;
  std::set<std::pair<int, int>> outputs_;
  std::vector<std::pair<int, int>> ordered_outputs_;
};

// A name no node has.
std::string NewName(const GraphView& view, int* counter) {
  std::string name;
  do {
    name = "mlc_cluster_" + std::to_string((*counter)++);
  } while (view.Find(name) >= 0);
  return name;
}

// Constants that were copied into every reader would still be made in every step.
void RemoveUnreadConstants(const GraphView& view, const std::vector<Candidate>& candidates,
                           GraphDef* graph) {
  std::set<std::string, std::less<>> read;
  for (const NodeDef& node : graph->nodes) {
    for (const std::string& input : node.inputs) read.emplace(ParseInput(input).node);
  }
  const auto unread = [&](const NodeDef& node) {
    const int i = view.Find(node.name);
    return i >= 0 && candidates[static_cast<size_t>(i)].is_constant && !read.count(node.name);
  };
  graph->nodes.erase(std::remove_if(graph->nodes.begin(), graph->nodes.end(), unread),
                     graph->nodes.end());
}

}  // namespace

Cluster ParseCluster(const GraphDef& contents, int argument_count,
                     const std::vector<std::string>& outputs) {
  Cluster cluster;
  cluster.argument_count = argument_count;
  std::map<std::string, int, std::less<>> index;
  const auto source = [&](std::string_view text) -> Source {
    const InputRef ref = ParseInput(text);
    if (ref.node == kArgumentName) return {Source::kArgument, ref.port};
    const auto it = index.find(ref.node);
    if (it == index.end()) throw mlcompute::Internal("cluster reads '", text, "' before it exists");
    return {it->second, ref.port};
  };
  for (const NodeDef& def : contents.nodes) {
    Node node = ParseNodeDef(def.Serialize());
    const OpRow* row = FindRow(node);
    if (!row) throw mlcompute::Internal("no row for ", def.op, " '", def.name, "' of a cluster");
    std::vector<Source> inputs;
    for (const std::string& input : def.inputs) inputs.push_back(source(input));
    cluster.nodes.push_back({std::move(node), row, std::move(inputs)});
    index.emplace(def.name, static_cast<int>(cluster.nodes.size()) - 1);
  }
  for (const std::string& output : outputs) cluster.outputs.push_back(source(output));
  FindStaticArguments(&cluster);
  return cluster;
}

void FormClusters(GraphDef* graph, const std::set<std::string, std::less<>>& preserved) {
  const GraphView view(*graph);
  const std::vector<int> order = view.TopologicalOrder();
  if (order.empty()) return;
  const std::vector<Candidate> candidates = FindCandidates(view, order, preserved);
  const std::vector<int> regions = FindRegions(view, order);
  std::vector<int> levels = FindLevels(view, order, candidates, regions);
  JoinReaders(view, order, candidates, regions, &levels);

  std::map<std::tuple<int, int, std::string>, std::vector<int>> groups;
  for (const int i : order) {
    const auto node = static_cast<size_t>(i);
    if (!candidates[node].row || candidates[node].is_constant) continue;
    groups[{regions[node], levels[node], view.node(i).device}].push_back(i);
  }

  std::map<std::string, std::string> renamed;  // "node:port" -> "cluster:port"
  std::map<std::string, std::string, std::less<>> cluster_of;
  std::vector<NodeDef> clusters;
  std::set<int> removed;
  int counter = 0;
  for (auto& [key, members] : groups) {
    int ops = 0;
    for (const int m : members) {
      ops += !candidates[static_cast<size_t>(m)].row->cluster_only;
      if (IsMarkedCall(view.node(m))) ops = std::max(ops, kMinOps);
    }
    if (ops < kMinOps) continue;
    ClusterBuilder builder(view, candidates, regions, members);
    const std::string name = NewName(view, &counter);
    clusters.push_back(builder.Finish(name));
    for (size_t i = 0; i < builder.outputs().size(); ++i) {
      const auto& [member, port] = builder.outputs()[i];
      renamed[view.node(member).name + ":" + std::to_string(port)] = name + ":" + std::to_string(i);
    }
    for (const int m : members) {
      cluster_of[view.node(m).name] = name;
      removed.insert(m);
    }
  }
  if (clusters.empty()) return;

  GraphDef result;
  result.rest = graph->rest;
  for (int i = 0; i < view.size(); ++i) {
    if (!removed.count(i)) result.nodes.push_back(view.node(i));
  }
  for (NodeDef& cluster : clusters) result.nodes.push_back(std::move(cluster));
  for (NodeDef& node : result.nodes) {
    std::vector<std::string> inputs;
    for (const std::string& input : node.inputs) {
      const InputRef ref = ParseInput(input);
      const auto cluster = cluster_of.find(ref.node);
      if (cluster == cluster_of.end()) {
        inputs.push_back(input);
      } else if (ref.port >= 0) {
        inputs.push_back(renamed.at(std::string(ref.node) + ":" + std::to_string(ref.port)));
      } else {
        const std::string control = "^" + cluster->second;
        if (std::find(inputs.begin(), inputs.end(), control) == inputs.end() &&
            cluster->second != node.name) {
          inputs.push_back(control);
        }
      }
    }
    node.inputs = std::move(inputs);
  }
  RemoveUnreadConstants(view, candidates, &result);
  *graph = std::move(result);
}

}  // namespace tf_mlc
