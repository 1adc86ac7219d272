// kernels/bad_indices.h: what an op of indices does with those that are out of range.
#pragma once

#include <string>

#include "kernels/builder.h"

namespace tf_mlc {

// Throws unless the policy is to fail: other ones want indices checked before anything is written.
// TensorFlow 2.16 has no such attribute.
inline void CheckBadIndicesPolicy(const Node& node) {
  if (!node.Find("bad_indices_policy")) return;
  const std::string& policy = node.String("bad_indices_policy");
  if (policy.empty() || policy == "DEFAULT" || policy == "ERROR") return;
  if (policy == "IGNORE") throw mlcompute::Unimplemented("bad_indices_policy = 'IGNORE'");
  throw mlcompute::InvalidArgument("bad_indices_policy = '", policy,
                                   "' is none of DEFAULT, ERROR and IGNORE");
}

}  // namespace tf_mlc
