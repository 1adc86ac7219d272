// mlcompute/layers/embedding.h: rows of a table (MLCEmbeddingLayer).
#pragma once

#include <optional>

#include "mlcompute/layer.h"

namespace mlcompute {

struct EmbeddingDescriptor {
  int64_t embedding_count;
  int64_t embedding_dimension;
  std::optional<int64_t> padding_index = std::nullopt;  // this row counts as zeros
  // Rows with a larger norm are scaled to it.
  std::optional<float> maximum_norm = std::nullopt;
  float p_norm = 2;  // of that norm: positive, may be infinity
  // Divides a row's gradient by how often it was picked; forward does not depend on it.
  bool scales_gradient_by_frequency = false;
};

// One source of indices (int32 or int64) of rank 1 to 3; the result has their shape and
// embedding_dimension as last axis. An index out of range is an error of the execution.
class EmbeddingLayer : public Layer {
 public:
  // weights: [count, dimension] or [1, count, dimension]. Throws Error(kInvalidArgument).
  EmbeddingLayer(const EmbeddingDescriptor& descriptor, TensorPtr weights);

  const EmbeddingDescriptor& descriptor() const { return descriptor_; }
  const TensorPtr& weights() const { return weights_; }
  std::vector<TensorPtr> parameters() const override { return {weights_}; }

 protected:
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  Value Bounded(Lowering& to, Value rows) const;
  Value Rarity(Lowering& to, Value indices, DataType type) const;

  const EmbeddingDescriptor descriptor_;
  const TensorPtr weights_;
};

}  // namespace mlcompute
