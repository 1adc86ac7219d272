// tf_mlc_plugin/graph/clusters.h: joins nodes that MLC can compile into one node.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "kernels/cluster.h"
#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// The op a cluster becomes. It exists in rewritten graphs only, never in a saved one.
inline constexpr char kClusterOp[] = "_MlcCluster";
// Inside a cluster its inputs are called "_arg:0", "_arg:1", ...
inline constexpr char kArgumentName[] = "_arg";

// Replaces maximal groups of nodes placed on MLC that have builders, are free of effects and run
// under the same control flow by one _MlcCluster node each, without making a cycle. `preserved` are
// names that must stay nodes of the graph. Changes nothing when the graph has a cycle or a dangling
// input, which is TensorFlow's to report.
void FormClusters(GraphDef* graph, const std::set<std::string, std::less<>>& preserved);

// Reads the contents of a _MlcCluster node back: its attributes "nodes" and "outputs".
Cluster ParseCluster(const GraphDef& contents, int argument_count,
                     const std::vector<std::string>& outputs);

}  // namespace tf_mlc
