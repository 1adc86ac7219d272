#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;
using testing::Ops;

TEST(FuseElementwise, AChainOfOneShapeIsOneOperation) {
  Program program;
  const Value x = program.AddInput(F({3, 4}));
  const Value row = program.AddInput(F({4}));
  const Value sum = program.Append(Op::kAdd, {x, row});
  const Value positive = program.Append(Op::kRelu, {sum});
  program.AddOutput(program.Append(Op::kMul, {positive, x}));
  program.AddOutput(sum);
  const Program now = FuseElementwise(program, portable::CanFuse);
  ASSERT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
  EXPECT_EQ(now.operations()[0].inputs.size(), 2u);   // x is read once
  EXPECT_EQ(now.operations()[0].results.size(), 2u);  // positive stays inside
  ExpectSameResults(program, now);
}

TEST(FuseElementwise, NoCycleThroughWhatIsNotFused) {
  Program program;
  const Value x = program.AddInput(F({3, 4}));
  const Value y = program.Append(Op::kSquare, {x});
  const Value sum =
      program.Append(Op::kReduceSum, {y}, {{"axes", std::vector<int64_t>{1}}, {"keep_dims", true}});
  const Value z = program.Append(Op::kSub, {y, sum});
  program.AddOutput(program.Append(Op::kAdd, {z, program.Append(Op::kNeg, {x})}));
  const Program now = FuseElementwise(program, portable::CanFuse);
  EXPECT_LT(now.operations().size(), program.operations().size()) << now.ToString();
  ExpectSameResults(program, now);
}

TEST(FuseElementwise, ReadersOfOneValueRunTogether) {
  Program program;
  const Value x = program.AddInput(F({3, 4}));
  program.AddOutput(program.Append(Op::kNeg, {x}));
  program.AddOutput(program.Append(Op::kSquare, {x}));
  EXPECT_EQ(Ops(FuseElementwise(program, portable::CanFuse)), (std::vector<Op>{Op::kFused}));
  ExpectSameResults(program, FuseElementwise(program, portable::CanFuse));
}

// Fused or not, each operation rounds: a cast to fewer bits and back is not left out.
TEST(FuseElementwise, HalvesAreRoundedInside) {
  for (const DataType half : {DataType::kBFloat16, DataType::kFloat16}) {
    Program program;
    const Value x = program.AddInput(F({3, 700}));
    // Whole numbers of up to 12 bits: more than either type holds.
    Value large = program.Append(Op::kMul, {x, x});
    for (int i = 0; i < 3; ++i) large = program.Append(Op::kMul, {large, x});
    const Value cast = program.Append(Op::kCast, {large}, {{"to", half}});
    const Value square = program.Append(Op::kAdd, {cast, cast});
    const Value sum = program.Append(Op::kSub, {square, program.Append(Op::kNeg, {cast})});
    program.AddOutput(square);
    program.AddOutput(program.Append(Op::kCast, {sum}, {{"to", DataType::kFloat32}}));
    program.AddOutput(program.Append(Op::kCast, {cast}, {{"to", DataType::kFloat32}}));
    const Program now = FuseElementwise(program, portable::CanFuse);
    ASSERT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
    ExpectSameResults(program, now);
  }
}

TEST(FuseElementwise, WhatTheBackendCannotFuseStays) {
  Program program;
  const Value x = program.AddInput({DataType::kInt32, {3, 4}});
  program.AddOutput(program.Append(Op::kNeg, {program.Append(Op::kSquare, {x})}));
  EXPECT_EQ(Ops(FuseElementwise(program, portable::CanFuse)), Ops(program));
}

}  // namespace
}  // namespace mlcompute
