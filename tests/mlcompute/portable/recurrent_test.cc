#include <gtest/gtest.h>

#include <cmath>

#include "mlcompute/program/infer.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::ExpectAgrees;
using testing::Get;
using testing::OpCase;
using testing::Set;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

struct Sizes {
  int64_t n, t, h;
};

// Units below, at and above a panel, rows that leave part of a tile.
const Sizes kSizes[] = {{1, 1, 1}, {2, 3, 5}, {7, 9, 64}, {5, 2, 65}, {33, 4, 40}, {64, 3, 130}};

// Small weights, or sums over many units would saturate every gate.
void Shrink(OpCase* c, size_t input, float by) {
  const TensorType& type = c->view.inputs[input];
  for (int64_t i = 0; i < type.elements(); ++i) {
    void* data = c->inputs[input].data();
    Set(type.dtype, data, i, Get(type.dtype, data, i) * by);
  }
}

void Check(Op op, std::vector<TensorType> inputs, const Sizes& s, bool masked) {
  if (masked) inputs.push_back({DataType::kBool, {s.n, s.t}});
  const std::vector<TensorType> results = Infer(op, inputs, {});
  OpCase c(op, inputs, results, {});
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].dtype == DataType::kFloat32) Shrink(&c, i, 0.2f);
  }
  if (masked) {
    for (int64_t i = 0; i < s.n * s.t; ++i) {
      Set(DataType::kBool, c.inputs.back().data(), i, i * 7 % 3 == 0 ? 0.0f : 1.0f);
    }
  }
  ExpectAgrees(c, portable::MakeRecurrent);
}

TensorType Of(Shape shape) { return {DataType::kFloat32, std::move(shape)}; }

class RecurrentTest : public ::testing::TestWithParam<bool> {};

TEST_P(RecurrentTest, LstmAgreesWithReference) {
  for (const Sizes& s : kSizes) {
    const TensorType state = Of({s.n, s.h});
    const TensorType states = Of({s.n, s.t, s.h});
    const TensorType gates = Of({s.n, s.t, 4 * s.h});
    const TensorType u = Of({s.h, 4 * s.h});
    Check(Op::kLstm, {gates, state, state, u}, s, GetParam());
    Check(Op::kLstmGrad, {gates, states, state, u, states, state, state}, s, GetParam());
  }
}

TEST_P(RecurrentTest, GruAgreesWithReference) {
  for (const Sizes& s : kSizes) {
    const TensorType state = Of({s.n, s.h});
    const TensorType states = Of({s.n, s.t, s.h});
    const TensorType u = Of({s.h, 3 * s.h});
    Check(Op::kGru, {Of({s.n, s.t, 3 * s.h}), state, u, Of({3 * s.h})}, s, GetParam());
    Check(Op::kGruGrad, {Of({s.n, s.t, 4 * s.h}), states, state, u, states, state}, s, GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(Masks, RecurrentTest, ::testing::Bool());

}  // namespace
}  // namespace mlcompute
