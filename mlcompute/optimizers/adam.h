// mlcompute/optimizers/adam.h: adaptive moments (MLCAdamOptimizer, MLCAdamWOptimizer).
#pragma once

#include <atomic>
#include <cstdint>

#include "mlcompute/optimizer.h"

namespace mlcompute {

// Kingma and Ba 2015, in the form before their section 2.1, where epsilon is "epsilon hat":
//   m = beta1 m + (1 - beta1) g      v = beta2 v + (1 - beta2) g^2
//   w -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)
// States m, v. With AMSGrad (Reddi et al. 2018) a third one, the largest v so far, takes v's place
// in the last line. t counts updates from `time_step`.
class AdamOptimizer : public Optimizer {
 public:
  explicit AdamOptimizer(const OptimizerDescriptor& descriptor, float beta1 = 0.9f,
                         float beta2 = 0.999f, float epsilon = 1e-8f, bool uses_ams_grad = false,
                         uint64_t time_step = 1)
      : AdamOptimizer(descriptor, beta1, beta2, epsilon, uses_ams_grad, time_step, false) {}

  AdamOptimizer(const AdamOptimizer& other);  // goes on with the step that is next

  float beta1() const { return beta1_; }
  float beta2() const { return beta2_; }
  float epsilon() const { return epsilon_; }
  bool uses_ams_grad() const { return ams_grad_; }
  uint64_t time_step() const { return time_step_; }  // of the next update

  size_t state_count() const override { return ams_grad_ ? 3 : 2; }
  std::vector<float> Scalars() const override;
  void Advance() override { ++time_step_; }
  Value Step(const Terms& t, Value parameter, Value gradient, const std::vector<Value>& scalars,
             std::vector<Value>* states) const override;

 protected:
  AdamOptimizer(const OptimizerDescriptor& descriptor, float beta1, float beta2, float epsilon,
                bool uses_ams_grad, uint64_t time_step, bool decays_weights);

 private:
  const float beta1_;
  const float beta2_;
  const float epsilon_;
  const bool ams_grad_;
  std::atomic<uint64_t> time_step_;
};

// Adam with decoupled weight decay (Loshchilov and Hutter 2019): also w -= lr * decay * w, where
// the descriptor's regularization_scale is the decay, whatever its regularization_type.
class AdamWOptimizer : public AdamOptimizer {
 public:
  explicit AdamWOptimizer(const OptimizerDescriptor& descriptor, float beta1 = 0.9f,
                          float beta2 = 0.999f, float epsilon = 1e-8f, bool uses_ams_grad = false,
                          uint64_t time_step = 1)
      : AdamOptimizer(descriptor, beta1, beta2, epsilon, uses_ams_grad, time_step, true) {}

  Value Step(const Terms& t, Value parameter, Value gradient, const std::vector<Value>& scalars,
             std::vector<Value>* states) const override;
};

}  // namespace mlcompute
