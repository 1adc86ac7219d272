// mlcompute/layers/fully_connected.h: a matrix applied to features (MLCFullyConnectedLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// y = W x + b over the last axis of a source [..., I] of rank 2 to 4; result [..., O]. A source
// [N, I, 1, 1] gives [N, O, 1, 1].
//
// Weights are [1, O * I, 1, 1] or [1, O * I], in memory [O, I]: TensorFlow's kernel transposed.
// Biases are [1, O, 1, 1] or [1, O], or absent.
class FullyConnectedLayer : public Layer {
 public:
  // Throws Error(kInvalidArgument) for weights or biases of another shape or without data.
  FullyConnectedLayer(TensorPtr weights, TensorPtr biases, int64_t input_feature_channel_count,
                      int64_t output_feature_channel_count);

  int64_t input_feature_channel_count() const { return inputs_; }
  int64_t output_feature_channel_count() const { return outputs_; }
  const TensorPtr& weights() const { return weights_; }
  const TensorPtr& biases() const { return biases_; }  // may be null
  std::vector<TensorPtr> parameters() const override;

 protected:
  std::string Detail() const override { return StrCat(inputs_, " to ", outputs_); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const int64_t inputs_;
  const int64_t outputs_;
  const TensorPtr weights_;
  const TensorPtr biases_;
};

}  // namespace mlcompute
