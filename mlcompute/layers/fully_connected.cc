#include "mlcompute/layers/fully_connected.h"

#include <utility>

namespace mlcompute {

FullyConnectedLayer::FullyConnectedLayer(TensorPtr weights, TensorPtr biases,
                                         int64_t input_feature_channel_count,
                                         int64_t output_feature_channel_count)
    : Layer("FullyConnected"),
      inputs_(input_feature_channel_count),
      outputs_(output_feature_channel_count),
      weights_(std::move(weights)),
      biases_(std::move(biases)) {
  if (inputs_ < 1 || outputs_ < 1) {
    throw InvalidArgument("layer ", Describe(), ": channel counts must be positive");
  }
  const int64_t n = outputs_ * inputs_;
  CheckParameter(weights_, {{1, n, 1, 1}, {1, n}}, "weights");
  if (biases_) CheckParameter(biases_, {{1, outputs_, 1, 1}, {1, outputs_}}, "biases");
}

std::vector<TensorPtr> FullyConnectedLayer::parameters() const {
  return biases_ ? std::vector<TensorPtr>{weights_, biases_} : std::vector<TensorPtr>{weights_};
}

std::vector<Value> FullyConnectedLayer::Lower(Lowering& to,
                                              const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Shape x = to.shape(sources[0]);
  if (x.rank() < 2) throw InvalidArgument("takes a source of rank 2 to 4, got ", x.ToString());
  const bool image = x.rank() == 4 && x[1] == inputs_ && x[2] == 1 && x[3] == 1;
  const int features = image ? 1 : x.rank() - 1;
  if (x[features] != inputs_) {
    throw InvalidArgument("takes ", inputs_, " features along the last axis, or [N, ", inputs_,
                          ", 1, 1], got ", x.ToString());
  }
  const Value rows = to.Reshape(sources[0], {x.elements() / inputs_, inputs_});
  const Value weights = to.Reshape(to.Of(weights_), {outputs_, inputs_});
  Value y =
      to.Append(Op::kMatMul, {rows, weights}, {{"transpose_a", false}, {"transpose_b", true}});
  if (biases_) y = to.Append(Op::kAdd, {y, to.Reshape(to.Of(biases_), {outputs_})});
  Shape result = x;
  result[features] = outputs_;
  return {to.Reshape(y, result.dims())};
}

}  // namespace mlcompute
