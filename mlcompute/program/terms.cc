#include "mlcompute/program/terms.h"

#include <numeric>

namespace mlcompute {

Value Terms::Sum(Value x, std::vector<int64_t> axes, bool keep_dims) const {
  return Append(Op::kReduceSum, {x}, {{"axes", std::move(axes)}, {"keep_dims", keep_dims}});
}

Value Terms::SumAll(Value x) const {
  std::vector<int64_t> axes(static_cast<size_t>(shape(x).rank()));
  std::iota(axes.begin(), axes.end(), 0);
  return axes.empty() ? x : Sum(x, std::move(axes), false);
}

Value Terms::Reshape(Value x, const std::vector<int64_t>& dims) const {
  return shape(x).dims() == dims ? x : Append(Op::kReshape, {x}, {{"shape", dims}});
}

Value Terms::Transpose(Value x, const std::vector<int64_t>& perm) const {
  return Append(Op::kTranspose, {x}, {{"perm", perm}});
}

Value Terms::BroadcastTo(Value x, const std::vector<int64_t>& dims) const {
  return shape(x).dims() == dims ? x : Append(Op::kBroadcastTo, {x}, {{"shape", dims}});
}

Value Terms::Zeros(const TensorType& type) const {
  return BroadcastTo(program_->AddScalar(type.dtype, 0), type.shape.dims());
}

Value Terms::MatMul(Value a, Value b, bool transpose_a, bool transpose_b) const {
  return Append(Op::kMatMul, {a, b}, {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
}

Value Terms::Slice(Value x, const std::vector<int64_t>& begin,
                   const std::vector<int64_t>& sizes) const {
  return Append(
      Op::kSlice, {x},
      {{"begin", begin}, {"strides", std::vector<int64_t>(sizes.size(), 1)}, {"sizes", sizes}});
}

}  // namespace mlcompute
