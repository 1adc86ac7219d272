#include "mlcompute/layers/softmax.h"

#include <numeric>
#include <utility>

namespace mlcompute {

std::vector<Value> SoftmaxLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Shape& x = to.shape(sources[0]);
  CheckDimension(dimension_, x);
  const Op op = operation_ == SoftmaxOperation::kSoftmax ? Op::kSoftmax : Op::kLogSoftmax;
  int64_t inner = 1;
  for (int i = dimension_ + 1; i < x.rank(); ++i) inner *= x[i];
  if (inner == 1) {  // [N, C, 1, 1]: the axis is the last one in all but name
    const std::vector<int64_t> flat(x.dims().begin(), x.dims().begin() + dimension_ + 1);
    return {to.Reshape(to.Append(op, {to.Reshape(sources[0], flat)}), x.dims())};
  }
  std::vector<int64_t> perm(static_cast<size_t>(x.rank()));
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[static_cast<size_t>(dimension_)], perm.back());
  return {to.Transpose(to.Append(op, {to.Transpose(sources[0], perm)}), perm)};
}

}  // namespace mlcompute
