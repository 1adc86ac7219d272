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

void CheckKeyCounter(const Rule& rule, int first = 0) {
  const int next = first + 1;
  rule.Check(static_cast<int>(rule.inputs.size()) > next, "takes a key and a counter");
  rule.Check(rule.dtype(first) == DataType::kUInt64 && rule.shape(first) == Shape{1},
             "key must be uint64[1], not ", rule.input(first).ToString());
  rule.Check(rule.dtype(next) == DataType::kUInt64 && rule.shape(next).rank() == 1 &&
                 rule.shape(next)[0] >= 1,
             "counter must be a uint64 vector of one element or more, not ",
             rule.input(next).ToString());
}

bool IsIndex(DataType t) { return t == DataType::kInt32 || t == DataType::kInt64; }

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

Types RandomGamma(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(3);
  CheckKeyCounter(rule);
  const DataType to = attributes.Type("to");
  const Shape shape = rule.ShapeAttribute("shape");
  const Shape& alpha = rule.shape(2);
  rule.Check(IsFloating(to) && rule.dtype(2) == to,
             "alpha must be of the floating type to = ", Name(to), ", not ",
             rule.input(2).ToString());
  rule.Check(rule.input(2).elements() > 0, "alpha must have elements, not ", alpha.ToString());
  bool ends = shape.rank() >= alpha.rank();
  for (int i = 1; ends && i <= alpha.rank(); ++i) {
    ends = shape[shape.rank() - i] == alpha[alpha.rank() - i];
  }
  rule.Check(ends, "shape = ", shape.ToString(), " must end with alpha's, ", alpha.ToString());
  return {{to, shape}};
}

Types RandomCategorical(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(3);
  rule.Floating(0);
  rule.Rank(0, 2);
  CheckKeyCounter(rule, 1);
  rule.Check(rule.shape(0)[1] > 0, "logits must have classes, not ", rule.input(0).ToString());
  const int64_t samples = attributes.Int("samples");
  rule.Check(samples >= 0, "samples = ", samples, " is negative");
  const DataType to = attributes.Type("to");
  rule.Check(IsIndex(to), "to = ", Name(to), " is not int32 or int64");
  return {{to, {rule.shape(0)[0], samples}}};
}

Types RandomPermutation(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  CheckKeyCounter(rule);
  const DataType to = attributes.Type("to");
  rule.Check(IsIndex(to), "to = ", Name(to), " is not int32 or int64");
  const Shape shape = rule.ShapeAttribute("shape");
  rule.Check(shape.rank() == 1, "shape = ", shape.ToString(), " is not that of a vector");
  return {{to, shape}};
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
      {Op::kRandomGamma, RandomGamma},
      {Op::kRandomCategorical, RandomCategorical},
      {Op::kRandomPermutation, RandomPermutation},
  };
  return rows;
}

}  // namespace mlcompute
