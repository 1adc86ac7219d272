// tf_mlc_plugin/graph/loop_view.h: the nodes of what a loop carries, in TensorFlow's Switch/Merge
// form.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tf_mlc_plugin/graph/graph_view.h"

namespace tf_mlc {

// A value that a loop carries: Enter and NextIteration feed a Merge, the Merge a Switch on the
// loop's condition, whose output 0 is the last value and whose output 1 is this step's.
struct LoopVariable {
  int enter;
  int merge;
  int branch;  // the Switch
  int next;
  int exit = -1;  // -1: nobody reads the last value
};

// The variable of `branch`, if nothing but these nodes, `reader` and what reads the Exit has an
// edge to any of them. `reader` takes the step's value and gives the next one, both by its output 0
// and its only use of that.
std::optional<LoopVariable> VariableOfOneReader(const GraphView& view, int branch, int reader);

// The constant Enter that `input` comes from, directly or by way of Identity nodes; -1 for other
// inputs.
int ConstantEnter(const GraphView& view, Edge input);

// A constant Enter of the loop of `enter` for a value of serialized type `type`.
NodeDef ConstantEnterLike(const NodeDef& enter, const std::string& name, const std::string& input,
                          const std::string& type);

}  // namespace tf_mlc
