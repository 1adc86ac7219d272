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

// The way from `a` to `b` leads through a group that begins before both and ends after them.
TEST(FuseElementwise, NoCycleThroughAGroupThatLiesAround) {
  Program program;
  const Value x = program.AddInput(F({3, 4}));
  const Value y = program.AddInput(F({3, 4}));
  const auto sum = [&](Value v) {
    return program.Append(Op::kReduceSum, {v},
                          {{"axes", std::vector<int64_t>{1}}, {"keep_dims", true}});
  };
  const Value first = program.Append(Op::kMul, {x, sum(x)});
  const Value sum_of_first = sum(first);
  const Value a = program.Append(Op::kSquare, {y});
  const Value b = program.Append(Op::kMul, {a, sum_of_first});
  const Value last = program.Append(Op::kMul, {x, sum(a)});
  for (const Value v : {first, b, last}) program.AddOutput(v);
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

// The optimizer's step for an embedding: a gradient of rows that repeat, of which the second goes
// through one operation more.
TEST(FuseElementwise, SumsBySegmentAreMadeWhereTheyAreRead) {
  for (const int64_t width : {1, 3, 128, 1500}) {
    Program program;
    const Value rows = program.AddInput(F({2, 20, width}));
    std::vector<int32_t> segments;
    for (int i = 0; i < 40; ++i) segments.push_back(i * i % 8 - 1);  // one of them is none
    const Value ids = program.AddConstant({DataType::kInt32, {2, 20}}, segments.data());
    const Value m = program.AddInput(F({7, width}));
    const Value v = program.AddInput(F({7, width}));
    const Value w = program.AddInput(F({7, width}));
    const auto sum = [&](Value x) {
      return program.Append(Op::kUnsortedSegment, {x, ids},
                            {{"segments", int64_t{7}}, {"combine", std::string("sum")}});
    };
    const Value m2 = program.Append(Op::kAdd, {m, sum(rows)});
    const Value v2 = program.Append(Op::kAdd, {v, sum(program.Append(Op::kSquare, {rows}))});
    const Value step = program.Append(Op::kMul, {m2, v2});
    program.AddOutput(m2);
    program.AddOutput(v2);
    program.AddOutput(program.Append(Op::kSub, {w, step}));
    const Program now = FuseElementwise(program, portable::CanFuse);
    ASSERT_EQ(Ops(now), (std::vector<Op>{Op::kSquare, Op::kFused})) << now.ToString();
    ExpectSameResults(program, now);
  }
}

TEST(FuseElementwise, WhatIsSummedBySegmentIsComputedBefore) {
  Program program;
  const Value x = program.AddInput(F({4, 3}));
  const Value ids = program.AddInput({DataType::kInt32, {4}});
  const Value rows = program.Append(Op::kNeg, {x});
  const Value sums = program.Append(Op::kUnsortedSegment, {rows, ids},
                                    {{"segments", int64_t{4}}, {"combine", std::string("sum")}});
  program.AddOutput(program.Append(Op::kAdd, {rows, sums}));
  const Program now = FuseElementwise(program, portable::CanFuse);
  EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kNeg, Op::kFused})) << now.ToString();
  ExpectSameResults(program, now);
}

TEST(FuseElementwise, WhatTheBackendCannotFuseStays) {
  Program program;
  const Value x = program.AddInput({DataType::kInt32, {3, 4}});
  program.AddOutput(program.Append(Op::kNeg, {program.Append(Op::kSquare, {x})}));
  EXPECT_EQ(Ops(FuseElementwise(program, portable::CanFuse)), Ops(program));
}

}  // namespace
}  // namespace mlcompute
