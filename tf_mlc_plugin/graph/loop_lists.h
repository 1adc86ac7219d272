// tf_mlc_plugin/graph/loop_lists.h: lists that loops fill for their gradients.
#pragma once

#include <set>
#include <string>

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// The gradient of a loop takes what the steps read from lists, last step first. For what is the
// same in all steps (see HoistReads()) the gradient's loop takes the value itself, and neither
// loop carries the list.
void DropListsOfConstants(GraphDef* graph, const std::set<std::string, std::less<>>& preserved);

}  // namespace tf_mlc
