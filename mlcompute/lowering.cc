#include "mlcompute/lowering.h"

namespace mlcompute {

Value Lowering::Reshape(Value x, const std::vector<int64_t>& dims) {
  if (shape(x).dims() == dims) return x;
  return Append(Op::kReshape, {x}, {{"shape", dims}});
}

Value Lowering::Transpose(Value x, const std::vector<int64_t>& perm) {
  return Append(Op::kTranspose, {x}, {{"perm", perm}});
}

Value Lowering::Of(const TensorPtr& tensor) {
  const auto known = values_.find(tensor->id());
  if (known != values_.end()) return known->second;
  const Value value = program_.AddInput(tensor->type());
  Bind(*tensor, value);
  bound_.push_back(tensor);
  return value;
}

}  // namespace mlcompute
