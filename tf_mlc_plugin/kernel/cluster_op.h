// tf_mlc_plugin/kernel/cluster_op.h: the op and kernel of a cluster.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/cluster.h"
#include "tensorflow/c/kernels.h"

namespace tf_mlc {

void RegisterClusterOp();

// What a _MlcCluster node holds, and a key that is equal for equal clusters.
std::pair<std::string, Cluster> ReadCluster(const Node& node);

// An attribute that is a list of strings; empty when absent.
std::vector<std::string> StringsOf(const Node& node, std::string_view attr);

// Defines a private op of device and host arguments and results whose attributes "nodes" and
// "outputs" say what it computes, and registers its kernel.
void RegisterPrivateOp(const char* name, void* (*create)(TF_OpKernelConstruction*));

}  // namespace tf_mlc
