// The gradient of a ReLU before max pooling, in one with the pooling's.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "mlcompute/portable/pool_grad.h"
#include "mlcompute/team/team.h"
#include "tests/mlcompute/passes/pass_check.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::Ops;
using testing::Tensor;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

const Abilities kAll = {portable::CanFuse,
                        [](const OperationView&) { return false; },
                        portable::CanReduce,
                        nullptr,
                        nullptr,
                        portable::IsApart};

constexpr DataType kTypes[] = {DataType::kFloat32, DataType::kBFloat16};

struct Row {
  Shape x, y;
  Ints window, strides;
};

Attributes Of(const Row& row) {
  const size_t rank = row.window.size();
  return {{"window", row.window},
          {"strides", row.strides},
          {"pads_begin", Ints(rank, 0)},
          {"pads_end", Ints(rank, 0)},
          {"channels_last", true}};
}

// dx of ReLU and pooling, and its sums; `other`: the ReLU's gradient reads another tensor;
// `widens`: both are wanted in float32.
Program Gradient(DataType type, const Row& row, bool sums, bool other = false,
                 bool widens = false) {
  Program program;
  const Value x = program.AddInput({type, row.x}), y = program.AddInput({type, row.y});
  const Value dy = program.AddInput({type, row.y});
  const Value pool = program.Append(Op::kMaxPoolGrad, {x, y, dy}, Of(row));
  const Value from = other ? program.AddInput({type, row.x}) : x;
  Value dx = program.Append(Op::kReluGrad, {pool, from});
  if (widens) dx = program.Append(Op::kCast, {dx}, {{"to", DataType::kFloat32}});
  program.AddOutput(dx);
  if (sums) {
    Ints axes;
    for (int axis = 0; axis + 1 < row.x.rank(); ++axis) axes.push_back(axis);
    program.AddOutput(program.Append(Op::kReduceSum, {dx}, {{"axes", axes}, {"keep_dims", false}}));
  }
  return program;
}

// Of float32 or bfloat16.
std::vector<Tensor> Numbers(const Program& program, int64_t step, int64_t modulus) {
  std::vector<Tensor> inputs;
  for (const Value v : program.inputs()) {
    const TensorType& type = program.type(v);
    inputs.push_back(type.dtype == DataType::kFloat32
                         ? testing::Ints(type.shape, step + v, modulus)
                         : testing::Ints<BFloat16>(type.shape, step + v, modulus));
  }
  return inputs;
}

Program Joined(const Program& program) {
  return JoinPoolGradients(JoinReductions(program, kAll), kAll);
}

const Row kRows[] = {
    {{2, 4, 6, 3}, {2, 2, 3, 3}, {2, 2}, {2, 2}},
    {{3, 5, 7, 17}, {3, 2, 3, 17}, {2, 2}, {2, 2}},  // the last row and column in no window
    {{2, 9, 9, 40}, {2, 3, 3, 40}, {2, 3}, {3, 3}},  // gaps
    {{40, 12, 12, 32}, {40, 6, 6, 32}, {2, 2}, {2, 2}},
    {{3, 50, 20}, {3, 16, 20}, {3}, {3}},
    {{2, 4, 6, 5, 8}, {2, 2, 3, 5, 8}, {2, 2, 1}, {2, 2, 1}},
    {{1, 2, 2, 2000}, {1, 1, 1, 2000}, {2, 2}, {2, 2}},
};

TEST(JoinPoolGradients, OneOperationAndTheSameNumbers) {
  for (const DataType type : kTypes) {
    for (const Row& row : kRows) {
      for (const bool sums : {false, true}) {
        const Program program = Gradient(type, row, sums);
        const Program now = Joined(program);
        EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
        ExpectSameResults(program, now);
      }
      Program alone;
      const Value x = alone.AddInput({type, row.x}), y = alone.AddInput({type, row.y});
      const Value dy = alone.AddInput({type, row.y});
      alone.AddOutput(alone.Append(Op::kMaxPoolGrad, {x, y, dy}, Of(row)));
      ExpectSameResults(alone, alone);
    }
  }
}

TEST(JoinPoolGradients, InFloat32) {
  for (const Row& row : kRows) {
    for (const bool sums : {false, true}) {
      const Program program = Gradient(DataType::kBFloat16, row, sums, false, true);
      const Program fused = FuseElementwise(program, portable::CanFuse);
      const Program now = JoinPoolGradients(JoinReductions(fused, kAll), kAll);
      EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
      ExpectSameResults(program, now);
    }
  }
}

TEST(JoinPoolGradients, Text) {
  EXPECT_EQ(Joined(Gradient(DataType::kFloat32, kRows[0], true)).ToString(),
            R"(%0: float32[2,4,6,3] = input
%1: float32[2,2,3,3] = input
%2: float32[2,2,3,3] = input
%3: float32[2,4,6,3], %4: float32[3] = Fused(%0, %1, %2) {}
    %0: float32[2,4,6,3] = input
    %1: float32[2,2,3,3] = input
    %2: float32[2,2,3,3] = input
    %3: float32[2,4,6,3] = MaxPoolGrad(%0, %1, %2) {window=[2,2], strides=[2,2], pads_begin=[0,0], pads_end=[0,0], channels_last=true}
    %4: float32[2,4,6,3] = ReluGrad(%3, %0) {}
    %5: float32[3] = ReduceSum(%4) {axes=[0,1,2], keep_dims=false}
    return %4 %5
return %3 %4
)");
}

TEST(JoinPoolGradients, WhatDoesNotFitStays) {
  const auto stays = [](const Program& program) {
    ExpectSameResults(program, Joined(program));
    return Ops(Joined(program))[0] == Op::kMaxPoolGrad;
  };
  const Row overlap = {{2, 5, 5, 3}, {2, 2, 2, 3}, {3, 3}, {2, 2}};
  const Row one_channel = {{2, 4, 6, 1}, {2, 2, 3, 1}, {2, 2}, {2, 2}};
  for (const DataType type : kTypes) {
    EXPECT_TRUE(stays(Gradient(type, kRows[0], false, true)));
    EXPECT_TRUE(stays(Gradient(type, overlap, true)));
    EXPECT_TRUE(stays(Gradient(type, one_channel, true)));
    EXPECT_FALSE(stays(Gradient(type, kRows[0], true)));
  }
  EXPECT_EQ(Ops(Joined(Gradient(DataType::kFloat16, kRows[0], true)))[0], Op::kMaxPoolGrad);
}

// A NaN that comes first in its window gets the gradient, and ReLU's gradient is 0 there; where the
// maximum is not positive an infinite gradient becomes NaN.
TEST(JoinPoolGradients, NanAndInfinityAreAsApart) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  // Channels of less than a vector, and of more.
  for (const int64_t channels : {2, 17}) {
    for (const DataType type : kTypes) {
      const Row row = {{1, 4, 6, channels}, {1, 2, 3, channels}, {2, 2}, {2, 2}};
      const Program program = Gradient(type, row, true);
      const auto reference = ReferenceBackend().Compile(program);
      const auto portable = PortableBackend().Compile(Joined(program));
      for (const float special : {kNan, kInfinity, -kInfinity, -0.0f}) {
        for (const size_t input : {0, 2}) {
          const int64_t n = program.type(program.inputs()[input]).elements();
          for (int64_t at = 0; at < n; ++at) {
            std::vector<Tensor> inputs = Numbers(program, 5, 11);
            testing::Set(type, inputs[input].bytes.data(), at, special);
            const auto expected = testing::RunProgram(*reference, inputs);
            const auto got = testing::RunProgram(*portable, inputs);
            for (size_t o = 0; o < 2; ++o) {
              for (int64_t i = 0; i < expected[o].type.elements(); ++i) {
                const float a = testing::Get(type, got[o].bytes.data(), i);
                const float b = testing::Get(type, expected[o].bytes.data(), i);
                ASSERT_TRUE(a == b || (std::isnan(a) && std::isnan(b)))
                    << special << " in input " << input << " at " << at << ": " << a << ", " << b;
              }
            }
          }
        }
      }
    }
  }
}

TEST(JoinPoolGradients, NoThreadMatters) {
  for (const DataType type : kTypes) {
    const Program program =
        Gradient(type, {{40, 12, 12, 32}, {40, 6, 6, 32}, {2, 2}, {2, 2}}, true);
    const std::vector<Tensor> inputs = Numbers(program, 7919, 1000003);
    const auto executable = PortableBackend().Compile(program);
    const auto first = testing::RunProgram(*executable, inputs);
    const OneThread one;
    const auto alone = testing::RunProgram(*executable, inputs);
    for (size_t o = 0; o < 2; ++o) EXPECT_TRUE(first[o].bytes == alone[o].bytes);
  }
}

}  // namespace
}  // namespace mlcompute
