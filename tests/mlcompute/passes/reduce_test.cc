#include <cmath>

#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;
using testing::Ops;

constexpr Abilities kCan = {portable::CanFuse, nullptr, portable::CanReduce,
                            portable::CanReduceRows};

Value Reduce(Program* program, Op op, Value x, std::vector<int64_t> axes) {
  return program->Append(op, {x}, {{"axes", std::move(axes)}, {"keep_dims", true}});
}

TEST(JoinReductions, WhatOnlyTheyReadStaysInside) {
  Program program;
  const Value dy = program.AddInput(F({2, 3, 8}));
  const Value x = program.AddInput(F({2, 3, 8}));
  const Value product = program.Append(Op::kMul, {dy, x});
  program.AddOutput(Reduce(&program, Op::kReduceSum, product, {0, 1}));
  program.AddOutput(Reduce(&program, Op::kReduceMax, product, {0, 1}));
  const Program now = JoinReductions(program, kCan);
  ASSERT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
  EXPECT_EQ(now.operations()[0].results.size(), 2u);
  ExpectSameResults(program, now);
}

TEST(JoinReductions, LargeResultsLeaveAsWell) {
  Program program;
  const Value x = program.AddInput(F({6, 8}));
  const Value y =
      program.Append(Op::kRelu, {program.Append(Op::kSub, {x, program.AddInput(F({8}))})});
  program.AddOutput(y);
  program.AddOutput(Reduce(&program, Op::kReduceMean, y, {0}));
  const Program now = JoinReductions(FuseElementwise(program, portable::CanFuse), kCan);
  ASSERT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
  EXPECT_EQ(now.operations()[0].results.size(), 2u);
  ExpectSameResults(program, now);
}

// sum(dy) takes part in the pass over dy that sum(dy * x) makes.
TEST(JoinReductions, ReadersOfOneTensorShareItsPass) {
  Program program;
  const Value dy = program.AddInput(F({6, 8}));
  const Value x = program.AddInput(F({6, 8}));
  program.AddOutput(Reduce(&program, Op::kReduceSum, dy, {0}));
  program.AddOutput(Reduce(&program, Op::kReduceSum, program.Append(Op::kMul, {dy, x}), {0}));
  const Program now = JoinReductions(program, kCan);
  EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
  ExpectSameResults(program, now);
}

TEST(JoinReductions, NoCycle) {
  Program program;
  const Value x = program.AddInput(F({6, 8}));
  const Value sum = Reduce(&program, Op::kReduceSum, x, {0});
  const Value centred = program.Append(Op::kSub, {x, sum});  // reads x, but needs the sum first
  const Value squares =
      Reduce(&program, Op::kReduceSum, program.Append(Op::kSquare, {centred}), {0});
  program.AddOutput(program.Append(Op::kMul, {centred, squares}));
  const Program now = JoinReductions(program, kCan);
  EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kReduceSum, Op::kSub, Op::kFused, Op::kMul}))
      << now.ToString();
  ExpectSameResults(program, now);
}

// Through another group, which has taken a reduction in meanwhile.
TEST(JoinReductions, NoCycleThroughWhatHasJoined) {
  Program program;
  const Value x = program.AddInput(F({6, 8}));
  const Value a = program.Append(Op::kNeg, {x});
  const Value sum_a = Reduce(&program, Op::kReduceSum, a, {0});
  const Value b = program.Append(Op::kMul, {x, sum_a});
  const Value sum_b = Reduce(&program, Op::kReduceSum, b, {0});
  const Value sum_x = Reduce(&program, Op::kReduceMax, x, {0});
  program.AddOutput(program.Append(Op::kAdd, {a, sum_b}));
  program.AddOutput(program.Append(Op::kMul, {b, sum_x}));
  ExpectSameResults(program, JoinReductions(program, kCan));
}

TEST(JoinReductions, OthersStayApart) {
  const auto count = [](const TensorType& type, Op op, std::vector<int64_t> axes) {
    Program program;
    const Value x = program.AddInput(type);
    program.AddOutput(Reduce(&program, op, program.Append(Op::kSquare, {x}), std::move(axes)));
    const Program now = JoinReductions(program, kCan);
    ExpectSameResults(program, now);
    return now.operations().size();
  };
  EXPECT_EQ(count(F({4, 6, 8}), Op::kReduceSum, {0, 1}), 1u);
  EXPECT_EQ(count(F({4, 6, 8}), Op::kReduceSum, {0, 1, 2}), 1u);
  EXPECT_EQ(count(F({4, 6, 1, 8}), Op::kReduceMin, {0, 1}), 1u);
  EXPECT_EQ(count(F({4, 6, 8}), Op::kReduceSum, {1}), 2u);  // neither first nor last
  EXPECT_EQ(count(F({4, 1, 8}), Op::kReduceSum, {1}), 2u);  // nothing to reduce
  EXPECT_EQ(count(F({2, 5000}), Op::kReduceSum, {0}), 2u);  // too many columns
  EXPECT_EQ(count(F({0, 8}), Op::kReduceSum, {0}), 2u);
  EXPECT_EQ(count({DataType::kInt32, {4, 8}}, Op::kReduceSum, {0}), 2u);
}

// All reductions of an operation keep the same axes.
TEST(JoinReductions, OneKindOfRowForEach) {
  Program program;
  const Value x = program.AddInput(F({4, 6, 8}));
  const Value y = program.Append(Op::kNeg, {x});
  program.AddOutput(Reduce(&program, Op::kReduceSum, y, {0, 1}));
  program.AddOutput(Reduce(&program, Op::kReduceSum, y, {0}));
  const Program now = JoinReductions(program, kCan);
  EXPECT_EQ(now.operations().size(), 2u) << now.ToString();
  ExpectSameResults(program, now);
}

// ---- over the last axis

// Mean, variance and what is computed of them: one operation, as is the matrix it is all about.
TEST(JoinReductions, LayerNormalization) {
  Program program;
  const Value x = program.AddInput(F({4, 6, 8}));
  const Value sum = program.Append(Op::kAdd, {x, program.AddInput(F({4, 6, 8}))});
  const Value mean = Reduce(&program, Op::kReduceMax, sum, {2});
  const Value deviation = program.Append(Op::kSquaredDifference, {sum, mean});
  const Value variance = Reduce(&program, Op::kReduceSum, deviation, {2});
  const Value shifted = program.Append(Op::kAdd, {variance, program.AddInput(F({}))});
  const Value y = program.Append(Op::kMul, {program.Append(Op::kSub, {sum, mean}), shifted});
  program.AddOutput(program.Append(Op::kAdd, {y, program.AddInput(F({8}))}));
  program.AddOutput(Reduce(&program, Op::kReduceSum, y, {0, 1}));
  const Program now = JoinReductions(FuseElementwise(program, portable::CanFuse), kCan);
  EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
  ExpectSameResults(program, now);
}

// Of mixed_bfloat16: the residual sum is rounded, normalized in float32, and rounded again.
TEST(JoinReductions, LayerNormalizationOfHalves) {
  for (const DataType half : {DataType::kBFloat16, DataType::kFloat16}) {
    Program program;
    const Shape shape{4, 6, 16};
    const auto wide = [&](Value v) {
      return program.Append(Op::kCast, {v}, {{"to", DataType::kFloat32}});
    };
    const Value x = program.Append(
        Op::kAdd, {program.AddInput({half, shape}), program.AddInput({half, shape})});
    const Value mean = Reduce(&program, Op::kReduceMax, wide(x), {2});
    const Value spread = Reduce(&program, Op::kReduceMax,
                                program.Append(Op::kSquaredDifference, {wide(x), mean}), {2});
    const Value scale = program.Append(Op::kMul, {spread, program.AddInput(F({16}))});
    const Value y = program.Append(Op::kMul, {program.Append(Op::kSub, {wide(x), mean}), scale});
    program.AddOutput(program.Append(Op::kCast, {y}, {{"to", half}}));
    program.AddOutput(x);
    const Program now = JoinReductions(FuseElementwise(program, portable::CanFuse), kCan);
    EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
    ExpectSameResults(program, now);
  }
}

// The maximum of the columns is needed whole before the rows of the last sum are.
TEST(JoinReductions, NoCycleThroughColumns) {
  Program program;
  const Value x = program.AddInput(F({16, 16}));
  const Value a = program.Append(Op::kSub, {x, Reduce(&program, Op::kReduceSum, x, {1})});
  const Value columns = Reduce(&program, Op::kReduceMax, a, {0});
  const Value b = program.Append(Op::kAdd, {a, columns});
  program.AddOutput(program.Append(Op::kSub, {b, Reduce(&program, Op::kReduceSum, b, {1})}));
  const Program now = JoinReductions(program, kCan);
  EXPECT_EQ(now.operations().size(), 2u) << now.ToString();
  ExpectSameResults(program, now);
}

// What is of another shape, moved, or of one number for a row by chance, stays outside.
TEST(JoinReductions, OnlyWhatGoesAlongTheRows) {
  Program program;
  const Value x = program.AddInput(F({16, 16}));
  const Value sum = program.Append(Op::kReduceSum, {x},
                                   {{"axes", std::vector<int64_t>{1}}, {"keep_dims", false}});
  program.AddOutput(program.Append(Op::kSub, {x, sum}));  // along the columns
  const Value rows = Reduce(&program, Op::kReduceSum, x, {1});
  const Value turned =
      program.Append(Op::kTranspose, {rows}, {{"perm", std::vector<int64_t>{1, 0}}});
  program.AddOutput(program.Append(Op::kSub, {x, turned}));
  program.AddOutput(program.Append(Op::kMul, {program.AddInput(F({2, 16, 16})), rows}));
  ExpectSameResults(program, JoinReductions(program, kCan));
}

}  // namespace
}  // namespace mlcompute
