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

// Halves that a product makes are read by all who read them as floats, however many they are; what
// the product makes in float32 is cast once.
TEST(Recompute, HalvesAreWidenedWhereTheyAreRead) {
  const auto casts = [](DataType from, DataType to) {
    Program program;
    const Value x = program.AddInput({from, Shape{16, 8}}),
                w = program.AddInput({from, Shape{8, 8}});
    const Value y =
        program.Append(Op::kMatMul, {x, w}, {{"transpose_a", false}, {"transpose_b", false}});
    const Value wide = program.Append(Op::kCast, {y}, {{"to", to}});
    for (const Op op : {Op::kAbs, Op::kNeg, Op::kSquare, Op::kCeil, Op::kFloor}) {
      program.AddOutput(program.Append(op, {wide}));
    }
    program.AddOutput(program.Append(Op::kReduceSum, {wide}, Over({0})));
    const Program now = Recompute(program);
    ExpectSameResults(program, now);
    return Count(now, Op::kCast);
  };
  EXPECT_EQ(casts(DataType::kBFloat16, DataType::kFloat32), 6);
  EXPECT_EQ(casts(DataType::kFloat16, DataType::kFloat32), 6);
  EXPECT_EQ(casts(DataType::kFloat32, DataType::kBFloat16), 1);
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

// Batch normalization under mixed_bfloat16: what the convolution or product makes is never in
// memory as floats.
TEST(Recompute, ThenFuseReadsHalves) {
  Program program;
  const TensorType half{DataType::kBFloat16, Shape{64, 8}};
  const Value x = program.AddInput(half);
  const Value w = program.AddInput({DataType::kBFloat16, Shape{8, 8}});
  const Value y =
      program.Append(Op::kMatMul, {x, w}, {{"transpose_a", false}, {"transpose_b", false}});
  const Value wide = program.Append(Op::kCast, {y}, {{"to", DataType::kFloat32}});
  const Value mean = program.Append(Op::kReduceMean, {wide}, Over({0}));
  const Value variance = program.Append(
      Op::kReduceMean, {program.Append(Op::kSquaredDifference, {wide, mean})}, Over({0}));
  const Value centred = program.Append(Op::kSub, {wide, mean});
  program.AddOutput(program.Append(Op::kMul, {centred, variance}));
  const Abilities can{portable::CanFuse, nullptr, portable::CanReduce, nullptr};
  const Program now = JoinReductions(FuseElementwise(Recompute(program), can.fuse), can);
  int64_t large = 0;
  for (const Operation& operation : now.operations()) {
    for (const Value v : operation.results) {
      large += now.type(v) == TensorType{DataType::kFloat32, Shape{64, 8}};
    }
  }
  EXPECT_EQ(large, 1) << now.ToString();  // the result
  ExpectSameResults(program, now);
}

}  // namespace
}  // namespace mlcompute
