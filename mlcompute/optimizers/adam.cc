#include "mlcompute/optimizers/adam.h"

#include <cmath>

#include "mlcompute/error.h"

namespace mlcompute {

AdamOptimizer::AdamOptimizer(const OptimizerDescriptor& descriptor, float beta1, float beta2,
                             float epsilon, bool uses_ams_grad, uint64_t time_step,
                             bool decays_weights)
    : Optimizer(descriptor, decays_weights),
      beta1_(beta1),
      beta2_(beta2),
      epsilon_(epsilon),
      ams_grad_(uses_ams_grad),
      time_step_(time_step) {
  if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
    throw InvalidArgument("Adam: beta1 ", beta1, " and beta2 ", beta2, " must be in [0, 1)");
  }
  if (!(epsilon >= 0)) throw InvalidArgument("Adam: epsilon ", epsilon, " is under 0");
  if (time_step == 0) throw InvalidArgument("Adam: time_step counts from 1");
}

AdamOptimizer::AdamOptimizer(const AdamOptimizer& other)
    : Optimizer(other),
      beta1_(other.beta1_),
      beta2_(other.beta2_),
      epsilon_(other.epsilon_),
      ams_grad_(other.ams_grad_),
      time_step_(other.time_step()) {}

std::vector<float> AdamOptimizer::Scalars() const {
  const double rate = learning_rate();
  const auto t = static_cast<double>(time_step());
  const double correction =
      std::sqrt(1 - std::pow(double{beta2_}, t)) / (1 - std::pow(double{beta1_}, t));
  return {static_cast<float>(rate * correction), static_cast<float>(rate)};
}

Value AdamOptimizer::Step(const Terms& t, Value parameter, Value gradient,
                          const std::vector<Value>& scalars, std::vector<Value>* states) const {
  Value& m = (*states)[0];
  Value& v = (*states)[1];
  m = Average(t, m, gradient, double{beta1_});
  v = Average(t, v, t.Square(gradient), double{beta2_});
  Value spread = v;
  if (ams_grad_) {
    Value& largest = (*states)[2];
    largest = t.Append(Op::kMaximum, {largest, v});
    spread = largest;
  }
  const Value root = t.Plus(t.Append(Op::kSqrt, {spread}), double{epsilon_});
  return t.Sub(parameter, t.Div(Scaled(t, scalars[0], m), root));
}

Value AdamWOptimizer::Step(const Terms& t, Value parameter, Value gradient,
                           const std::vector<Value>& scalars, std::vector<Value>* states) const {
  const Value decay = t.Times(parameter, double{descriptor().regularization_scale});
  const Value decayed = t.Sub(parameter, Scaled(t, scalars[1], decay));
  return AdamOptimizer::Step(t, decayed, gradient, scalars, states);
}

}  // namespace mlcompute
