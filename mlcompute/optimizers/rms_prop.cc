#include "mlcompute/optimizers/rms_prop.h"

#include "mlcompute/error.h"

namespace mlcompute {

RmsPropOptimizer::RmsPropOptimizer(const OptimizerDescriptor& descriptor, float momentum_scale,
                                   float alpha, float epsilon, bool is_centered)
    : Optimizer(descriptor),
      momentum_(momentum_scale),
      alpha_(alpha),
      epsilon_(epsilon),
      centered_(is_centered) {
  if (!(momentum_scale >= 0)) {
    throw InvalidArgument("RMSProp: momentum_scale ", momentum_scale, " is under 0");
  }
  if (!(alpha >= 0 && alpha <= 1)) {
    throw InvalidArgument("RMSProp: alpha ", alpha, " is not in [0, 1]");
  }
  if (!(epsilon >= 0)) throw InvalidArgument("RMSProp: epsilon ", epsilon, " is under 0");
}

Value RmsPropOptimizer::Step(const Terms& t, Value parameter, Value gradient,
                             const std::vector<Value>& scalars, std::vector<Value>* states) const {
  Value& n = states->front();
  n = Average(t, n, t.Square(gradient), double{alpha_});
  Value spread = n;
  if (centered_) {
    Value& mean = (*states)[1];
    mean = Average(t, mean, gradient, double{alpha_});
    spread = t.Sub(n, t.Square(mean));
    // A variance: what rounding makes of 0 may be negative.
    spread = t.Append(Op::kMaximum, {spread, t.Number(spread, 0)});
  }
  const Value root = t.Plus(t.Append(Op::kSqrt, {spread}), double{epsilon_});
  const Value step = t.Div(Scaled(t, scalars[0], gradient), root);
  if (momentum_ == 0) return t.Sub(parameter, step);
  Value& moved = states->back();
  moved = t.Sub(t.Times(moved, double{momentum_}), step);
  return t.Add(parameter, moved);
}

}  // namespace mlcompute
