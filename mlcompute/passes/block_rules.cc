#include "mlcompute/passes/block_rules.h"

#include <algorithm>

#include "mlcompute/passes/elementwise.h"

namespace mlcompute {
namespace {

using Answer = std::optional<std::vector<bool>>;

// What broadcasts along the first axis, or has fewer axes, is read as a whole.
Answer Elementwise(const std::vector<TensorType>& inputs, const Shape& result) {
  std::vector<bool> split;
  for (const TensorType& type : inputs) {
    split.push_back(type.shape.rank() == result.rank() && type.shape[0] == result[0]);
  }
  return split;
}

bool Reduces(const Operation& operation, int64_t axis) {
  const std::vector<int64_t>& axes = operation.attributes.Ints("axes");
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

}  // namespace

bool Splits(const TensorType& type, int64_t n) {
  return type.shape.rank() > 0 && type.shape[0] > 0 && type.shape[0] % n == 0;
}

Answer SplitInputs(const Program& program, const Operation& operation, int64_t n) {
  for (const Value v : operation.results) {
    if (!Splits(program.type(v), n)) return {};
  }
  std::vector<TensorType> inputs;
  for (const Value v : operation.inputs) inputs.push_back(program.type(v));
  const Shape& result = program.type(operation.results[0]).shape;
  if (IsElementwise(operation.op)) return Elementwise(inputs, result);
  if (inputs.empty() || !Splits(inputs[0], n)) return {};
  const Shape& x = inputs[0].shape;
  if (Kind(operation.op) == OpKind::kReduction) {
    return Reduces(operation, 0) ? Answer() : std::vector<bool>{true};
  }
  switch (operation.op) {
    case Op::kReshape:
      return std::vector<bool>{true};
    case Op::kTranspose:
      return operation.attributes.Ints("perm")[0] == 0 ? std::vector<bool>{true} : Answer();
    case Op::kSoftmax:
    case Op::kLogSoftmax:
      return x.rank() > 1 ? std::vector<bool>{true} : Answer();
    case Op::kMatMul:
      if (x.rank() < 3 || inputs[1].shape.rank() != x.rank() || inputs[1].shape[0] != x[0]) {
        return {};
      }
      return std::vector<bool>{true, true};
    default:
      return {};
  }
}

Attributes OfBlock(const Operation& operation, int64_t n) {
  Attributes attributes = operation.attributes;
  if (operation.op == Op::kReshape) {
    std::vector<int64_t> shape = attributes.Ints("shape");
    shape[0] /= n;
    attributes.Set("shape", shape);
  }
  return attributes;
}

TensorType BlockType(const TensorType& type, int64_t n) {
  TensorType block = type;
  block.shape[0] /= n;
  return block;
}

}  // namespace mlcompute
