// tf_mlc_plugin/graph/candidates.h: which nodes a cluster may hold.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "kernels/cluster.h"
#include "tf_mlc_plugin/graph/graph_view.h"

namespace tf_mlc {

// What clustering needs to know of a node.
struct Candidate {
  const OpRow* row = nullptr;  // nullptr: the node stays as it is
  // The same, also for a node that needs contents which may change from run to run.
  const OpRow* row_of_any_contents = nullptr;
  std::vector<int> input_types;
  std::vector<int> output_types;  // TensorFlow's DataType values

  bool is_constant = false;  // a Const small enough to be copied into every cluster that reads it
};

std::vector<Candidate> FindCandidates(const GraphView& view, const std::vector<int>& order,
                                      const std::set<std::string, std::less<>>& preserved);

}  // namespace tf_mlc
