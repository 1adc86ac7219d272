// mlcompute/layers/convolution.h: convolution of images and its relatives (MLCConvolutionLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/layers/window.h"

namespace mlcompute {

struct ConvolutionDescriptor {
  ConvolutionType type = ConvolutionType::kStandard;
  Window window;  // policy Same unless it is set
  int64_t input_feature_channel_count;
  int64_t output_feature_channel_count;  // depthwise: a multiple of the inputs
  int64_t group_count = 1;               // 1 for transposed and depthwise
};

// One source [N, I, H, W]; result [N, O, H', W']. Cross-correlation, as in TensorFlow.
//
// Weights are [1, O * I / groups, kernel height, kernel width]; in memory the output channel is
// outermost, then the input channel of the group. Depthwise they are [1, O, height, width], output
// channel i * multiplier + m belonging to input i. Transposed is the gradient of a convolution from
// O to I channels, as TensorFlow's, with weights described and laid out as the standard ones.
// Biases are [1, O, 1, 1] or absent.
class ConvolutionLayer : public Layer {
 public:
  // Throws Error(kInvalidArgument) for weights or biases of another shape or without data, channels
  // that do not divide into groups, sizes under 1.
  ConvolutionLayer(TensorPtr weights, TensorPtr biases, const ConvolutionDescriptor& descriptor);

  const ConvolutionDescriptor& descriptor() const { return descriptor_; }
  const TensorPtr& weights() const { return weights_; }
  const TensorPtr& biases() const { return biases_; }  // may be null
  std::vector<TensorPtr> parameters() const override;

 protected:
  std::string Detail() const override { return std::string(NameOf(descriptor_.type)); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  int64_t groups() const;

  const ConvolutionDescriptor descriptor_;
  const TensorPtr weights_;
  const TensorPtr biases_;
};

}  // namespace mlcompute
