#include <cmath>

#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;

// Both give the same; where functions are computed in another way, almost.
void ExpectAgree(const Program& a, const Program& b) {
  std::vector<testing::Tensor> inputs;
  for (const Value v : a.inputs()) {
    std::vector<float> numbers;
    for (int64_t i = 0; i < a.type(v).elements(); ++i) {
      numbers.push_back(static_cast<float>((i * 37 + v) % 101) / 32.0f - 1.5f);
    }
    inputs.push_back(testing::Make<float>(a.type(v).shape, numbers));
  }
  const auto expected = testing::RunProgram(*ReferenceBackend().Compile(a), inputs);
  const auto same = testing::RunProgram(*ReferenceBackend().Compile(b), inputs);
  const auto near = testing::RunProgram(*PortableBackend().Compile(b), inputs);
  for (size_t o = 0; o < expected.size(); ++o) {
    EXPECT_TRUE(same[o].bytes == expected[o].bytes) << "output " << o;
    const auto* x = reinterpret_cast<const float*>(expected[o].bytes.data());
    const auto* y = reinterpret_cast<const float*>(near[o].bytes.data());
    for (int64_t i = 0; i < expected[o].type.elements(); ++i) {
      ASSERT_NEAR(x[i], y[i], 1e-4f * std::abs(x[i]) + 1e-4f) << "output " << o << "[" << i << "]";
    }
  }
}

Program Optimized(const Program& program) {
  return SinkElementwise(FuseElementwise(program, portable::CanFuse), portable::CanFuse);
}

// How many results of the program's kFused operations are as large.
int64_t Large(const Program& program, int64_t elements) {
  int64_t count = 0;
  for (const Operation& operation : program.operations()) {
    if (!operation.body) continue;
    for (const Value v : operation.results) count += program.type(v).elements() == elements;
  }
  return count;
}

int64_t CountInside(const Program& program, Op op) {
  int64_t count = 0;
  for (const Operation& operation : program.operations()) {
    if (operation.op == op) ++count;
    if (!operation.body) continue;
    for (const Operation& inner : operation.body->operations()) count += inner.op == op;
  }
  return count;
}

// Two groups with a product between, of which the second reads results of the first.
struct TwoGroups {
  Program program;
  Value x;

  TwoGroups() : x(program.AddInput(F({64, 16}))) {}

  // Something of y, after a product: not in the group of `y`.
  Value Later(Value y) {
    const Value w = program.AddInput(F({16, 16}));
    return program.Append(Op::kMatMul, {y, w}, {{"transpose_a", false}, {"transpose_b", false}});
  }
};

// What the second group alone reads is computed there, once.
TEST(Sink, WhatIsReadLaterIsComputedThere) {
  TwoGroups two;
  Program& p = two.program;
  const Value z = p.Append(Op::kAdd, {two.x, p.AddInput(F({16}))});
  const Value square = p.Append(Op::kSquare, {z});
  const Value power = p.Append(Op::kExp, {p.Append(Op::kNeg, {square})});
  const Value y = p.Append(Op::kMul, {z, p.Append(Op::kErfc, {z})});
  const Value dy = two.Later(y);
  p.AddOutput(p.Append(Op::kAdd, {p.Append(Op::kMul, {power, dy}), p.Append(Op::kMul, {z, dy})}));
  const Program now = Optimized(p);
  EXPECT_EQ(CountInside(now, Op::kExp), 1) << now.ToString();
  EXPECT_EQ(Large(now, 64 * 16), 3) << now.ToString();  // z, y, the result
  EXPECT_EQ(Large(FuseElementwise(p, portable::CanFuse), 64 * 16), 4);
  ExpectAgree(p, now);
}

// A scale of rows and columns costs less to make again than to read.
TEST(Sink, ProductsOfSmallTensorsAreMadeTwice) {
  TwoGroups two;
  Program& p = two.program;
  const Value row = p.AddInput(F({16}));
  const Value column = p.AddInput(F({64, 1}));
  const Value scale = p.Append(Op::kMul, {row, column});
  const Value y = p.Append(Op::kAdd, {p.Append(Op::kMul, {two.x, scale}), row});
  const Value dy = two.Later(y);
  p.AddOutput(p.Append(Op::kSub, {p.Append(Op::kMul, {dy, scale}), column}));
  const Program now = Optimized(p);
  EXPECT_EQ(Large(now, 64 * 16), 2) << now.ToString();
  ExpectSameResults(p, now);
}

// What costs more than memory, leaves the program, or is read by a product stays where it is.
TEST(Sink, OthersStay) {
  const auto results = [](Op op, bool is_output, bool by_product) {
    TwoGroups two;
    Program& p = two.program;
    const Value z = p.Append(Op::kAbs, {two.x});
    const Value f = p.Append(op, {z});
    const Value y = p.Append(Op::kMul, {z, f});
    const Value dy = two.Later(y);
    if (is_output) p.AddOutput(f);
    if (by_product) p.AddOutput(two.Later(f));
    p.AddOutput(p.Append(Op::kMul, {p.Append(Op::kMul, {f, dy}), z}));
    const Program now = Optimized(p);
    ExpectAgree(p, now);
    return Large(now, 64 * 16);
  };
  EXPECT_EQ(results(Op::kNeg, false, false), 3);
  EXPECT_EQ(results(Op::kSin, false, false), 4);
  EXPECT_EQ(results(Op::kNeg, true, false), 4);
  EXPECT_EQ(results(Op::kNeg, false, true), 4);
}

// A value that only the operations between need is not kept for them.
TEST(Sink, ALargeInputIsReadOnlyByThoseWhoReadItAnyway) {
  TwoGroups two;
  Program& p = two.program;
  const Value f = p.Append(Op::kNeg, {two.x});
  const Value y = p.Append(Op::kMul, {two.x, f});
  const Value dy = two.Later(y);
  p.AddOutput(p.Append(Op::kAbs, {p.Append(Op::kMul, {f, dy})}));
  const Program now = Optimized(p);
  EXPECT_EQ(Large(now, 64 * 16), 3) << now.ToString();
  ExpectSameResults(p, now);
}

}  // namespace
}  // namespace mlcompute
