// tf_mlc_plugin/graph/variables.h: turns variable updates into values and assignments.
#pragma once

#include <set>
#include <string>

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// Follows each variable on MLC through the graph and passes its value on directly:
//   * a read after an assignment takes the assigned value,
//   * a read after a read takes the first one's result,
//   * AssignAdd and AssignSub of something computed from the variable become an addition or
//     subtraction and an assignment of the result; others stay, and are computed a second time for
//     those who read the variable after them.
// So an optimizer's arithmetic is no longer cut in pieces by the variables it updates, and can be
// one cluster; assigning a fresh buffer costs no copy. Only variables whose accesses are plain, run
// under the same control flow and are ordered by the graph are touched. `preserved` nodes stay;
// writes among them may become other ops of the same effect, reads may lose their readers.
void ForwardVariables(GraphDef* graph, const std::set<std::string, std::less<>>& preserved);

}  // namespace tf_mlc
