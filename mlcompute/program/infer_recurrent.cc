// Shape rules of the recurrent layers.
#include "mlcompute/program/rule.h"

namespace mlcompute {
namespace {

using Types = std::vector<TensorType>;

// Sizes of a recurrent operation, read off the input that holds all steps.
struct Sizes {
  int64_t n, t, h;
};

Sizes SizesOf(const Rule& rule, int64_t gates) {
  rule.Floating(0);
  rule.Rank(0, 3);
  const Shape& x = rule.shape(0);
  rule.Check(x[2] % gates == 0, "input 0 must hold ", gates, " gates per unit, got ",
             rule.input(0).ToString());
  return {x[0], x[1], x[2] / gates};
}

// `count` inputs and maybe a mask.
void Inputs(const Rule& rule, size_t count) {
  rule.Check(rule.inputs.size() == count || rule.inputs.size() == count + 1, "takes ", count,
             " inputs and perhaps a mask, got ", rule.inputs.size());
}

void CheckShapes(const Rule& rule, const std::vector<Shape>& shapes, const Sizes& s) {
  for (int i = 0; i < static_cast<int>(shapes.size()); ++i) {
    rule.SameType(0, i);
    rule.ShapeIs(i, shapes[static_cast<size_t>(i)]);
  }
  const int mask = static_cast<int>(shapes.size());
  if (static_cast<int>(rule.inputs.size()) > mask) {
    rule.Check(rule.dtype(mask) == DataType::kBool, "the mask must be bool, got ",
               rule.input(mask).ToString());
    rule.ShapeIs(mask, {s.n, s.t});
  }
}

Types Lstm(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  Inputs(rule, 4);
  const Sizes s = SizesOf(rule, 4);
  const Shape state = {s.n, s.h};
  CheckShapes(rule, {rule.shape(0), state, state, {s.h, 4 * s.h}}, s);
  const DataType type = rule.dtype();
  const Shape states = {s.n, s.t, s.h};
  return {{type, states}, {type, state}, {type, state}, rule.input(0), {type, states}};
}

Types LstmGrad(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  Inputs(rule, 7);
  const Sizes s = SizesOf(rule, 4);
  const Shape state = {s.n, s.h};
  const Shape states = {s.n, s.t, s.h};
  CheckShapes(rule, {rule.shape(0), states, state, {s.h, 4 * s.h}, states, state, state}, s);
  return {rule.input(0), {rule.dtype(), state}, {rule.dtype(), state}};
}

Types Gru(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  Inputs(rule, 4);
  const Sizes s = SizesOf(rule, 3);
  const Shape state = {s.n, s.h};
  CheckShapes(rule, {rule.shape(0), state, {s.h, 3 * s.h}, {3 * s.h}}, s);
  const DataType type = rule.dtype();
  return {{type, {s.n, s.t, s.h}}, {type, state}, {type, {s.n, s.t, 4 * s.h}}};
}

Types GruGrad(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  Inputs(rule, 6);
  const Sizes s = SizesOf(rule, 4);
  const Shape state = {s.n, s.h};
  const Shape states = {s.n, s.t, s.h};
  CheckShapes(rule, {rule.shape(0), states, state, {s.h, 3 * s.h}, states, state}, s);
  const TensorType gates = {rule.dtype(), {s.n, s.t, 3 * s.h}};
  return {gates, gates, {rule.dtype(), state}};
}

}  // namespace

const std::vector<InferRow>& RecurrentRules() {
  static const std::vector<InferRow> rows = {
      {Op::kLstm, Lstm},
      {Op::kLstmGrad, LstmGrad},
      {Op::kGru, Gru},
      {Op::kGruGrad, GruGrad},
  };
  return rows;
}

}  // namespace mlcompute
