// mlcompute/layers/multihead_attention.h: scaled dot-product attention of several heads
// (MLCMultiheadAttentionLayer; Vaswani et al. 2017, "Attention Is All You Need", 3.2).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

struct MultiheadAttentionDescriptor {
  explicit MultiheadAttentionDescriptor(int64_t model, int64_t heads)
      : model_dimension(model), key_dimension(model), value_dimension(model), head_count(heads) {}

  int64_t model_dimension;
  int64_t key_dimension;  // of all heads together, as value_dimension
  int64_t value_dimension;
  int64_t head_count;
  float dropout = 0;  // of shares of attention (after softmax), while training only
  bool adds_zero_attention = false;
};

// Sources query [N, L, E], key [N, S, E], value [N, S, E] with E = model_dimension, then a key mask
// [N, S] (boolean) and an attention mask [1, L, S] or [N * heads, L, S] (boolean, or floating and
// added to the scores), each or none of them. Result [N, L, E]. True masks a position out; where
// all positions are masked the result is NaN.
//
// For each head: softmax(Q K^T / sqrt(key_dimension / heads) + mask) V, the heads side by side
// through the output weights.
class MultiheadAttentionLayer : public Layer {
 public:
  // weights: query and key [1, heads, key_dimension / heads, E], value
  // [1, heads, value_dimension / heads, E], output [1, 1, E, value_dimension]. biases, none or
  // four: [1, n] or [1, n, 1, 1] with n key, key, value_dimension, E. attention_biases, none or
  // two: a further key [1, key_dimension] and value [1, value_dimension], after projection. Throws
  // Error(kInvalidArgument).
  MultiheadAttentionLayer(const MultiheadAttentionDescriptor& descriptor,
                          std::vector<TensorPtr> weights, std::vector<TensorPtr> biases,
                          std::vector<TensorPtr> attention_biases);

  const MultiheadAttentionDescriptor& descriptor() const { return descriptor_; }
  const std::vector<TensorPtr>& weights() const { return weights_; }
  const std::vector<TensorPtr>& biases() const { return biases_; }
  const std::vector<TensorPtr>& attention_biases() const { return attention_biases_; }
  std::vector<TensorPtr> parameters() const override;

 protected:
  std::string Detail() const override { return StrCat(descriptor_.head_count, " heads"); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  Value Project(Lowering& to, Value x, size_t which, int64_t features) const;
  Value Extended(Lowering& to, Value sequence, size_t which) const;
  Value Heads(Lowering& to, Value x) const;
  Value Masked(Lowering& to, Value scores, Value mask, int64_t keys) const;

  const MultiheadAttentionDescriptor descriptor_;
  const std::vector<TensorPtr> weights_;
  const std::vector<TensorPtr> biases_;
  const std::vector<TensorPtr> attention_biases_;
};

}  // namespace mlcompute
