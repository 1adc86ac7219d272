#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;
using testing::Ops;

Attributes Over(std::vector<int64_t> axes) {
  return {{"axes", std::move(axes)}, {"keep_dims", true}};
}

int64_t Count(const Program& program, Op op) {
  const std::vector<Op> ops = Ops(program);
  return std::count(ops.begin(), ops.end(), op);
}

TEST(Recompute, EveryReaderGetsACopy) {
  Program program;
  const Value x = program.AddInput(F({16, 8}));
  const Value centred = program.Append(Op::kSub, {x, program.AddInput(F({8}))});
  const Value sum = program.Append(Op::kReduceSum, {centred}, Over({0}));
  program.AddOutput(program.Append(Op::kMul, {centred, sum}));
  const Program now = Recompute(program);
  EXPECT_EQ(Count(now, Op::kSub), 2) << now.ToString();
  ExpectSameResults(program, now);
}

TEST(Recompute, ACopyReadsCopies) {
  Program program;
  const Value x = program.AddInput(F({16, 8}));
  const Value centred = program.Append(Op::kSub, {x, program.AddInput(F({8}))});
  const Value square = program.Append(Op::kSquare, {centred});
  program.AddOutput(program.Append(Op::kReduceSum, {square}, Over({0})));
  program.AddOutput(program.Append(Op::kReduceMax, {square}, Over({1})));
  program.AddOutput(program.Append(Op::kCeil, {centred}));
  const Program now = Recompute(program);
  EXPECT_EQ(Count(now, Op::kSquare), 2) << now.ToString();
  EXPECT_EQ(Count(now, Op::kSub), 3) << now.ToString();
  ExpectSameResults(program, now);
}

// What has to be in memory anyway, costs more to compute than to read, or reads more than itself.
TEST(Recompute, OthersStayAsTheyAre) {
  const auto stays = [](const auto& make, bool is_output, Op reader) {
    Program program;
    const Value y = make(&program);
    const Value sum = program.Append(Op::kReduceSum, {y}, Over({0}));
    if (reader == Op::kMatMul) {
      program.AddOutput(
          program.Append(reader, {y, y}, {{"transpose_a", true}, {"transpose_b", false}}));
    } else {
      program.AddOutput(program.Append(reader, {y}));
    }
    program.AddOutput(program.Append(Op::kMul, {y, sum}));
    if (is_output) program.AddOutput(y);
    const Program now = Recompute(program);
    ExpectSameResults(program, now);
    return now.operations().size() == program.operations().size();
  };
  const auto cheap = [](Program* p) { return p->Append(Op::kNeg, {p->AddInput(F({16, 8}))}); };
  EXPECT_FALSE(stays(cheap, false, Op::kAbs));
  EXPECT_TRUE(stays(cheap, true, Op::kAbs));
  EXPECT_TRUE(stays(cheap, false, Op::kMatMul));
  const auto power = [](Program* p) {
    return p->Append(Op::kReciprocal, {p->AddInput(F({16, 8}))});
  };
  EXPECT_TRUE(stays(power, false, Op::kAbs));
  const auto of_two = [](Program* p) {
    const Value x = p->AddInput(F({16, 8}));
    return p->Append(Op::kAdd, {x, p->AddInput(F({16, 8}))});
  };
  EXPECT_TRUE(stays(of_two, false, Op::kAbs));
  const auto product = [](Program* p) {
    const Value x = p->AddInput(F({16, 8}));
    const Value w = p->AddInput(F({8, 8}));
    const Value y =
        p->Append(Op::kMatMul, {x, w}, {{"transpose_a", false}, {"transpose_b", false}});
    return p->Append(Op::kAdd, {y, p->AddInput(F({8}))});  // a bias: the product takes it along
  };
  EXPECT_TRUE(stays(product, false, Op::kAbs));
}

TEST(Recompute, NoMoreThanAFewCopies) {
  Program program;
  const Value x = program.AddInput(F({16, 8}));
  Value y = program.Append(Op::kNeg, {x});
  for (int i = 0; i < 20; ++i) {
    y = program.Append(Op::kAbs, {y});
    program.AddOutput(program.Append(Op::kReduceSum, {y}, Over({0})));
  }
  EXPECT_LT(Recompute(program).operations().size(), 4 * program.operations().size());
  ExpectSameResults(program, Recompute(program));
}

// FuseElementwise() puts the copies where they are read: what is centred never gets to memory.
TEST(Recompute, ThenFuseComputesWhereItIsRead) {
  Program program;
  const Value x = program.AddInput(F({64, 8}));
  const Value mean = program.Append(Op::kReduceMean, {x}, Over({0}));
  const Value variance = program.Append(
      Op::kReduceMean, {program.Append(Op::kSquaredDifference, {x, mean})}, Over({0}));
  const Value centred = program.Append(Op::kSub, {x, mean});
  program.AddOutput(program.Append(Op::kMul, {centred, variance}));
  const Program now = FuseElementwise(Recompute(program), portable::CanFuse);
  int64_t large = 0;
  for (const Operation& operation : now.operations()) {
    for (const Value v : operation.results) large += now.type(v).elements() == 64 * 8;
  }
  EXPECT_EQ(large, 2) << now.ToString();  // the squares, and the result
  ExpectSameResults(program, now);
}

}  // namespace
}  // namespace mlcompute
