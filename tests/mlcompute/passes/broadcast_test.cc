#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;

Value BroadcastTo(Program* program, Value v, const std::vector<int64_t>& shape) {
  return program->Append(Op::kBroadcastTo, {v}, {{"shape", shape}});
}

TEST(ForwardBroadcasts, OperationsReadTheSource) {
  Program program;
  const Value x = program.AddInput(F({3, 4}));
  const Value row = program.AddInput(F({4}));
  const Value wide = BroadcastTo(&program, row, {3, 4});
  program.AddOutput(program.Append(Op::kAdd, {x, wide}));
  const Program now = ForwardBroadcasts(program);
  EXPECT_EQ(now.operations().back().inputs[1], row) << now.ToString();
  ExpectSameResults(program, now);
}

TEST(ForwardBroadcasts, OneOperandKeepsTheShape) {
  Program program;
  const Value a = BroadcastTo(&program, program.AddInput(F({4})), {3, 4});
  const Value b = BroadcastTo(&program, program.AddInput(F({1, 4})), {3, 4});
  program.AddOutput(program.Append(Op::kAdd, {a, b}));
  const Program now = ForwardBroadcasts(program);
  EXPECT_EQ(now.type(now.outputs()[0]).shape, Shape({3, 4})) << now.ToString();
  ExpectSameResults(program, now);
}

TEST(ForwardBroadcasts, WhatIsComputedFromBroadcastsIsBroadcastLater) {
  Program program;
  const Value x = program.AddInput(F({3, 5, 4}));
  const Value wide = BroadcastTo(&program, program.AddInput(F({3, 1, 4})), {3, 5, 4});
  const Value half = program.Append(Op::kMul, {wide, program.AddScalar(DataType::kFloat32, 0.5)});
  const Value root = program.Append(Op::kTanh, {half});
  program.AddOutput(program.Append(Op::kAdd, {x, root}));
  program.AddOutput(root);
  const Program now = ForwardBroadcasts(program);
  EXPECT_EQ(now.type(now.operations().back().inputs[1]).shape, Shape({3, 1, 4})) << now.ToString();
  EXPECT_EQ(now.type(now.outputs()[1]).shape, Shape({3, 5, 4}));
  ExpectSameResults(program, now);
}

TEST(ForwardBroadcasts, RanksThatGrowKeepTheShape) {
  Program program;
  const Value wide = BroadcastTo(&program, program.AddInput(F({})), {1, 1});
  program.AddOutput(program.Append(Op::kNeg, {wide}));
  program.AddOutput(program.Append(Op::kAdd, {wide, program.AddInput(F({1}))}));
  const Program now = ForwardBroadcasts(program);
  for (const Value v : now.outputs()) EXPECT_EQ(now.type(v).shape, Shape({1, 1}));
  ExpectSameResults(program, now);
}

TEST(ForwardBroadcasts, GradientsWantEqualShapes) {
  Program program;
  const Value x = program.AddInput(F({3, 4}));
  const Value wide = BroadcastTo(&program, program.AddInput(F({4})), {3, 4});
  program.AddOutput(program.Append(Op::kReluGrad, {x, wide}));
  const Program now = ForwardBroadcasts(program);
  EXPECT_EQ(now.operations().back().inputs[1], wide) << now.ToString();
  ExpectSameResults(program, now);
}

}  // namespace
}  // namespace mlcompute
