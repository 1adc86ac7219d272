// mlcompute/layers/arithmetic.h: elementwise functions of one or two sources (MLCArithmeticLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/types.h"

namespace mlcompute {

// Add, subtract, multiply, divide, pow, min, max and the two NoNaN operations take two sources of
// one type, whose shapes broadcast; the others take one. The result has the sources' type.
// MultiplyNoNaN and DivideNoNaN are 0 where the second source is 0. Round takes ties to even.
class ArithmeticLayer : public Layer {
 public:
  explicit ArithmeticLayer(ArithmeticOperation operation);

  ArithmeticOperation operation() const { return operation_; }

 protected:
  std::string Detail() const override { return std::string(NameOf(operation_)); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const ArithmeticOperation operation_;
};

}  // namespace mlcompute
