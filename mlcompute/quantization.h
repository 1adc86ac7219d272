// mlcompute/quantization.h: tensors of floating-point numbers as small integers, and back
// (MLCTensor's quantizing methods). The new tensors hold data of their own.
#pragma once

#include <optional>

#include "mlcompute/tensor.h"

namespace mlcompute {

// round(x / scale) + bias, ties to even, cut to what `type` (int8, uint8 or int32) can hold: the
// affine quantization of TensorFlow Lite. Throws Error(kInvalidArgument) unless `tensor` holds
// floating-point data and scale is positive.
TensorPtr Quantize(const Tensor& tensor, DataType type, float scale, int64_t bias);

// The same with a scale and bias for each index of `axis` (float32 and int32, as many elements as
// the axis is long), or without an axis for all elements (one element each).
TensorPtr Quantize(const Tensor& tensor, DataType type, const Tensor& scale, const Tensor& bias,
                   std::optional<int64_t> axis);

// (q - bias) * scale as float32, float16 or bfloat16, for int8, uint8 or int32 data.
TensorPtr Dequantize(const Tensor& tensor, DataType type, const Tensor& scale, const Tensor& bias,
                     std::optional<int64_t> axis);

}  // namespace mlcompute
