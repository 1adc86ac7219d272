// mlcompute/optimizer.h: how training changes parameters (MLCOptimizer).
//
// A gradient g of a parameter w is prepared in this order: it is clipped, multiplied by
// gradient_rescale, and the derivative of the regularization is added. The rules of the optimizers
// are in optimizers/.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "mlcompute/program/terms.h"
#include "mlcompute/types.h"

namespace mlcompute {

struct OptimizerDescriptor {
  explicit OptimizerDescriptor(float learning_rate) : learning_rate(learning_rate) {}

  float learning_rate;
  float gradient_rescale = 1;

  // L1: regularization_scale * sign(w) is added to g; L2: regularization_scale * w.
  RegularizationType regularization_type = RegularizationType::kNone;
  float regularization_scale = 0;

  // By value: g to [gradient_clip_min, gradient_clip_max]. By norm: g is scaled so that its L2 norm
  // is no more than maximum_clipping_norm. By global norm: the same with the norm of all gradients
  // together, or with custom_global_norm in its place if that is not 0.
  bool applies_gradient_clipping = false;
  GradientClippingType gradient_clipping_type = GradientClippingType::kByValue;
  float gradient_clip_max = 1;
  float gradient_clip_min = -1;
  float maximum_clipping_norm = 1;
  float custom_global_norm = 0;
};

class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer& operator=(const Optimizer&) = delete;

  // Both may be changed between steps; the next update takes the new value.
  float learning_rate() const { return learning_rate_; }
  void set_learning_rate(float learning_rate) { learning_rate_ = learning_rate; }
  bool applies_gradient_clipping() const { return applies_gradient_clipping_; }
  void set_applies_gradient_clipping(bool applies) { applies_gradient_clipping_ = applies; }

  // As it was given; learning_rate() and applies_gradient_clipping() may have changed since.
  const OptimizerDescriptor& descriptor() const { return descriptor_; }

  // How many tensors of a parameter's shape are kept for it between steps. They begin as zeros.
  virtual size_t state_count() const = 0;

  // Numbers that change from step to step, for the next update: inputs of the program, so that it
  // stays the same. All float32.
  virtual std::vector<float> Scalars() const = 0;
  // After an update.
  virtual void Advance() {}

  // Appends the preparation of all gradients, in the order of `parameters`.
  std::vector<Value> Prepare(const Terms& t, const std::vector<Value>& parameters,
                             std::vector<Value> gradients) const;
  // Appends the update of one parameter with its prepared gradient; returns the new parameter and
  // replaces `states` by the new ones. `scalars` are the values of Scalars().
  virtual Value Step(const Terms& t, Value parameter, Value gradient,
                     const std::vector<Value>& scalars, std::vector<Value>* states) const = 0;

 protected:
  // Throws Error(kInvalidArgument) for numbers that make no sense. `decays_weights`: the
  // regularization is no part of the gradient.
  explicit Optimizer(const OptimizerDescriptor& descriptor, bool decays_weights = false);
  Optimizer(const Optimizer& other);

  // number * x, for a scalar of float32 and x of any type.
  static Value Scaled(const Terms& t, Value scalar, Value x);
  // keep * old + (1 - keep) * now
  static Value Average(const Terms& t, Value old, Value now, double keep);

 private:
  std::vector<Value> Clipped(const Terms& t, std::vector<Value> gradients) const;

  const OptimizerDescriptor descriptor_;
  const bool decays_weights_;
  std::atomic<float> learning_rate_;
  std::atomic<bool> applies_gradient_clipping_;
};

}  // namespace mlcompute
