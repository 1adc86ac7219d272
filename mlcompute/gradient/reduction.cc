// Gradients of reductions and running sums.
#include "mlcompute/gradient/rule.h"

namespace mlcompute {
namespace {

// The reduced shape with axes of 1 where there were longer ones.
std::vector<int64_t> Kept(Backward& b) {
  std::vector<int64_t> dims = b.shape(b.x()).dims();
  for (const int64_t axis : b.attributes().Ints("axes")) dims[static_cast<size_t>(axis)] = 1;
  return dims;
}

void Sum(Backward& b) {
  b.Give(0, b.BroadcastTo(b.Reshape(b.dy(), Kept(b)), b.shape(b.x()).dims()));
}

void Mean(Backward& b) {
  const int64_t of = b.shape(b.x()).elements();
  const int64_t results = b.shape(b.y()).elements();
  const double share = of == 0 ? 0 : static_cast<double>(results) / static_cast<double>(of);
  const Value dy = b.Times(b.dy(), share);
  b.Give(0, b.BroadcastTo(b.Reshape(dy, Kept(b)), b.shape(b.x()).dims()));
}

// Equal extremes share the gradient, as in TensorFlow.
void Extreme(Backward& b) {
  const std::vector<int64_t> kept = Kept(b);
  const Value equal = b.Append(Op::kEqual, {b.x(), b.Reshape(b.y(), kept)});
  const Value is_extreme = b.Append(Op::kCast, {equal}, {{"to", b.dtype(b.x())}});
  const Value count = b.Sum(is_extreme, b.attributes().Ints("axes"), true);
  b.Give(0, b.Mul(is_extreme, b.Div(b.Reshape(b.dy(), kept), count)));
}

void CumSum(Backward& b) {
  Attributes attributes = b.attributes();
  attributes.Set("reverse", !attributes.Bool("reverse"));
  b.Give(0, b.Append(Op::kCumSum, {b.dy()}, attributes));
}

}  // namespace

const std::vector<GradientRow>& ReductionGradients() {
  static const std::vector<GradientRow> rows = {
      {Op::kReduceSum, Sum},     {Op::kReduceMean, Mean},   {Op::kReduceMax, Extreme},
      {Op::kReduceMin, Extreme}, {Op::kReduceAll, nullptr}, {Op::kReduceAny, nullptr},
      {Op::kArgMax, nullptr},    {Op::kArgMin, nullptr},    {Op::kCumSum, CumSum},
  };
  return rows;
}

}  // namespace mlcompute
