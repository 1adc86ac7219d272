#include "mlcompute/layers/comparison.h"

namespace mlcompute {
namespace {

struct Row {
  ComparisonOperation operation;
  size_t sources;
  Op op;
  bool negated;
};

using C = ComparisonOperation;

constexpr Row kRows[] = {
    {C::kEqual, 2, Op::kEqual, false},
    {C::kNotEqual, 2, Op::kNotEqual, false},
    {C::kLess, 2, Op::kLess, false},
    {C::kGreater, 2, Op::kGreater, false},
    {C::kLessOrEqual, 2, Op::kLessEqual, false},
    {C::kGreaterOrEqual, 2, Op::kGreaterEqual, false},
    {C::kLogicalAnd, 2, Op::kLogicalAnd, false},
    {C::kLogicalOr, 2, Op::kLogicalOr, false},
    {C::kLogicalNot, 1, Op::kLogicalNot, false},
    {C::kLogicalNand, 2, Op::kLogicalAnd, true},
    {C::kLogicalNor, 2, Op::kLogicalOr, true},
    {C::kLogicalXor, 2, Op::kLogicalXor, false},
};

const Row& RowOf(ComparisonOperation operation) {
  for (const Row& row : kRows) {
    if (row.operation == operation) return row;
  }
  throw InvalidArgument("there is no comparison operation ", static_cast<int>(operation));
}

}  // namespace

ComparisonLayer::ComparisonLayer(ComparisonOperation operation)
    : Layer("Compare"), operation_(RowOf(operation).operation) {}

std::vector<Value> ComparisonLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  const Row& row = RowOf(operation_);
  SourceCount(sources, row.sources);
  const Value y = to.Append(row.op, sources);
  return {row.negated ? to.Append(Op::kLogicalNot, {y}) : y};
}

}  // namespace mlcompute
