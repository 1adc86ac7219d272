// mlcompute/layers/reshape.h: the same elements in another shape (MLCReshapeLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// `shape` has as many elements as the source. Where its first size is the batch, it follows the
// batch size of an execution.
class ReshapeLayer : public Layer {
 public:
  explicit ReshapeLayer(Shape shape);

  const Shape& shape() const { return shape_; }

 protected:
  std::string Detail() const override { return shape_.ToString(); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const Shape shape_;
};

}  // namespace mlcompute
