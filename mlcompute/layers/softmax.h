// mlcompute/layers/softmax.h: softmax and its logarithm along one axis (MLCSoftmaxLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/types.h"

namespace mlcompute {

// One floating-point source; the result has its shape. The default is the axis of channels, not the
// last one.
class SoftmaxLayer : public Layer {
 public:
  explicit SoftmaxLayer(SoftmaxOperation operation, int dimension = 1)
      : Layer("Softmax"), operation_(operation), dimension_(dimension) {}

  SoftmaxOperation operation() const { return operation_; }
  int dimension() const { return dimension_; }

 protected:
  std::string Detail() const override {
    return StrCat(NameOf(operation_), ", dimension ", dimension_);
  }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const SoftmaxOperation operation_;
  const int dimension_;
};

}  // namespace mlcompute
