#include "mlcompute/layers/matmul.h"

namespace mlcompute {

std::vector<Value> MatMulLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 2);
  const Value y = to.Append(Op::kMatMul, sources,
                            {{"transpose_a", transposes_x_}, {"transpose_b", transposes_y_}});
  if (alpha_ == 1) return {y};
  return {to.Append(Op::kMul, {y, to.Scalar(y, double{alpha_})})};
}

}  // namespace mlcompute
