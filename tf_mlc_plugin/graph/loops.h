// tf_mlc_plugin/graph/loops.h: while loops as one node.
#pragma once

#include <set>
#include <string>

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// Replaces while loops (Enter, Merge, Switch, NextIteration, Exit) that run on MLC as a whole by
// one _MlcLoop node each, so that a step costs what it computes and no scheduling. Taken are loops
// outside of branches and other loops, of clusters, nodes that have builders, and lists that they
// fill and read; a list may come from another such loop, as in a loop's gradient, and end in one or
// in a TensorListStack. Others stay. Runs after FormClusters(). Changes nothing with
// TF_MLC_LOOPS=0.
void FormLoops(GraphDef* graph, const std::set<std::string, std::less<>>& preserved);

}  // namespace tf_mlc
