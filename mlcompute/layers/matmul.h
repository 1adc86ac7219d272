// mlcompute/layers/matmul.h: products of matrices (MLCMatMulLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// alpha * x * y of the sources' last two axes, each transposed first if so told; leading axes
// broadcast, missing ones count as 1.
class MatMulLayer : public Layer {
 public:
  explicit MatMulLayer(float alpha = 1, bool transposes_x = false, bool transposes_y = false)
      : Layer("MatMul"), alpha_(alpha), transposes_x_(transposes_x), transposes_y_(transposes_y) {}

  float alpha() const { return alpha_; }
  bool transposes_x() const { return transposes_x_; }
  bool transposes_y() const { return transposes_y_; }

 protected:
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const float alpha_;
  const bool transposes_x_;
  const bool transposes_y_;
};

}  // namespace mlcompute
