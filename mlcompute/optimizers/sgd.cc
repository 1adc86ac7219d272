#include "mlcompute/optimizers/sgd.h"

#include "mlcompute/error.h"

namespace mlcompute {

SgdOptimizer::SgdOptimizer(const OptimizerDescriptor& descriptor, float momentum_scale,
                           bool uses_nesterov_momentum)
    : Optimizer(descriptor), momentum_(momentum_scale), nesterov_(uses_nesterov_momentum) {
  if (!(momentum_scale >= 0)) {
    throw InvalidArgument("SGD: momentum_scale ", momentum_scale, " is under 0");
  }
}

Value SgdOptimizer::Step(const Terms& t, Value parameter, Value gradient,
                         const std::vector<Value>& scalars, std::vector<Value>* states) const {
  const Value rate = scalars[0];
  if (momentum_ == 0) return t.Sub(parameter, Scaled(t, rate, gradient));
  Value& m = states->front();
  const Value kept = t.Times(m, double{momentum_});
  if (!nesterov_) {
    m = t.Add(kept, Scaled(t, rate, gradient));
    return t.Sub(parameter, m);
  }
  m = t.Add(kept, gradient);
  return t.Sub(parameter, Scaled(t, rate, t.Add(gradient, t.Times(m, double{momentum_}))));
}

}  // namespace mlcompute
