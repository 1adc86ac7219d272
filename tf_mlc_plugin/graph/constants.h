// tf_mlc_plugin/graph/constants.h: what a constant waits for.
#pragma once

#include <set>
#include <string>

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// TensorFlow folds what it can into constants, each with control inputs from what the folded node
// read. In a loop or on a branch these have to stay. When they come from a node that a cluster
// will hold, all who read the constant would wait for the cluster, and what reads them could not
// be in it. So such a constant waits instead for all that enters the cluster on a way to that node:
// the same branch and frame, and no effect that came before it comes later.
void LoosenConstants(GraphDef* graph, const std::set<std::string, std::less<>>& preserved);

}  // namespace tf_mlc
