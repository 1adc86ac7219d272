// mlcompute/optimizers/sgd.h: stochastic gradient descent (MLCSGDOptimizer).
#pragma once

#include "mlcompute/optimizer.h"

namespace mlcompute {

// Without momentum (0): w -= lr g. With it: m = momentum m + lr g, w -= m (Polyak 1964); Nesterov's
// (Sutskever et al. 2013): m = momentum m + g, w -= lr (g + momentum m). One state with momentum,
// none without.
class SgdOptimizer : public Optimizer {
 public:
  explicit SgdOptimizer(const OptimizerDescriptor& descriptor, float momentum_scale = 0,
                        bool uses_nesterov_momentum = false);

  float momentum_scale() const { return momentum_; }
  bool uses_nesterov_momentum() const { return nesterov_; }

  size_t state_count() const override { return momentum_ == 0 ? 0 : 1; }
  std::vector<float> Scalars() const override { return {learning_rate()}; }
  Value Step(const Terms& t, Value parameter, Value gradient, const std::vector<Value>& scalars,
             std::vector<Value>* states) const override;

 private:
  const float momentum_;
  const bool nesterov_;
};

}  // namespace mlcompute
