// tf_mlc_plugin/graph/loop_reads.h: variables that loops only read.
#pragma once

#include <set>
#include <string>

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// Reads a variable on MLC that no step of a loop writes once before the loop: each step takes the
// value from there. For loops that are not on a branch or in another loop. What had to run before
// the first read still does, and what waits for the reads in the loop still waits for them.
void HoistReads(GraphDef* graph, const std::set<std::string, std::less<>>& preserved);

}  // namespace tf_mlc
