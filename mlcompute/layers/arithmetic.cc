#include "mlcompute/layers/arithmetic.h"

#include <cmath>

namespace mlcompute {
namespace {

struct Row {
  ArithmeticOperation operation;
  size_t sources;
  Op op;
};

using A = ArithmeticOperation;

// Exp2 and log2 have no operation of their own: Lower().
constexpr Row kRows[] = {
    {A::kAdd, 2, Op::kAdd},
    {A::kSubtract, 2, Op::kSub},
    {A::kMultiply, 2, Op::kMul},
    {A::kDivide, 2, Op::kDiv},
    {A::kFloor, 1, Op::kFloor},
    {A::kRound, 1, Op::kRound},
    {A::kCeil, 1, Op::kCeil},
    {A::kSqrt, 1, Op::kSqrt},
    {A::kRsqrt, 1, Op::kRsqrt},
    {A::kSin, 1, Op::kSin},
    {A::kCos, 1, Op::kCos},
    {A::kTan, 1, Op::kTan},
    {A::kAsin, 1, Op::kAsin},
    {A::kAcos, 1, Op::kAcos},
    {A::kAtan, 1, Op::kAtan},
    {A::kSinh, 1, Op::kSinh},
    {A::kCosh, 1, Op::kCosh},
    {A::kTanh, 1, Op::kTanh},
    {A::kAsinh, 1, Op::kAsinh},
    {A::kAcosh, 1, Op::kAcosh},
    {A::kAtanh, 1, Op::kAtanh},
    {A::kPow, 2, Op::kPow},
    {A::kExp, 1, Op::kExp},
    {A::kExp2, 1, Op::kPow},
    {A::kLog, 1, Op::kLog},
    {A::kLog2, 1, Op::kLog},
    {A::kMultiplyNoNaN, 2, Op::kMulNoNan},
    {A::kDivideNoNaN, 2, Op::kDivNoNan},
    {A::kMin, 2, Op::kMinimum},
    {A::kMax, 2, Op::kMaximum},
};

const Row& RowOf(ArithmeticOperation operation) {
  for (const Row& row : kRows) {
    if (row.operation == operation) return row;
  }
  throw InvalidArgument("there is no arithmetic operation ", static_cast<int>(operation));
}

}  // namespace

ArithmeticLayer::ArithmeticLayer(ArithmeticOperation operation)
    : Layer("Arithmetic"), operation_(RowOf(operation).operation) {}

std::vector<Value> ArithmeticLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  const Row& row = RowOf(operation_);
  SourceCount(sources, row.sources);
  if (operation_ == A::kExp2) return {to.Append(row.op, {to.Scalar(sources[0], 2), sources[0]})};
  const Value y = to.Append(row.op, sources);
  if (operation_ == A::kLog2) return {to.Append(Op::kMul, {y, to.Scalar(y, 1 / std::log(2.0))})};
  return {y};
}

}  // namespace mlcompute
