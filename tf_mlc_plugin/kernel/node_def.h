// tf_mlc_plugin/kernel/node_def.h: reads TensorFlow's serialized NodeDef into a Node.
//
// Only the fields builders need are read, with a wire-format reader: linking protobuf would tie the
// library to one TensorFlow version.
#pragma once

#include <string_view>

#include "kernels/node.h"

namespace tf_mlc {

// TensorFlow's DataType enum value to ours and back; kInvalid / 0 (DT_INVALID) for types without a
// counterpart.
DataType DataTypeFromTf(int tf_type);
int TfFromDataType(DataType type);

// Attributes whose name starts with '_' are left out: they are TensorFlow's own marks and never
// change what an op computes. Throws Error(kInvalidArgument) for bytes that are not a NodeDef.
Node ParseNodeDef(std::string_view bytes);

}  // namespace tf_mlc
