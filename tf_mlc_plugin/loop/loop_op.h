// tf_mlc_plugin/loop/loop_op.h: the op and kernel of a loop that runs as one node.
#pragma once

namespace tf_mlc {

// Lists go from loop to loop as uint64 scalars, which hold them as long as TensorFlow holds their
// buffer.
void RegisterLoopOp();

}  // namespace tf_mlc
