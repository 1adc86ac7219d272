#include "mlcompute/tensor_descriptor.h"

#include <algorithm>
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

TensorDescriptor TensorDescriptor::Sequences(std::vector<int64_t> lengths,
                                             int64_t feature_channel_count, bool sorted,
                                             DataType dtype) {
  int64_t longest = 0;
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] < 1) throw InvalidArgument("sequence length ", lengths[i], " is not positive");
    if (sorted && i > 0 && lengths[i] > lengths[i - 1]) {
      throw InvalidArgument("sorted sequence lengths must descend, got ", lengths[i], " after ",
                            lengths[i - 1]);
    }
    longest = std::max(longest, lengths[i]);
  }
  TensorDescriptor sequences(
      Shape{static_cast<int64_t>(lengths.size()), longest, feature_channel_count}, dtype);
  sequences.sequence_lengths_ = std::move(lengths);
  sequences.sorted_sequences_ = sorted;
  return sequences;
}

std::vector<int64_t> TensorDescriptor::batch_size_per_sequence_step() const {
  std::vector<int64_t> sizes;
  for (const int64_t length : sequence_lengths_) {
    if (sizes.size() < static_cast<size_t>(length)) sizes.resize(static_cast<size_t>(length), 0);
    for (int64_t t = 0; t < length; ++t) ++sizes[static_cast<size_t>(t)];
  }
  return sizes;
}

}  // namespace mlcompute
