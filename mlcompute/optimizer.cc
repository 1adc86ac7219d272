#include "mlcompute/optimizer.h"

#include <optional>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

Value SumOfSquares(const Terms& t, Value gradient) {
  if (t.dtype(gradient) != DataType::kFloat32) {
    gradient = t.Append(Op::kCast, {gradient}, {{"to", DataType::kFloat32}});
  }
  return t.SumAll(t.Square(gradient));
}

// maximum / max(norm, maximum): what brings `norm` down to `maximum`.
Value Shrinking(const Terms& t, Value norm, double maximum) {
  const Value limit = t.Number(norm, maximum);
  return t.Div(limit, t.Append(Op::kMaximum, {norm, limit}));
}

}  // namespace

Optimizer::Optimizer(const OptimizerDescriptor& descriptor, bool decays_weights)
    : descriptor_(descriptor),
      decays_weights_(decays_weights),
      learning_rate_(descriptor.learning_rate),
      applies_gradient_clipping_(descriptor.applies_gradient_clipping) {
  if (!(descriptor.gradient_clip_min <= descriptor.gradient_clip_max)) {
    throw InvalidArgument("optimizer: gradient_clip_min ", descriptor.gradient_clip_min,
                          " is not under gradient_clip_max ", descriptor.gradient_clip_max);
  }
  if (!(descriptor.maximum_clipping_norm > 0)) {
    throw InvalidArgument("optimizer: maximum_clipping_norm ", descriptor.maximum_clipping_norm,
                          " must be positive");
  }
  if (!(descriptor.custom_global_norm >= 0)) {
    throw InvalidArgument("optimizer: custom_global_norm ", descriptor.custom_global_norm,
                          " must be positive, or 0 for the norm of all gradients");
  }
}

Optimizer::Optimizer(const Optimizer& other)
    : descriptor_(other.descriptor_),
      decays_weights_(other.decays_weights_),
      learning_rate_(other.learning_rate()),
      applies_gradient_clipping_(other.applies_gradient_clipping()) {}

Value Optimizer::Scaled(const Terms& t, Value scalar, Value x) {
  if (t.dtype(x) != t.dtype(scalar)) scalar = t.Append(Op::kCast, {scalar}, {{"to", t.dtype(x)}});
  return t.Mul(x, scalar);
}

Value Optimizer::Average(const Terms& t, Value old, Value now, double keep) {
  return t.Add(t.Times(old, keep), t.Times(now, 1 - keep));
}

std::vector<Value> Optimizer::Clipped(const Terms& t, std::vector<Value> gradients) const {
  const double maximum = descriptor_.maximum_clipping_norm;
  switch (descriptor_.gradient_clipping_type) {
    case GradientClippingType::kByValue:
      for (Value& g : gradients) {
        g = t.Append(Op::kClipByValue, {g, t.Number(g, double{descriptor_.gradient_clip_min}),
                                        t.Number(g, double{descriptor_.gradient_clip_max})});
      }
      break;
    case GradientClippingType::kByNorm:
      for (Value& g : gradients) {
        const Value norm = t.Append(Op::kSqrt, {SumOfSquares(t, g)});
        g = Scaled(t, Shrinking(t, norm, maximum), g);
      }
      break;
    case GradientClippingType::kByGlobalNorm: {
      std::optional<Value> norm;
      if (descriptor_.custom_global_norm != 0) {
        norm = t.program().AddScalar(DataType::kFloat32, double{descriptor_.custom_global_norm});
      } else {
        for (const Value g : gradients) {
          const Value squares = SumOfSquares(t, g);
          norm = norm ? t.Add(*norm, squares) : squares;
        }
        norm = t.Append(Op::kSqrt, {*norm});
      }
      const Value factor = Shrinking(t, *norm, maximum);
      for (Value& g : gradients) g = Scaled(t, factor, g);
      break;
    }
  }
  return gradients;
}

std::vector<Value> Optimizer::Prepare(const Terms& t, const std::vector<Value>& parameters,
                                      std::vector<Value> gradients) const {
  if (gradients.empty()) return gradients;
  if (applies_gradient_clipping_) gradients = Clipped(t, std::move(gradients));
  const double scale = descriptor_.regularization_scale;
  for (size_t i = 0; i < gradients.size(); ++i) {
    Value& g = gradients[i];
    if (descriptor_.gradient_rescale != 1) g = t.Times(g, double{descriptor_.gradient_rescale});
    if (decays_weights_ || scale == 0) continue;
    if (descriptor_.regularization_type == RegularizationType::kL1) {
      g = t.Add(g, t.Times(t.Append(Op::kSign, {parameters[i]}), scale));
    } else if (descriptor_.regularization_type == RegularizationType::kL2) {
      g = t.Add(g, t.Times(parameters[i], scale));
    }
  }
  return gradients;
}

}  // namespace mlcompute
