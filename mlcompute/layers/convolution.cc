#include "mlcompute/layers/convolution.h"

#include <utility>

namespace mlcompute {

ConvolutionLayer::ConvolutionLayer(TensorPtr weights, TensorPtr biases,
                                   const ConvolutionDescriptor& descriptor)
    : Layer("Convolution"),
      descriptor_(descriptor),
      weights_(std::move(weights)),
      biases_(std::move(biases)) {
  const std::string layer = "layer " + Describe();
  const int64_t in = descriptor.input_feature_channel_count;
  const int64_t out = descriptor.output_feature_channel_count;
  descriptor.window.Check(layer);
  if (in < 1 || out < 1 || descriptor.group_count < 1) {
    throw InvalidArgument(layer, ": ", in, " input channels, ", out, " output channels and ",
                          descriptor.group_count, " groups must be positive");
  }
  if (descriptor.type != ConvolutionType::kStandard && descriptor.group_count != 1) {
    throw InvalidArgument(layer, ": group count must be 1, got ", descriptor.group_count);
  }
  if (in % groups() != 0 || out % groups() != 0) {
    throw InvalidArgument(layer, ": ", in, " input and ", out,
                          " output channels do not divide into ", groups(), " groups");
  }
  const Yx& kernel = descriptor.window.size;
  CheckParameter(weights_, {{1, out * (in / groups()), kernel.y, kernel.x}}, "weights");
  if (biases_) CheckParameter(biases_, {{1, out, 1, 1}}, "biases");
}

int64_t ConvolutionLayer::groups() const {
  return descriptor_.type == ConvolutionType::kDepthwise ? descriptor_.input_feature_channel_count
                                                         : descriptor_.group_count;
}

std::vector<TensorPtr> ConvolutionLayer::parameters() const {
  return biases_ ? std::vector<TensorPtr>{weights_, biases_} : std::vector<TensorPtr>{weights_};
}

std::vector<Value> ConvolutionLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Value x = sources[0];
  const Shape& in = to.shape(x);
  const Window& window = descriptor_.window;
  const int64_t in_channels = descriptor_.input_feature_channel_count;
  const int64_t out_channels = descriptor_.output_feature_channel_count;
  CheckRank(in, 4);
  if (in[1] != in_channels) {
    throw InvalidArgument("takes ", in_channels, " channels, got ", in[1]);
  }
  const bool transposed = descriptor_.type == ConvolutionType::kTransposed;
  const Yx image = transposed ? ImageOf(window, {in[2], in[3]}) : Yx(in[2], in[3]);
  if (image.y < 1 || image.x < 1) {
    throw InvalidArgument("makes an empty image of ", in.ToString());
  }
  const Pads pads = PadsOf(window, image);
  const Value weights = to.Reshape(
      to.Of(weights_), {out_channels, in_channels / groups(), window.size.y, window.size.x});
  Attributes attributes = {{"strides", window.strides.numbers()},
                           {"dilations", window.dilations.numbers()},
                           {"pads_begin", pads.begin.numbers()},
                           {"pads_end", pads.end.numbers()},
                           {"groups", groups()},
                           {"channels_last", false}};
  Value y;
  if (transposed) {
    attributes.Set("input_shape", std::vector<int64_t>{in[0], out_channels, image.y, image.x});
    y = to.Append(Op::kConvolutionGradInput, {to.Transpose(weights, {2, 3, 0, 1}), x}, attributes);
  } else {
    y = to.Append(Op::kConvolution, {x, to.Transpose(weights, {2, 3, 1, 0})}, attributes);
  }
  if (biases_) y = to.Append(Op::kAdd, {y, to.Of(biases_)});
  return {y};
}

}  // namespace mlcompute
