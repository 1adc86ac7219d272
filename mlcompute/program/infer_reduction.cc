#include "mlcompute/program/rule.h"

namespace mlcompute {
namespace {

using Types = std::vector<TensorType>;

Types Reduced(const Rule& rule) {
  rule.InputCount(1);
  const Shape& x = rule.shape(0);
  const std::vector<int64_t>& axes = rule.attributes.Ints("axes");
  const bool keep_dims = rule.attributes.Bool("keep_dims");
  std::vector<bool> reduced(static_cast<size_t>(x.rank()), false);
  int64_t previous = -1;
  for (const int64_t axis : axes) {
    rule.Check(axis > previous && axis < x.rank(), "axes = ", Shape(axes).ToString(),
               " are not sorted, unique axes of ", rule.input(0).ToString());
    reduced[static_cast<size_t>(axis)] = true;
    previous = axis;
  }
  std::vector<int64_t> dims;
  for (int i = 0; i < x.rank(); ++i) {
    if (!reduced[static_cast<size_t>(i)]) {
      dims.push_back(x[i]);
    } else if (keep_dims) {
      dims.push_back(1);
    }
  }
  return {{rule.dtype(), Shape(std::move(dims))}};
}

Types ReduceNumbers(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  Types result = Reduced(rule);
  rule.Numeric(0);
  return result;
}

Types Moments(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  const Types result = Reduced(rule);
  rule.Floating(0);
  return {result[0], result[0]};
}

Types ReduceBool(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  Types result = Reduced(rule);
  rule.Check(rule.dtype() == DataType::kBool, "input 0 must be bool, got ",
             rule.input(0).ToString());
  return result;
}

Types ArgReduction(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  rule.RankAtLeast(0, 1);
  const Shape& x = rule.shape(0);
  const auto axis = static_cast<int>(rule.IntIn("axis", 0, x.rank()));
  const DataType to = attributes.Type("to");
  rule.Check(IsInteger(to), "to = ", Name(to), " is not an integer type");
  rule.Check(x[axis] > 0, "axis ", axis, " of ", rule.input(0).ToString(), " is empty");
  std::vector<int64_t> dims = x.dims();
  dims.erase(dims.begin() + axis);
  return {{to, Shape(std::move(dims))}};
}

Types Cumulative(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  rule.RankAtLeast(0, 1);
  rule.Numeric(0);
  rule.IntIn("axis", 0, rule.shape(0).rank());
  attributes.Bool("exclusive");
  attributes.Bool("reverse");
  return {rule.input(0)};
}

}  // namespace

const std::vector<InferRow>& ReductionRules() {
  static const std::vector<InferRow> rows = {
      {Op::kReduceSum, ReduceNumbers},  {Op::kReduceMean, ReduceNumbers},
      {Op::kReduceProd, ReduceNumbers}, {Op::kReduceMax, ReduceNumbers},
      {Op::kReduceMin, ReduceNumbers},  {Op::kReduceAll, ReduceBool},
      {Op::kReduceAny, ReduceBool},     {Op::kArgMax, ArgReduction},
      {Op::kArgMin, ArgReduction},      {Op::kCumSum, Cumulative},
      {Op::kCumProd, Cumulative},       {Op::kMoments, Moments},
  };
  return rows;
}

}  // namespace mlcompute
