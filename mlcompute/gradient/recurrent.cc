// Gradients of the recurrent layers.
#include "mlcompute/error.h"
#include "mlcompute/gradient/rule.h"

namespace mlcompute {
namespace {

// The states before each step: [n, t, h] from the first one and those after each step.
Value Before(Backward& b, Value first, Value states) {
  const Shape shape = b.shape(states);
  const Value start = b.Reshape(first, {shape[0], 1, shape[2]});
  if (shape[1] == 1) return start;
  const Value earlier = b.Slice(states, {0, 0, 0}, {shape[0], shape[1] - 1, shape[2]});
  return b.Append(Op::kConcat, {start, earlier}, {{"axis", int64_t{1}}});
}

// a^T b summed over sequences and steps, for [n, t, i] and [n, t, j].
Value Product(Backward& b, Value left, Value right) {
  const auto rows = [&](Value v) {
    const Shape shape = b.shape(v);
    return b.Reshape(v, {shape[0] * shape[1], shape[2]});
  };
  return b.MatMul(rows(left), rows(right), true, false);
}

// (x, h0, c0, u[, mask]) -> states, last h, last c, gates, cells
void Lstm(Backward& b) {
  if (b.has_dy(3) || b.has_dy(4)) {
    throw Unimplemented("the gradient of ", Name(b.op()), " by its gates or cells");
  }
  std::vector<Value> inputs = {b.y(3), b.y(4), b.x(2), b.x(3), b.dy(0), b.dy(1), b.dy(2)};
  if (b.input_count() > 4) inputs.push_back(b.x(4));
  const std::vector<Value> found = b.program().AppendMulti(Op::kLstmGrad, inputs);
  b.Give(0, found[0]);
  b.Give(1, found[1]);
  b.Give(2, found[2]);
  if (b.wants(3)) b.Give(3, Product(b, Before(b, b.x(1), b.y(0)), found[0]));
}

// (x, h0, u, bias[, mask]) -> states, last h, gates
void Gru(Backward& b) {
  if (b.has_dy(2)) throw Unimplemented("the gradient of ", Name(b.op()), " by its gates");
  std::vector<Value> inputs = {b.y(2), b.y(0), b.x(1), b.x(2), b.dy(0), b.dy(1)};
  if (b.input_count() > 4) inputs.push_back(b.x(4));
  const std::vector<Value> found = b.program().AppendMulti(Op::kGruGrad, inputs);
  b.Give(0, found[0]);
  b.Give(1, found[2]);
  if (b.wants(2)) b.Give(2, Product(b, Before(b, b.x(1), b.y(0)), found[1]));
  if (b.wants(3)) b.Give(3, b.Sum(found[1], {0, 1}, false));
}

}  // namespace

const std::vector<GradientRow>& RecurrentGradients() {
  static const std::vector<GradientRow> rows = {{Op::kLstm, Lstm}, {Op::kGru, Gru}};
  return rows;
}

}  // namespace mlcompute
