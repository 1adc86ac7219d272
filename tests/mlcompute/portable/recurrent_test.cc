#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

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

// Runs the step without the results of `omitted`, and with the result of each pair of `shared` in
// the memory of that input; what is there must be what it computes otherwise.
void CheckMemory(Op op, const std::vector<TensorType>& inputs, const std::vector<size_t>& omitted,
                 const std::vector<std::pair<size_t, size_t>>& shared) {
  OpCase c(op, inputs, Infer(op, inputs, {}), {});
  for (size_t i = 0; i < inputs.size(); ++i) Shrink(&c, i, 0.2f);
  const auto step = portable::MakeRecurrent(c.view);
  ASSERT_NE(step, nullptr);
  const std::vector<testing::Buffer> expected = c.Run(*step);
  std::vector<testing::Buffer> results;
  for (const TensorType& type : c.view.results) results.emplace_back(type.bytes());
  const std::vector<void*> in = testing::Pointers(c.inputs);
  std::vector<void*> out = testing::Pointers(results);
  for (const size_t r : omitted) {
    EXPECT_TRUE(step->MayOmit(static_cast<int>(r)));
    out[r] = nullptr;
  }
  for (const auto& [r, i] : shared) {
    EXPECT_TRUE(step->CanShare(static_cast<int>(r), static_cast<int>(i)));
    out[r] = in[i];
  }
  const testing::Buffer scratch(step->scratch_bytes());
  step->Run(const_cast<const void* const*>(in.data()), out.data(), scratch.data());
  for (size_t r = 0; r < out.size(); ++r) {
    if (!out[r]) continue;
    EXPECT_EQ(std::memcmp(out[r], expected[r].data(), c.view.results[r].bytes()), 0) << r;
  }
}

TEST(RecurrentMemoryTest, ResultsAreOmittedOrLieOnInputs) {
  for (const Sizes& s : kSizes) {
    const TensorType state = Of({s.n, s.h});
    const TensorType states = Of({s.n, s.t, s.h});
    const TensorType gates = Of({s.n, s.t, 4 * s.h});
    const TensorType u = Of({s.h, 4 * s.h});
    const std::vector<TensorType> lstm = {gates, state, state, u};
    CheckMemory(Op::kLstm, lstm, {0, 3, 4}, {});
    CheckMemory(Op::kLstm, lstm, {1, 2}, {{3, 0}});
    CheckMemory(Op::kLstmGrad, {gates, states, state, u, states, state, state}, {}, {{0, 0}});
    CheckMemory(Op::kGru, {Of({s.n, s.t, 3 * s.h}), state, Of({s.h, 3 * s.h}), Of({3 * s.h})},
                {0, 2}, {});
  }
}

INSTANTIATE_TEST_SUITE_P(Masks, RecurrentTest, ::testing::Bool());

}  // namespace
}  // namespace mlcompute
