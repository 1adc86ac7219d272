#include "mlcompute/layers/activation.h"

namespace mlcompute {
namespace {

using T = ActivationType;

// Writes formulas of one value.
class Formula {
 public:
  Formula(Lowering& to, Value x) : to_(to), x_(x) {}

  Value Unary(Op op, Value v) const { return to_.Append(op, {v}); }
  Value Binary(Op op, Value v, double number) const {
    return to_.Append(op, {v, to_.Scalar(x_, number)});
  }
  // Neither adds anything when it would not change `v`.
  Value Times(Value v, double number) const {
    return number == 1 ? v : Binary(Op::kMul, v, number);
  }
  Value Plus(Value v, double number) const { return number == 0 ? v : Binary(Op::kAdd, v, number); }
  Value Clip(Value v, double low, double high) const {
    return to_.Append(Op::kClipByValue, {v, to_.Scalar(x_, low), to_.Scalar(x_, high)});
  }
  Value Select(Value condition, Value yes, Value no) const {
    return to_.Append(Op::kSelect, {condition, yes, no});
  }
  Value Number(double number) const { return to_.Scalar(x_, number); }

  // x >= 0 ? x : slope * x
  Value Leaky(double slope) const {
    if (slope == 0) return Unary(Op::kRelu, x_);
    return to_.Append(Op::kLeakyRelu, {x_}, {{"alpha", slope}});
  }
  // x >= 0 ? x : scale * (exp(x / width) - 1)
  Value Exponential(double scale, double width) const {
    if (scale == 1 && width == 1) return Unary(Op::kElu, x_);
    const Value negative = Binary(Op::kMinimum, x_, 0);
    const Value below = Times(Unary(Op::kExpm1, Times(negative, 1 / width)), scale);
    return Select(Binary(Op::kGreaterEqual, x_, 0), x_, below);
  }

 private:
  Lowering& to_;
  const Value x_;
};

}  // namespace

ActivationDescriptor::ActivationDescriptor(ActivationType type) : type(type) {
  switch (type) {
    case T::kReLU:
      a = 0;
      break;
    case T::kLinear:
      b = 0;
      break;
    case T::kHardSigmoid:
      a = 0.2f, b = 0.5f;
      break;
    case T::kHardShrink:
    case T::kSoftShrink:
      a = 0.5f;
      break;
    // What the real framework says of its GELU layer: the constants of the tanh formula.
    case T::kGELU:
      a = 0.7978845608f, b = 0.044715f;
      break;
    default:
      break;
  }
}

ActivationDescriptor::ActivationDescriptor(ActivationType type, float a)
    : ActivationDescriptor(type) {
  this->a = a;
}

ActivationDescriptor::ActivationDescriptor(ActivationType type, float a, float b, float c)
    : type(type), a(a), b(b), c(c) {}

std::shared_ptr<ActivationLayer> ActivationLayer::Relu6() {
  return std::make_shared<ActivationLayer>(ActivationDescriptor(T::kReLUN, 0, 6));
}

std::shared_ptr<ActivationLayer> ActivationLayer::LeakyRelu() {
  return std::make_shared<ActivationLayer>(ActivationDescriptor(T::kReLU, 0.01f));
}

Value AppendActivation(Lowering& to, const ActivationDescriptor& descriptor, Value x) {
  if (!IsFloating(to.dtype(x))) {
    throw InvalidArgument("an activation takes floating point, got ", to.type(x).ToString());
  }
  const Formula f(to, x);
  const double a = descriptor.a;
  const double b = descriptor.b;
  switch (descriptor.type) {
    case T::kNone:
      return f.Unary(Op::kCopy, x);
    case T::kReLU:
      return f.Leaky(a);
    case T::kLinear:
      return a == 1 && b == 0 ? f.Unary(Op::kCopy, x) : f.Plus(f.Times(x, a), b);
    case T::kSigmoid:
      return f.Unary(Op::kSigmoid, x);
    case T::kHardSigmoid:
      return f.Clip(f.Plus(f.Times(x, a), b), 0, 1);
    case T::kTanh:
      return f.Times(f.Unary(Op::kTanh, f.Times(x, b)), a);
    case T::kAbsolute:
      return f.Unary(Op::kAbs, x);
    case T::kSoftPlus:
      return f.Times(f.Unary(Op::kSoftplus, f.Times(x, b)), a);
    case T::kSoftSign:
      return f.Unary(Op::kSoftsign, x);
    case T::kELU:
      return f.Exponential(a, 1);
    case T::kReLUN:
      return f.Binary(Op::kMinimum, f.Leaky(a), b);
    case T::kLogSigmoid:
      return f.Unary(Op::kNeg, f.Unary(Op::kSoftplus, f.Unary(Op::kNeg, x)));
    case T::kSELU:
      return f.Unary(Op::kSelu, x);
    case T::kCELU:
      return f.Exponential(a, a);
    case T::kHardShrink:
      return f.Select(f.Binary(Op::kGreater, f.Unary(Op::kAbs, x), a), x, f.Number(0));
    case T::kSoftShrink:
      return to.Append(Op::kSub, {x, f.Clip(x, -a, a)});
    case T::kTanhShrink:
      return to.Append(Op::kSub, {x, f.Unary(Op::kTanh, x)});
    case T::kThreshold:
      return f.Select(f.Binary(Op::kGreater, x, a), x, f.Number(b));
    case T::kGELU:
      return to.Append(Op::kGelu, {x}, {{"approximate", true}});
    case T::kHardSwish:
      return to.Append(Op::kMul, {x, f.Times(f.Clip(f.Plus(x, 3), 0, 6), 1.0 / 6)});
    case T::kClamp:
      return f.Clip(x, a, b);
  }
  throw InvalidArgument("there is no activation type ", static_cast<int>(descriptor.type));
}

std::vector<Value> ActivationLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  return {AppendActivation(to, descriptor_, sources[0])};
}

}  // namespace mlcompute
