// tf_mlc_plugin/kernel/variable_kernels.h: kernels that let ops on variables be placed.
#pragma once

namespace tf_mlc {

// Registers a kernel for each of VariableOps(). TensorFlow places a node with its variable, where
// there must be a kernel; the graph optimizer replaces the node before it runs. A kernel that runs
// all the same says what to do.
void RegisterVariableKernels();

}  // namespace tf_mlc
