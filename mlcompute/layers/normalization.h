// mlcompute/layers/normalization.h: layers that bring mean and variance to 0 and 1
// (MLCBatchNormalizationLayer, MLCInstanceNormalizationLayer, MLCGroupNormalizationLayer,
// MLCLayerNormalizationLayer).
//
// All compute (x - mean) / sqrt(variance + epsilon) * gamma + beta; gamma or beta may be null for 1
// or 0. Variances are those of all elements (divided by their number). Constructors throw
// Error(kInvalidArgument) for parameters of another shape or without data.
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// What the four have in common.
class NormalizationLayer : public Layer {
 public:
  const TensorPtr& beta() const { return beta_; }    // may be null
  const TensorPtr& gamma() const { return gamma_; }  // may be null
  float variance_epsilon() const { return epsilon_; }
  std::vector<TensorPtr> parameters() const override;

 protected:
  NormalizationLayer(std::string_view kind, TensorPtr beta, TensorPtr gamma, float epsilon);

  void CheckParameters(const Shape& shape) const;

  struct Statistics {
    Value mean, variance;
  };
  // Of `x` over `axes`, which stay as axes of 1.
  static Statistics StatisticsOf(Lowering& to, Value x, const std::vector<int64_t>& axes);

  // The formula, for statistics that broadcast against x and gamma and beta reshaped to `affine`.
  Value Normalize(Lowering& to, Value x, Value mean, Value variance,
                  const std::vector<int64_t>& affine) const;
  // The same with the statistics of `x` over `axes`.
  Value NormalizeOver(Lowering& to, Value x, const std::vector<int64_t>& axes,
                      const std::vector<int64_t>& affine) const;

 private:
  const TensorPtr beta_;
  const TensorPtr gamma_;
  const float epsilon_;
};

// Per channel, axis 1 of a source [N, C, ...], with the given statistics. All tensors are
// [1, C, 1, 1]. Training uses the batch's own statistics and keeps
// running = momentum * running + (1 - momentum) * batch in mean and variance.
class BatchNormalizationLayer : public NormalizationLayer {
 public:
  BatchNormalizationLayer(int64_t feature_channel_count, TensorPtr mean, TensorPtr variance,
                          TensorPtr beta, TensorPtr gamma, float variance_epsilon,
                          float momentum = 0.99f);

  int64_t feature_channel_count() const { return channels_; }
  const TensorPtr& mean() const { return mean_; }
  const TensorPtr& variance() const { return variance_; }
  float momentum() const { return momentum_; }
  std::vector<TensorPtr> statistics() const override { return {mean_, variance_}; }

 protected:
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const int64_t channels_;
  const TensorPtr mean_;
  const TensorPtr variance_;
  const float momentum_;
};

// Per sample and channel over H and W of a source [N, C, H, W]. With running statistics, both or
// none, inference uses those, as PyTorch's InstanceNorm2d; training keeps
// running = momentum * running + (1 - momentum) * (mean over the batch). All are [1, C, 1, 1].
class InstanceNormalizationLayer : public NormalizationLayer {
 public:
  InstanceNormalizationLayer(int64_t feature_channel_count, TensorPtr mean, TensorPtr variance,
                             TensorPtr beta, TensorPtr gamma, float variance_epsilon,
                             float momentum = 0.99f);

  int64_t feature_channel_count() const { return channels_; }
  const TensorPtr& mean() const { return mean_; }          // may be null
  const TensorPtr& variance() const { return variance_; }  // may be null
  float momentum() const { return momentum_; }
  std::vector<TensorPtr> statistics() const override {
    return mean_ ? std::vector<TensorPtr>{mean_, variance_} : std::vector<TensorPtr>{};
  }

 protected:
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const int64_t channels_;
  const TensorPtr mean_;
  const TensorPtr variance_;
  const float momentum_;
};

// Per sample over groups of neighbouring channels and all of space, of a source [N, C, ...]. beta
// and gamma are [1, C, 1, 1].
class GroupNormalizationLayer : public NormalizationLayer {
 public:
  GroupNormalizationLayer(int64_t feature_channel_count, int64_t group_count, TensorPtr beta,
                          TensorPtr gamma, float variance_epsilon);

  int64_t feature_channel_count() const { return channels_; }
  int64_t group_count() const { return groups_; }

 protected:
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const int64_t channels_;
  const int64_t groups_;
};

// Over the source's last axes, which must be `normalized_shape`. beta and gamma have that shape, or
// one axis with as many elements.
class LayerNormalizationLayer : public NormalizationLayer {
 public:
  LayerNormalizationLayer(Shape normalized_shape, TensorPtr beta, TensorPtr gamma,
                          float variance_epsilon);

  const Shape& normalized_shape() const { return shape_; }

 protected:
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const Shape shape_;
};

}  // namespace mlcompute
