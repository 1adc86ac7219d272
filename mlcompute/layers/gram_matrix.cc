#include "mlcompute/layers/gram_matrix.h"

namespace mlcompute {

std::vector<Value> GramMatrixLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Shape& in = to.shape(sources[0]);
  CheckRank(in, 4);
  const Value x = to.Reshape(sources[0], {in[0], 1, in[1], in[2] * in[3]});
  const Value y = to.Append(Op::kMatMul, {x, x}, {{"transpose_a", false}, {"transpose_b", true}});
  if (scale_ == 1) return {y};
  return {to.Append(Op::kMul, {y, to.Scalar(y, double{scale_})})};
}

}  // namespace mlcompute
