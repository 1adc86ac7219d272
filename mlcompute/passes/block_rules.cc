#include "mlcompute/passes/block_rules.h"

#include <algorithm>

#include "mlcompute/passes/elementwise.h"

namespace mlcompute {
namespace {

using Answer = std::optional<BlockRule>;

bool ReducesRows(const Operation& operation) {
  const std::vector<int64_t>& axes = operation.attributes.Ints("axes");
  return std::find(axes.begin(), axes.end(), 0) != axes.end();
}

// What broadcasts along the first axis, or has fewer axes, is read as a whole.
BlockRule Elementwise(const Program& program, const Operation& operation) {
  const Shape& result = program.type(operation.results[0]).shape;
  BlockRule rule;
  for (const Value v : operation.inputs) {
    const Shape& shape = program.type(v).shape;
    rule.split.push_back(shape.rank() > 0 && shape.rank() == result.rank() &&
                         shape[0] == result[0]);
  }
  return rule;
}

// Not yet whether what is split can be.
Answer RuleOfKind(const Program& program, const Operation& operation) {
  if (operation.inputs.empty()) return {};
  if (IsElementwise(operation.op)) return Elementwise(program, operation);
  const TensorType& x = program.type(operation.inputs[0]);
  const bool can_sum = IsFloating(x.dtype) && x.dtype != DataType::kFloat64;
  if (Kind(operation.op) == OpKind::kReduction) {
    if (!ReducesRows(operation)) return BlockRule{{true}};
    return operation.op == Op::kReduceSum && can_sum ? BlockRule{{true}, true} : Answer();
  }
  switch (operation.op) {
    case Op::kReshape:
    case Op::kMaxPool:
    case Op::kAvgPool:
    case Op::kAvgPoolGrad:
      return BlockRule{{true}};
    case Op::kMaxPoolGrad:
      return BlockRule{{true, true, true}};
    case Op::kTranspose:
      return x.shape.rank() > 0 && operation.attributes.Ints("perm")[0] == 0 ? BlockRule{{true}}
                                                                             : Answer();
    case Op::kSoftmax:
    case Op::kLogSoftmax:
      return x.shape.rank() > 1 ? BlockRule{{true}} : Answer();
    case Op::kMatMul: {
      const Shape& b = program.type(operation.inputs[1]).shape;
      const bool fits = x.shape.rank() > 2 && b.rank() == x.shape.rank() && b[0] == x.shape[0];
      return fits ? BlockRule{{true, true}} : Answer();
    }
    case Op::kConvolution:
      return BlockRule{{true, false}};
    case Op::kConvolutionGradInput:
      return BlockRule{{false, true}};
    case Op::kConvolutionGradFilter:
      return can_sum ? BlockRule{{true, true}, true} : Answer();
    default:
      return {};
  }
}

}  // namespace

bool Splits(const TensorType& type, int64_t n) {
  return type.shape.rank() > 0 && type.shape[0] > 0 && type.shape[0] % n == 0;
}

Answer RuleOf(const Program& program, const Operation& operation, int64_t n) {
  const Answer rule = RuleOfKind(program, operation);
  if (!rule) return {};
  for (size_t i = 0; i < operation.inputs.size(); ++i) {
    if (rule->split[i] && !Splits(program.type(operation.inputs[i]), n)) return {};
  }
  for (const Value v : operation.results) {
    if (!rule->is_sum && !Splits(program.type(v), n)) return {};
  }
  return rule;
}

Attributes OfBlock(const Operation& operation, int64_t n) {
  Attributes attributes = operation.attributes;
  for (const char* name : {"shape", "input_shape"}) {
    if (!attributes.Has(name)) continue;
    std::vector<int64_t> shape = attributes.Ints(name);
    shape[0] /= n;
    attributes.Set(name, shape);
  }
  return attributes;
}

TensorType BlockType(const TensorType& type, int64_t n) {
  TensorType block = type;
  block.shape[0] /= n;
  return block;
}

}  // namespace mlcompute
