#include "mlcompute/program/rule.h"

namespace mlcompute {
namespace {

using Types = std::vector<TensorType>;

// Element types an operation is defined for.
enum class Domain { kAny, kNumbers, kFloats, kIntegers, kBool };

bool Allows(Domain domain, DataType t) {
  switch (domain) {
    case Domain::kAny:
      return t != DataType::kInvalid;
    case Domain::kNumbers:
      return IsFloating(t) || IsInteger(t);
    case Domain::kFloats:
      return IsFloating(t);
    case Domain::kIntegers:
      return IsInteger(t);
    case Domain::kBool:
      return t == DataType::kBool;
  }
  return false;
}

template <Domain kDomain>
void CheckDomain(const Rule& rule, int i) {
  rule.Check(Allows(kDomain, rule.dtype(i)), "is not defined for ", rule.input(i).ToString());
}

template <Domain kDomain>
Types Unary(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  CheckDomain<kDomain>(rule, 0);
  return {rule.input(0)};
}

Types LeakyRelu(Op op, const Types& inputs, const Attributes& attributes) {
  attributes.Double("alpha");
  return Unary<Domain::kFloats>(op, inputs, attributes);
}

Types Gelu(Op op, const Types& inputs, const Attributes& attributes) {
  attributes.Bool("approximate");
  return Unary<Domain::kFloats>(op, inputs, attributes);
}

Types UnaryTest(Op op, const Types& inputs, const Attributes& attributes) {
  Unary<Domain::kFloats>(op, inputs, attributes);
  return {{DataType::kBool, inputs[0].shape}};
}

Types Cast(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  Unary<Domain::kAny>(op, inputs, attributes);
  const DataType to = attributes.Type("to");
  rule.Check(to != DataType::kInvalid, "to = ", Name(to), " is not an element type");
  return {{to, rule.shape(0)}};
}

Types Bitcast(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  Unary<Domain::kAny>(op, inputs, attributes);
  const DataType to = attributes.Type("to");
  rule.Check(SizeOf(to) == SizeOf(rule.dtype()), "to = ", Name(to), " has another size than ",
             Name(rule.dtype()));
  return {{to, inputs[0].shape}};
}

template <Domain kDomain>
Types Binary(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  rule.SameType(0, 1);
  CheckDomain<kDomain>(rule, 0);
  return {{rule.dtype(), Broadcast(rule.shape(0), rule.shape(1))}};
}

template <Domain kDomain>
Types Comparison(Op op, const Types& inputs, const Attributes& attributes) {
  return {{DataType::kBool, Binary<kDomain>(op, inputs, attributes)[0].shape}};
}

Types Gradient(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  rule.SameType(0, 1);
  rule.Floating(0);
  rule.Check(rule.shape(0) == rule.shape(1), "inputs must have one shape, got ",
             rule.input(0).ToString(), " and ", rule.input(1).ToString());
  return {rule.input(0)};
}

// ReluGrad is defined for integers too.
Types NumberGradient(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  rule.SameType(0, 1);
  rule.Numeric(0);
  rule.Check(rule.shape(0) == rule.shape(1), "inputs must have one shape, got ",
             rule.input(0).ToString(), " and ", rule.input(1).ToString());
  return {rule.input(0)};
}

Types LeakyReluGrad(Op op, const Types& inputs, const Attributes& attributes) {
  attributes.Double("alpha");
  return Gradient(op, inputs, attributes);
}

Types Select(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(3);
  rule.Check(rule.dtype(0) == DataType::kBool, "the condition must be bool, got ",
             rule.input(0).ToString());
  rule.SameType(1, 2);
  return {{rule.dtype(1), Broadcast(rule.shape(0), Broadcast(rule.shape(1), rule.shape(2)))}};
}

Types ClipByValue(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(3);
  rule.SameType(0, 1);
  rule.SameType(0, 2);
  rule.Numeric(0);
  return {{rule.dtype(), Broadcast(rule.shape(0), Broadcast(rule.shape(1), rule.shape(2)))}};
}

Types Fused(Op op, const Types&, const Attributes&) {
  throw Internal(Name(op), " has a body: Program::AppendFused() makes it");
}

}  // namespace

const std::vector<InferRow>& ElementwiseRules() {
  constexpr auto kNumbers = Domain::kNumbers;
  constexpr auto kFloats = Domain::kFloats;
  static const std::vector<InferRow> rows = {
      {Op::kCopy, Unary<Domain::kAny>},
      {Op::kAbs, Unary<kNumbers>},
      {Op::kNeg, Unary<kNumbers>},
      {Op::kSign, Unary<kNumbers>},
      {Op::kReciprocal, Unary<kFloats>},
      {Op::kSquare, Unary<kNumbers>},
      {Op::kSqrt, Unary<kFloats>},
      {Op::kRsqrt, Unary<kFloats>},
      {Op::kExp, Unary<kFloats>},
      {Op::kExpm1, Unary<kFloats>},
      {Op::kLog, Unary<kFloats>},
      {Op::kLog1p, Unary<kFloats>},
      {Op::kSin, Unary<kFloats>},
      {Op::kCos, Unary<kFloats>},
      {Op::kTan, Unary<kFloats>},
      {Op::kAsin, Unary<kFloats>},
      {Op::kAcos, Unary<kFloats>},
      {Op::kAtan, Unary<kFloats>},
      {Op::kSinh, Unary<kFloats>},
      {Op::kCosh, Unary<kFloats>},
      {Op::kTanh, Unary<kFloats>},
      {Op::kAsinh, Unary<kFloats>},
      {Op::kAcosh, Unary<kFloats>},
      {Op::kAtanh, Unary<kFloats>},
      {Op::kErf, Unary<kFloats>},
      {Op::kErfc, Unary<kFloats>},
      {Op::kLgamma, Unary<kFloats>},
      {Op::kDigamma, Unary<kFloats>},
      {Op::kErfinv, Unary<kFloats>},
      {Op::kNdtri, Unary<kFloats>},
      {Op::kCeil, Unary<kFloats>},
      {Op::kFloor, Unary<kFloats>},
      {Op::kRound, Unary<kNumbers>},
      {Op::kSigmoid, Unary<kFloats>},
      {Op::kRelu, Unary<kNumbers>},
      {Op::kRelu6, Unary<kNumbers>},
      {Op::kLeakyRelu, LeakyRelu},
      {Op::kElu, Unary<kFloats>},
      {Op::kSelu, Unary<kFloats>},
      {Op::kSoftplus, Unary<kFloats>},
      {Op::kSoftsign, Unary<kFloats>},
      {Op::kGelu, Gelu},
      {Op::kLogicalNot, Unary<Domain::kBool>},
      {Op::kBitwiseNot, Unary<Domain::kIntegers>},
      {Op::kIsNan, UnaryTest},
      {Op::kIsInf, UnaryTest},
      {Op::kIsFinite, UnaryTest},
      {Op::kCast, Cast},
      {Op::kBitcast, Bitcast},
      {Op::kAdd, Binary<kNumbers>},
      {Op::kSub, Binary<kNumbers>},
      {Op::kMul, Binary<kNumbers>},
      {Op::kDiv, Binary<kNumbers>},
      {Op::kDivNoNan, Binary<kFloats>},
      {Op::kMulNoNan, Binary<kFloats>},
      {Op::kFloorDiv, Binary<kNumbers>},
      {Op::kTruncDiv, Binary<kNumbers>},
      {Op::kFloorMod, Binary<kNumbers>},
      {Op::kTruncMod, Binary<kNumbers>},
      {Op::kPow, Binary<kNumbers>},
      {Op::kMaximum, Binary<kNumbers>},
      {Op::kMinimum, Binary<kNumbers>},
      {Op::kSquaredDifference, Binary<kNumbers>},
      {Op::kAtan2, Binary<kFloats>},
      {Op::kXdivy, Binary<kFloats>},
      {Op::kXlogy, Binary<kFloats>},
      {Op::kXlog1py, Binary<kFloats>},
      {Op::kNextAfter, Binary<kFloats>},
      {Op::kBitwiseAnd, Binary<Domain::kIntegers>},
      {Op::kBitwiseOr, Binary<Domain::kIntegers>},
      {Op::kBitwiseXor, Binary<Domain::kIntegers>},
      {Op::kLeftShift, Binary<Domain::kIntegers>},
      {Op::kRightShift, Binary<Domain::kIntegers>},
      {Op::kLogicalAnd, Binary<Domain::kBool>},
      {Op::kLogicalOr, Binary<Domain::kBool>},
      {Op::kLogicalXor, Binary<Domain::kBool>},
      {Op::kEqual, Comparison<Domain::kAny>},
      {Op::kNotEqual, Comparison<Domain::kAny>},
      {Op::kLess, Comparison<kNumbers>},
      {Op::kLessEqual, Comparison<kNumbers>},
      {Op::kGreater, Comparison<kNumbers>},
      {Op::kGreaterEqual, Comparison<kNumbers>},
      {Op::kTanhGrad, Gradient},
      {Op::kSigmoidGrad, Gradient},
      {Op::kSqrtGrad, Gradient},
      {Op::kRsqrtGrad, Gradient},
      {Op::kReciprocalGrad, Gradient},
      {Op::kReluGrad, NumberGradient},
      {Op::kRelu6Grad, NumberGradient},
      {Op::kLeakyReluGrad, LeakyReluGrad},
      {Op::kEluGrad, Gradient},
      {Op::kSeluGrad, Gradient},
      {Op::kSoftplusGrad, Gradient},
      {Op::kSoftsignGrad, Gradient},
      {Op::kSelect, Select},
      {Op::kClipByValue, ClipByValue},
      {Op::kFused, Fused},
      {Op::kBlocked, Fused},
  };
  return rows;
}

}  // namespace mlcompute
