#include "tf_mlc_plugin/graph/loop_lists.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "tf_mlc_plugin/graph/graph_view.h"
#include "tf_mlc_plugin/graph/loop_view.h"

namespace tf_mlc {
namespace {

class Dropping {
 public:
  Dropping(GraphDef* graph, const GraphView& view, const std::vector<int>& regions,
           const std::set<std::string, std::less<>>& preserved)
      : graph_(*graph), view_(view), regions_(regions), preserved_(preserved) {}

  void Consider(int push) {
    if (view_.node(push).op != "TensorListPushBack" || view_.inputs(push).size() != 2) return;
    const int value = ConstantEnter(view_, view_.inputs(push)[1]);
    if (value < 0) return;
    const auto filled = VariableOfOneReader(view_, view_.inputs(push)[0].node, push);
    if (!filled || filled->exit < 0) return;
    const int list = view_.inputs(filled->enter)[0].node;
    if (view_.node(list).op != "EmptyTensorList" || !InRoot(list)) return;

    std::vector<int> gone = {push};
    AddNodes(*filled, &gone);
    std::vector<Taken> taken;
    for (const Edge& edge : view_.consumers(filled->exit)) {
      if (edge.port < 0 && WaitsForAnotherExit(edge.node, *filled)) continue;
      const std::optional<Taken> one = edge.port == 0 ? TakenBy(edge.node) : std::nullopt;
      if (!one) return;
      AddNodes(one->list, &gone);
      taken.push_back(*one);
    }
    const auto stays = [&](int node) { return preserved_.count(view_.node(node).name) > 0; };
    if (std::any_of(gone.begin(), gone.end(), stays)) return;
    for (const int node : gone) gone_.insert(view_.node(node).name);
    for (const Taken& one : taken) Replace(one, value);
  }

  void Finish() {
    if (gone_.empty()) return;
    for (auto& [i, node] : changed_) graph_.nodes[i] = std::move(node);
    std::vector<NodeDef> kept;
    for (NodeDef& node : graph_.nodes) {
      if (gone_.count(node.name)) continue;
      for (std::string& input : node.inputs) {
        const InputRef ref = ParseInput(input);
        if (ref.port == 1 && replaced_.count(ref.node)) input = std::string(ref.node);
      }
      const auto is_gone = [&](const std::string& input) {
        const InputRef ref = ParseInput(input);
        return ref.port < 0 && gone_.count(ref.node) > 0;
      };
      node.inputs.erase(std::remove_if(node.inputs.begin(), node.inputs.end(), is_gone),
                        node.inputs.end());
      kept.push_back(std::move(node));
    }
    for (NodeDef& node : added_) kept.push_back(std::move(node));
    graph_.nodes = std::move(kept);
  }

 private:
  // A loop that takes one element a step.
  struct Taken {
    LoopVariable list;
    int pop;
  };

  bool InRoot(int node) const { return regions_[static_cast<size_t>(node)] == kRootRegion; }

  static void AddNodes(const LoopVariable& variable, std::vector<int>* nodes) {
    nodes->insert(nodes->end(), {variable.enter, variable.merge, variable.branch, variable.next});
    if (variable.exit >= 0) nodes->push_back(variable.exit);
  }

  // Whether `node` also waits for a value that the loop of `variable` is left with and that stays.
  bool WaitsForAnotherExit(int node, const LoopVariable& variable) const {
    const int condition = view_.inputs(variable.branch)[1].node;
    for (const Edge& edge : view_.inputs(node)) {
      const NodeDef& exit = view_.node(edge.node);
      if (edge.node == variable.exit || exit.op != "Exit" || gone_.count(exit.name)) continue;
      const Edge& branch = view_.inputs(edge.node)[0];
      if (view_.node(branch.node).op == "Switch" &&
          view_.inputs(branch.node)[1].node == condition) {
        return true;
      }
    }
    return false;
  }

  std::optional<Taken> TakenBy(int enter) const {
    if (view_.node(enter).op != "Enter") return {};
    for (const Edge& merge : view_.consumers(enter)) {
      for (const Edge& branch : view_.consumers(merge.node)) {
        for (const Edge& reader : view_.consumers(branch.node)) {
          const NodeDef& pop = view_.node(reader.node);
          if (pop.op != "TensorListPopBack" || view_.inputs(reader.node).size() != 2) continue;
          const auto list = VariableOfOneReader(view_, branch.node, reader.node);
          // The shape's control inputs tie it to the step, and what takes its place.
          const int shape = view_.inputs(reader.node)[1].node;
          if (list && list->enter == enter &&
              (list->exit < 0 || view_.consumers(list->exit).empty()) &&
              regions_[static_cast<size_t>(shape)] == regions_[static_cast<size_t>(reader.node)]) {
            return Taken{*list, reader.node};
          }
        }
      }
    }
    return {};
  }

  void Replace(const Taken& taken, int value) {
    NodeDef pop = view_.node(taken.pop);
    const std::string type = pop.attrs.at("element_dtype");
    const std::string shape = std::string(ParseInput(pop.inputs[1]).node);
    const std::string name = pop.name + "/mlc_value";
    added_.push_back(
        ConstantEnterLike(view_.node(taken.list.enter), name, view_.node(value).inputs[0], type));
    pop.op = "Identity";
    pop.inputs = {name, "^" + shape};
    pop.attrs = {{"T", type}};
    replaced_.insert(pop.name);
    changed_.push_back({static_cast<size_t>(taken.pop), std::move(pop)});
  }

  GraphDef& graph_;
  const GraphView& view_;
  const std::vector<int>& regions_;
  const std::set<std::string, std::less<>>& preserved_;
  std::set<std::string, std::less<>> gone_;
  std::set<std::string, std::less<>> replaced_;  // nodes whose output 1 is now output 0
  std::vector<std::pair<size_t, NodeDef>> changed_;
  std::vector<NodeDef> added_;
};

}  // namespace

void DropListsOfConstants(GraphDef* graph, const std::set<std::string, std::less<>>& preserved) {
  const GraphView view(*graph);
  const std::vector<int> order = view.TopologicalOrder();
  if (order.empty()) return;
  const std::vector<int> regions = FindRegions(view, order);
  Dropping dropping(graph, view, regions, preserved);
  for (const int i : order) dropping.Consider(i);
  dropping.Finish();
}

}  // namespace tf_mlc
