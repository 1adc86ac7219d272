#include "mlcompute/layers/reshape.h"

namespace mlcompute {

ReshapeLayer::ReshapeLayer(Shape shape)
    : Layer("Reshape"), shape_(TensorDescriptor(std::move(shape)).shape()) {}

std::vector<Value> ReshapeLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  Shape shape = shape_;
  shape[0] = to.Rows(shape[0]);
  return {to.Append(Op::kReshape, sources, {{"shape", shape.dims()}})};
}

}  // namespace mlcompute
