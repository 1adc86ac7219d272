#include "tf_mlc_plugin/graph/loop_view.h"

namespace tf_mlc {
namespace {

// The one node that has an edge from `node`; its edge comes from output `port`. Otherwise -1.
int OnlyReader(const GraphView& view, int node, int port) {
  const std::vector<Edge>& readers = view.consumers(node);
  return readers.size() == 1 && readers[0].port == port ? readers[0].node : -1;
}

}  // namespace

std::optional<LoopVariable> VariableOfOneReader(const GraphView& view, int branch, int reader) {
  LoopVariable variable{};
  variable.branch = branch;
  if (view.node(branch).op != "Switch" || view.inputs(branch).size() != 2) return {};
  variable.merge = view.inputs(branch)[0].node;
  if (view.node(view.inputs(branch)[1].node).op != "LoopCond") return {};
  if (view.node(variable.merge).op != "Merge" || view.inputs(variable.merge).size() != 2 ||
      OnlyReader(view, variable.merge, 0) != branch) {
    return {};
  }
  variable.exit = -1;
  for (const Edge& edge : view.consumers(branch)) {
    const bool leaves = edge.port == 0 && variable.exit < 0 && view.node(edge.node).op == "Exit";
    if (leaves) variable.exit = edge.node;
    if (!leaves && !(edge.port == 1 && edge.node == reader)) return {};
  }
  variable.enter = view.inputs(variable.merge)[0].node;
  variable.next = view.inputs(variable.merge)[1].node;
  if (view.node(variable.enter).op != "Enter" || view.node(variable.next).op != "NextIteration" ||
      OnlyReader(view, variable.enter, 0) != variable.merge ||
      OnlyReader(view, variable.next, 0) != variable.merge) {
    return {};
  }
  int uses = 0;
  for (const Edge& edge : view.consumers(reader)) {
    if (edge.port == 0 && edge.node != variable.next) return {};
    uses += edge.port == 0;
  }
  if (uses != 1) return {};
  return variable;
}

int ConstantEnter(const GraphView& view, Edge input) {
  while (input.port == 0 && view.node(input.node).op == "Identity") {
    input = view.inputs(input.node)[0];
  }
  if (input.port != 0 || view.node(input.node).op != "Enter") return -1;
  const auto constant = view.node(input.node).attrs.find("is_constant");
  const bool is_constant =
      constant != view.node(input.node).attrs.end() && BoolOfAttr(constant->second);
  return is_constant ? input.node : -1;
}

NodeDef ConstantEnterLike(const NodeDef& enter, const std::string& name, const std::string& input,
                          const std::string& type) {
  NodeDef result;
  result.name = name;
  result.op = "Enter";
  result.device = enter.device;
  result.inputs = {input};
  result.attrs = enter.attrs;
  result.attrs["T"] = type;
  result.attrs["is_constant"] = BoolAttr(true);
  return result;
}

}  // namespace tf_mlc
