#include <gtest/gtest.h>

#include <cmath>

#include "tests/mlcompute/evaluate.h"

namespace mlcompute {
namespace {

using testing::EvaluateAll;
using testing::Flags;
using testing::InvalidArgumentOf;
using testing::Make;
using testing::Tensor;

Tensor Wave(Shape shape, double phase) {
  std::vector<double> values;
  for (int64_t i = 0; i < shape.elements(); ++i) {
    values.push_back(std::sin(phase + 1.7 * static_cast<double>(i)));
  }
  return Make<double>(std::move(shape), values);
}

// A weighted sum of a layer's states, last state and last cell.
double Loss(const std::vector<Tensor>& results, size_t count) {
  double loss = 0;
  for (size_t r = 0; r < count; ++r) {
    const std::vector<double> values = results[r].values<double>();
    for (size_t i = 0; i < values.size(); ++i) {
      loss += values[i] * std::cos(static_cast<double>(r + 3 * i));
    }
  }
  return loss;
}

Tensor LossGradient(const Tensor& result, size_t r) {
  std::vector<double> values = result.values<double>();
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::cos(static_cast<double>(r + 3 * i));
  return Make<double>(result.type.shape, values);
}

// Compares `gradient` with central differences of the loss by input `input`.
void CheckGradient(Op op, const std::vector<Tensor>& inputs, size_t input, const Tensor& gradient,
                   size_t results) {
  const std::vector<double> got = gradient.values<double>();
  const std::vector<double> at = inputs[input].values<double>();
  for (size_t i = 0; i < at.size(); ++i) {
    double losses[2];
    for (const int side : {0, 1}) {
      std::vector<double> moved = at;
      moved[i] += side ? 1e-5 : -1e-5;
      std::vector<Tensor> now = inputs;
      now[input] = Make<double>(inputs[input].type.shape, moved);
      losses[side] = Loss(EvaluateAll(op, now), results);
    }
    EXPECT_NEAR(got[i], (losses[1] - losses[0]) / 2e-5, 1e-8) << "input " << input << " " << i;
  }
}

TEST(RecurrentTest, LstmGradientIsThatOfDifferences) {
  const std::vector<Tensor> inputs = {Wave({2, 3, 8}, 0), Wave({2, 2}, 1), Wave({2, 2}, 2),
                                      Wave({2, 8}, 3), Flags({2, 3}, {1, 0, 1, 0, 1, 1})};
  const std::vector<Tensor> out = EvaluateAll(Op::kLstm, inputs);
  const std::vector<Tensor> gradients =
      EvaluateAll(Op::kLstmGrad, {out[3], out[4], inputs[2], inputs[3], LossGradient(out[0], 0),
                                  LossGradient(out[1], 1), LossGradient(out[2], 2), inputs[4]});
  for (size_t i = 0; i < 3; ++i) CheckGradient(Op::kLstm, inputs, i, gradients[i], 3);
}

TEST(RecurrentTest, GruGradientIsThatOfDifferences) {
  const std::vector<Tensor> inputs = {Wave({2, 3, 6}, 0), Wave({2, 2}, 1), Wave({2, 6}, 2),
                                      Wave({6}, 3), Flags({2, 3}, {1, 0, 1, 0, 1, 1})};
  const std::vector<Tensor> out = EvaluateAll(Op::kGru, inputs);
  const std::vector<Tensor> gradients =
      EvaluateAll(Op::kGruGrad, {out[2], out[0], inputs[1], inputs[2], LossGradient(out[0], 0),
                                 LossGradient(out[1], 1), inputs[4]});
  CheckGradient(Op::kGru, inputs, 0, gradients[0], 2);
  CheckGradient(Op::kGru, inputs, 1, gradients[2], 2);
}

TEST(RecurrentTest, MaskedStepsKeepTheState) {
  const std::vector<Tensor> inputs = {Wave({1, 2, 4}, 0), Wave({1, 1}, 1), Wave({1, 1}, 2),
                                      Wave({1, 4}, 3), Flags({1, 2}, {0, 0})};
  const std::vector<Tensor> out = EvaluateAll(Op::kLstm, inputs);
  EXPECT_EQ(out[1].values<double>(), inputs[1].values<double>());
  EXPECT_EQ(out[2].values<double>(), inputs[2].values<double>());
}

TEST(RecurrentTest, RefusesWrongShapes) {
  const auto lstm = [](Shape u, Shape mask) {
    return InvalidArgumentOf([&] {
      EvaluateAll(Op::kLstm, {Wave({2, 3, 8}, 0), Wave({2, 2}, 0), Wave({2, 2}, 0), Wave(u, 0),
                              Flags(mask, std::vector<int>(6, 1))});
    });
  };
  EXPECT_NE(lstm({3, 8}, {2, 3}).find("input 3"), std::string::npos);
  EXPECT_NE(lstm({2, 8}, {3, 2}).find("input 4"), std::string::npos);
}

}  // namespace
}  // namespace mlcompute
