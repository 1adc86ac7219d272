#include "mlcompute/layers/gather.h"

#include <numeric>
#include <utility>

namespace mlcompute {

void CheckIndices(const TensorType& indices, const TensorType& tensor, int dimension) {
  if (indices.dtype != DataType::kInt32 && indices.dtype != DataType::kInt64) {
    throw InvalidArgument("indices must be int32 or int64, got ", indices.ToString());
  }
  bool fits = indices.shape.rank() == tensor.shape.rank();
  for (int axis = 0; fits && axis < indices.shape.rank(); ++axis) {
    fits = axis == dimension || indices.shape[axis] <= tensor.shape[axis];
  }
  if (!fits) {
    throw InvalidArgument("indices ", indices.ToString(), " must have the rank of ",
                          tensor.ToString(), " and be no longer except along dimension ",
                          dimension);
  }
}

std::vector<Value> GatherLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 2);
  const Shape x = to.shape(sources[0]);
  CheckDimension(dimension_, x);
  CheckIndices(to.type(sources[1]), to.type(sources[0]), dimension_);
  const size_t rank = static_cast<size_t>(x.rank());
  const auto axis = static_cast<size_t>(dimension_);
  std::vector<int64_t> sizes = to.shape(sources[1]).dims();
  sizes[axis] = x[dimension_];
  Value from = sources[0];
  if (sizes != x.dims()) {
    from = to.Append(Op::kSlice, {from},
                     {{"begin", std::vector<int64_t>(rank, 0)},
                      {"strides", std::vector<int64_t>(rank, 1)},
                      {"sizes", sizes}});
  }
  // The axis comes last; all others are axes of a batch.
  std::vector<int64_t> perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[axis], perm.back());
  const bool last = axis + 1 == rank;
  const Value indices = last ? sources[1] : to.Transpose(sources[1], perm);
  if (!last) from = to.Transpose(from, perm);
  const auto batch = static_cast<int64_t>(rank) - 1;
  const Value y = to.Append(Op::kGather, {from, indices}, {{"axis", batch}, {"batch_dims", batch}});
  return {last ? y : to.Transpose(y, perm)};
}

}  // namespace mlcompute
