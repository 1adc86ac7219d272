#include "mlcompute/program/rule.h"

namespace mlcompute {
namespace {

using Types = std::vector<TensorType>;

Types GetKeyCounter(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  rule.Indices(0);
  rule.Check(rule.shape(0) == Shape{2}, "seed must have shape [2], not ", rule.shape(0).ToString());
  return {{DataType::kUInt64, {1}}, {DataType::kUInt64, {2}}};
}

void CheckKeyCounter(const Rule& rule) {
  rule.Check(rule.inputs.size() >= 2, "takes a key and a counter");
  rule.Check(rule.dtype(0) == DataType::kUInt64 && rule.shape(0) == Shape{1},
             "key must be uint64[1], not ", rule.input(0).ToString());
  rule.Check(
      rule.dtype(1) == DataType::kUInt64 && rule.shape(1).rank() == 1 && rule.shape(1)[0] >= 1,
      "counter must be a uint64 vector of one element or more, not ", rule.input(1).ToString());
}

Types RandomFloats(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  CheckKeyCounter(rule);
  const DataType to = attributes.Type("to");
  rule.Check(IsFloating(to), "to = ", Name(to), " is not floating point");
  return {{to, rule.ShapeAttribute("shape")}};
}

bool IsWord(DataType t) { return IsInteger(t) && SizeOf(t) >= 4; }

Types RandomBits(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  CheckKeyCounter(rule);
  const DataType to = attributes.Type("to");
  rule.Check(IsWord(to), "to = ", Name(to), " is not an integer of 32 or 64 bits");
  return {{to, rule.ShapeAttribute("shape")}};
}

Types RandomUniformInt(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(4);
  CheckKeyCounter(rule);
  const DataType to = attributes.Type("to");
  rule.Check(IsWord(to), "to = ", Name(to), " is not an integer of 32 or 64 bits");
  for (const int i : {2, 3}) {
    rule.Check(rule.dtype(i) == to && rule.shape(i).rank() == 0, "bound ", i - 2,
               " must be a scalar of ", Name(to), ", not ", rule.input(i).ToString());
  }
  return {{to, rule.ShapeAttribute("shape")}};
}

}  // namespace

const std::vector<InferRow>& RandomRules() {
  static const std::vector<InferRow> rows = {
      {Op::kStatelessRandomGetKeyCounter, GetKeyCounter},
      {Op::kRandomUniform, RandomFloats},
      {Op::kRandomNormal, RandomFloats},
      {Op::kRandomTruncatedNormal, RandomFloats},
      {Op::kRandomBits, RandomBits},
      {Op::kRandomUniformInt, RandomUniformInt},
  };
  return rows;
}

}  // namespace mlcompute
