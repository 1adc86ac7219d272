// tf_mlc_plugin/graph/host_conditions.h: conditions of loops, computed where they are read.
#pragma once

#include <set>
#include <string>

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// TensorFlow compares int32 counters in host memory and reads a loop's condition there, while
// LogicalAnd of the two is a kernel of the device. Every value that changes between the two kinds
// of memory is sent and received, even on one device, and that takes longer than the step of a
// small cell. Such LogicalAnd, LogicalOr and LogicalNot become clusters with arguments and results
// in host memory. Nodes in `preserved` stay.
void MoveConditionsToTheHost(GraphDef* graph, const std::set<std::string, std::less<>>& preserved);

}  // namespace tf_mlc
