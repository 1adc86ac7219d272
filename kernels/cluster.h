// kernels/cluster.h: nodes that are compiled together into one Program.
//
// An eager op is a cluster of one node. Shapes are not known here: the same cluster is built again
// for every new signature.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/op_row.h"

namespace tf_mlc {

// Where a value comes from: output `port` of node `node`, or argument `port` when `node` is
// kArgument.
struct Source {
  static constexpr int kArgument = -1;
  int node;
  int port;
};

struct ClusterNode {
  Node node;
  const OpRow* row;
  std::vector<Source> inputs;
};

struct Cluster {
  int argument_count = 0;
  std::vector<ClusterNode> nodes;      // every node after those it reads from
  std::vector<Source> outputs;         // none: all outputs of the last node
  std::vector<bool> static_arguments;  // see FindStaticArguments()
};

// The row that takes `node`'s op and types, or nullptr.
const OpRow* FindRow(const Node& node);

// The cluster of one node: its inputs (and the generator's, see OpRow::blocks_of) are the
// arguments, its outputs those of the cluster.
Cluster SingleNode(Node node, const OpRow& row);

// Whether input `input` of `input_count` is static for `row`.
bool IsStaticInput(const OpRow& row, int input, int input_count);

// Sets cluster->static_arguments: the arguments whose contents some builder needs, directly or
// through nodes that can be computed when the program is built.
void FindStaticArguments(Cluster* cluster);

// An argument of one signature. `contents` must be set for static arguments.
struct Argument {
  TensorType type;
  const std::byte* contents = nullptr;
};

// The Program of the cluster for these arguments. Its inputs are all arguments in order, its
// outputs the cluster's outputs. What depends only on shapes and known contents is computed now.
// Errors name the op and node that does not fit.
Program BuildProgram(const Cluster& cluster, const std::vector<Argument>& arguments);

}  // namespace tf_mlc
