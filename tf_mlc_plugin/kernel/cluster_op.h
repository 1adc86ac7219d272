// tf_mlc_plugin/kernel/cluster_op.h: the op and kernel of a cluster.
#pragma once

namespace tf_mlc {

void RegisterClusterOp();

}  // namespace tf_mlc
