// mlcompute/optimizers/rms_prop.h: gradients divided by their recent magnitude
// (MLCRMSPropOptimizer).
#pragma once

#include "mlcompute/optimizer.h"

namespace mlcompute {

// Tieleman and Hinton 2012: n = alpha n + (1 - alpha) g^2; the step is lr g / (sqrt(n) + epsilon).
// Centered (Graves 2013): a = alpha a + (1 - alpha) g, and sqrt(n - a^2) in the place of sqrt(n).
// Without momentum w -= step; with it d = momentum d - step, w += d. States: n; a if centered; d
// with momentum.
class RmsPropOptimizer : public Optimizer {
 public:
  explicit RmsPropOptimizer(const OptimizerDescriptor& descriptor, float momentum_scale = 0,
                            float alpha = 0.99f, float epsilon = 1e-8f, bool is_centered = false);

  float momentum_scale() const { return momentum_; }
  float alpha() const { return alpha_; }
  float epsilon() const { return epsilon_; }
  bool is_centered() const { return centered_; }

  size_t state_count() const override {
    return 1u + (centered_ ? 1 : 0) + (momentum_ != 0 ? 1 : 0);
  }
  std::vector<float> Scalars() const override { return {learning_rate()}; }
  Value Step(const Terms& t, Value parameter, Value gradient, const std::vector<Value>& scalars,
             std::vector<Value>* states) const override;

 private:
  const float momentum_;
  const float alpha_;
  const float epsilon_;
  const bool centered_;
};

}  // namespace mlcompute
