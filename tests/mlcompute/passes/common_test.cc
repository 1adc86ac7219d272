#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;
using testing::Ops;

TEST(EliminateCommon, EqualOperationsOnEqualConstantsAreOne) {
  Program program;
  const Value x = program.AddInput(F({3, 4}));
  for (int i = 0; i < 2; ++i) {
    const Value y = program.Append(Op::kMul, {x, program.AddScalar(DataType::kFloat32, 2)});
    program.AddOutput(program.Append(Op::kNeg, {y}));
  }
  const Program now = EliminateCommon(program);
  EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kMul, Op::kNeg})) << now.ToString();
  EXPECT_EQ(now.outputs()[0], now.outputs()[1]);
  ExpectSameResults(program, now);
}

TEST(EliminateCommon, WhatDiffersStays) {
  Program program;
  const Value x = program.AddInput(F({3, 4}));
  const Value y = program.AddInput(F({3, 4}));
  program.AddOutput(program.Append(Op::kSub, {x, y}));
  program.AddOutput(program.Append(Op::kSub, {y, x}));
  for (const int64_t axis : {0, 1}) {
    program.AddOutput(program.Append(Op::kReduceSum, {x},
                                     {{"axes", std::vector<int64_t>{axis}}, {"keep_dims", false}}));
  }
  // Equal numbers, one of them negative zero.
  for (const double zero : {0.0, -0.0}) {
    program.AddOutput(program.Append(Op::kMul, {x, program.AddScalar(DataType::kFloat32, zero)}));
  }
  EXPECT_EQ(Ops(EliminateCommon(program)), Ops(program));
}

}  // namespace
}  // namespace mlcompute
