// mlcompute/layers/activation.h: elementwise activation functions (MLCActivationLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/types.h"

namespace mlcompute {

// A function and its parameters, whose defaults depend on it:
//
//   None         x
//   ReLU         x >= 0 ? x : a x                       a = 0
//   Linear       a x + b                                a = 1, b = 0
//   Sigmoid      1 / (1 + exp(-x))
//   HardSigmoid  min(max(a x + b, 0), 1)                a = 0.2, b = 0.5
//   Tanh         a tanh(b x)                            a = b = 1
//   Absolute     |x|
//   SoftPlus     a log(1 + exp(b x))                    a = b = 1
//   SoftSign     x / (1 + |x|)
//   ELU          x >= 0 ? x : a (exp(x) - 1)            a = 1
//   ReLUN        min(x >= 0 ? x : a x, b)               a = b = 1
//   LogSigmoid   log(1 / (1 + exp(-x)))
//   SELU         scaled ELU with the constants of its paper
//   CELU         max(0, x) + min(0, a (exp(x / a) - 1)) a = 1
//   HardShrink   |x| > a ? x : 0                        a = 0.5
//   SoftShrink   x > a ? x - a : x < -a ? x + a : 0     a = 0.5
//   TanhShrink   x - tanh(x)
//   Threshold    x > a ? x : b                          a = b = 1
//   GELU         x Phi(x), by tanh
//   HardSwish    x min(max(x + 3, 0), 6) / 6
//   Clamp        min(max(x, a), b)                      a = b = 1
struct ActivationDescriptor {
  explicit ActivationDescriptor(ActivationType type);
  ActivationDescriptor(ActivationType type, float a);
  ActivationDescriptor(ActivationType type, float a, float b, float c = 1);

  ActivationType type;
  float a = 1;
  float b = 1;
  float c = 1;  // no function uses it
};

// One floating-point source; the result has its shape and type.
class ActivationLayer : public Layer {
 public:
  explicit ActivationLayer(ActivationDescriptor descriptor)
      : Layer("Activation"), descriptor_(descriptor) {}

  // Those of MLCompute's factories whose parameters differ from the type's own.
  static std::shared_ptr<ActivationLayer> Relu6();      // ReLUN with a = 0, b = 6
  static std::shared_ptr<ActivationLayer> LeakyRelu();  // ReLU with a = 0.01

  const ActivationDescriptor& descriptor() const { return descriptor_; }

 protected:
  std::string Detail() const override { return std::string(NameOf(descriptor_.type)); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const ActivationDescriptor descriptor_;
};

// Appends the activation of `x`: layers with built-in activations use it too.
Value AppendActivation(Lowering& to, const ActivationDescriptor& descriptor, Value x);

}  // namespace mlcompute
