// tf_mlc_plugin/kernel/tensor_proto.h: reads a serialized TensorProto.
#pragma once

#include <string_view>

#include "kernels/node.h"

namespace tf_mlc {

// False for types without a DataType, unknown shapes and contents that do not fit the shape.
bool ReadTensorProto(std::string_view bytes, TensorAttr* tensor);

// Reads a TensorShapeProto; false when the rank is unknown. Unknown axes are -1.
bool ReadShapeProto(std::string_view bytes, Shape* shape);

}  // namespace tf_mlc
