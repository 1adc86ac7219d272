// tf_mlc_plugin/graph/variable_ops.h: ops that take a variable and that nobody but TensorFlow can
// write kernels for.
#pragma once

#include "tf_mlc_plugin/graph/graph_def.h"

namespace tf_mlc {

// TensorFlow exports no interface for kernels that read or write a variable (up to 2.18 it did),
// and its own for ResourceGather, ResourceScatterAdd, ResourceApplyAdam, ... serve the CPU alone.
// Every one of those ops on MLC becomes ops which there are kernels for:
//   * ResourceGather and ResourceGatherNd: a read of the variable and GatherV2, GatherNd;
//   * any other: the op itself on a variable of the CPU that lives for that one moment, takes over
//     the value of each variable of the op and gives it back.
// Eager ops get the same from python/tf_mlc_plugin/variable_ops.py.
void ReplaceVariableOps(GraphDef* graph);

// The names of those ops.
const char* const* VariableOps(int* count);

}  // namespace tf_mlc
