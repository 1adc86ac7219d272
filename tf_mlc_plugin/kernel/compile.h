// tf_mlc_plugin/kernel/compile.h: the executables of all kernels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/cluster.h"
#include "mlcompute/backend/backend.h"
#include "mlcompute/backend/executable_cache.h"

namespace tf_mlc {

// All kernels share one cache. Never freed: kernels may run while the process exits.
mlcompute::ExecutableCache& Executables();

// `cluster` for these arguments; `op` names it in the log.
std::unique_ptr<mlcompute::Executable> Compile(const std::string& op, const Cluster& cluster,
                                               const std::vector<Argument>& arguments);

// A short key for a cluster that is read from `contents`, equal for equal contents: TensorFlow
// makes a kernel for every instance of a function.
std::string ContentsKey(const std::string& contents);

}  // namespace tf_mlc
