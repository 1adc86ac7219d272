#include "mlcompute/tensor_descriptor.h"

#include <limits>
#include <utility>

#include "mlcompute/error.h"
#include "mlcompute/types.h"

namespace mlcompute {

TensorDescriptor::TensorDescriptor(Shape shape, DataType dtype) : type_{dtype, std::move(shape)} {
  CheckTensorDataType(dtype);
  const Shape& s = type_.shape;
  if (s.rank() < 1 || s.rank() > kMaxTensorDimensions) {
    throw InvalidArgument("tensor shape ", s.ToString(), " has ", s.rank(),
                          " axes; tensors have 1 to ", kMaxTensorDimensions);
  }
  int64_t room = std::numeric_limits<int64_t>::max() / static_cast<int64_t>(SizeOf(dtype));
  for (const int64_t d : s.dims()) {
    if (d < 1) throw InvalidArgument("tensor shape ", s.ToString(), " holds a size under 1");
    if ((room /= d) == 0) throw InvalidArgument("tensor shape ", s.ToString(), " is too large");
  }
}

TensorDescriptor TensorDescriptor::Image(int64_t width, int64_t height,
                                         int64_t feature_channel_count, int64_t batch_size,
                                         DataType dtype) {
  return TensorDescriptor({batch_size, feature_channel_count, height, width}, dtype);
}

TensorDescriptor TensorDescriptor::ConvolutionWeights(int64_t width, int64_t height,
                                                      int64_t input_feature_channel_count,
                                                      int64_t output_feature_channel_count,
                                                      DataType dtype) {
  TensorDescriptor weights(
      {1, output_feature_channel_count * input_feature_channel_count, height, width}, dtype);
  weights.fan_in_ = input_feature_channel_count * height * width;
  weights.fan_out_ = output_feature_channel_count * height * width;
  return weights;
}

TensorDescriptor TensorDescriptor::ConvolutionBiases(int64_t feature_channel_count,
                                                     DataType dtype) {
  return TensorDescriptor({1, feature_channel_count, 1, 1}, dtype);
}

std::vector<int64_t> TensorDescriptor::stride() const {
  std::vector<int64_t> strides = type_.shape.Strides();
  for (int64_t& stride : strides) stride *= static_cast<int64_t>(SizeOf(type_.dtype));
  return strides;
}

}  // namespace mlcompute
