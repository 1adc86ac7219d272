#include <cmath>
#include <limits>

#include "mlcompute/backend/memory_plan.h"
#include "mlcompute/portable/portable.h"
#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;
using testing::Ops;

const Attributes kPlain = {{"transpose_a", false}, {"transpose_b", false}};

// On every processor, whichever of them the backend prefers these loops on.
const Abilities kAll = {portable::CanFuse, [](const OperationView& view) {
                          return view.inputs[0].dtype == DataType::kFloat32 &&
                                 view.results[0].elements() > 0;
                        }};

Program Joined(const Program& program) {
  return JoinProducts(FuseElementwise(program, portable::CanFuse), kAll);
}

TEST(JoinProducts, BiasActivationAndResidualJoin) {
  for (const int64_t n : {1, 5, 32, 33, 64, 100, 1030}) {
    Program program;
    const Value a = program.AddInput(F({70, 13}));
    const Value b = program.AddInput(F({13, n}));
    const Value bias = program.AddInput(F({n}));
    const Value residual = program.AddInput(F({70, n}));
    const Value sum = program.Append(Op::kAdd, {program.Append(Op::kMatMul, {a, b}, kPlain), bias});
    const Value y = program.Append(Op::kAdd, {program.Append(Op::kRelu, {sum}), residual});
    program.AddOutput(y);
    program.AddOutput(sum);
    const Program now = Joined(program);
    EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
    ExpectSameResults(program, now);
  }
}

// The bias of a projection to heads, added after the columns became two axes.
TEST(JoinProducts, ABiasOfHeadsJoins) {
  for (const Shape& bias : {Shape({4, 5}), Shape({1, 1, 4, 5})}) {
    for (const bool has_more : {false, true}) {
      Program program;
      const Value a = program.AddInput(F({3, 7, 6}));
      const Value b = program.AddInput(F({6, 20}));
      const Value product = program.Append(Op::kMatMul, {a, b}, kPlain);
      const Value heads =
          program.Append(Op::kReshape, {product}, {{"shape", std::vector<int64_t>{3, 7, 4, 5}}});
      Value y = program.Append(Op::kAdd, {program.AddInput(F(bias)), heads});
      if (has_more) {
        program.AddOutput(y);
        const Value scaled = program.Append(Op::kMul, {program.AddInput(F({1, 1})), y});
        y = program.Append(Op::kAdd, {scaled, program.AddInput(F({3, 7, 4, 5}))});
      }
      program.AddOutput(y);
      const Program now = Joined(program);
      for (const Op op : Ops(now)) EXPECT_TRUE(op == Op::kFused || op == Op::kReshape);
      ExpectSameResults(program, now);
    }
  }
}

// A row of one axis among several is not for the product's columns.
TEST(JoinProducts, ARowOfHeadsJoinsAfterTheReshape) {
  Program program;
  const Value product = program.Append(
      Op::kMatMul, {program.AddInput(F({3, 7, 6})), program.AddInput(F({6, 20}))}, kPlain);
  const Value heads =
      program.Append(Op::kReshape, {product}, {{"shape", std::vector<int64_t>{3, 7, 4, 5}}});
  const Value y = program.Append(Op::kMul, {program.AddInput(F({5})), heads});
  program.AddOutput(program.Append(Op::kAdd, {y, program.AddInput(F({7, 4, 5}))}));
  const Program now = Joined(program);
  EXPECT_EQ(now.operations()[0].op, Op::kMatMul) << now.ToString();
  ExpectSameResults(program, now);
}

TEST(JoinProducts, NanAndInfinityAreAsInRelu) {
  Program program;
  const Value a = program.AddInput(F({3, 1}));
  const Value b = program.AddInput(F({1, 4}));
  program.AddOutput(program.Append(Op::kRelu, {program.Append(Op::kMatMul, {a, b}, kPlain)}));
  const float infinity = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<testing::Tensor> inputs = {testing::Floats({3, 1}, {1, nan, infinity}),
                                               testing::Floats({1, 4}, {-2, 2, -infinity, 1})};
  const Program now = Joined(program);
  ASSERT_EQ(Ops(now), (std::vector<Op>{Op::kFused}));
  const auto y = testing::RunProgram(*PortableBackend().Compile(now), inputs)[0].values<float>();
  const std::vector<float> expected = {0, 2, 0, 1, nan, nan, nan, nan, 0, infinity, 0, infinity};
  for (size_t i = 0; i < y.size(); ++i) {
    EXPECT_TRUE(y[i] == expected[i] || (std::isnan(y[i]) && std::isnan(expected[i]))) << i;
  }
}

TEST(JoinProducts, HeadsAreStrides) {
  const std::vector<int64_t> to_heads = {0, 2, 1, 3}, to_columns = {0, 2, 3, 1};
  for (const int64_t size : {5, 32, 64}) {
    for (const bool by_columns : {false, true}) {
      Program program;
      const auto heads = [&](const std::vector<int64_t>& perm) {
        return program.Append(Op::kTranspose, {program.AddInput(F({2, 9, 3, size}))},
                              {{"perm", perm}});
      };
      const Value q = heads(to_heads), k = heads(by_columns ? to_columns : to_heads);
      const Value v = heads(to_heads);
      const Value scores = program.Append(Op::kMatMul, {q, k},
                                          {{"transpose_a", false}, {"transpose_b", !by_columns}});
      const Value scaled =
          program.Append(Op::kMul, {scores, program.AddScalar(DataType::kFloat32, 0.5)});
      const Value mixed = program.Append(Op::kMatMul, {scaled, v}, kPlain);
      program.AddOutput(program.Append(Op::kTranspose, {mixed}, {{"perm", to_heads}}));
      program.AddOutput(scaled);
      const Program now = Joined(program);
      EXPECT_EQ(LiveOperations(now).size(), 2u) << now.ToString();
      ExpectSameResults(program, now);
    }
  }
}

TEST(JoinProducts, WhatDoesNotFitStays) {
  const auto ops_after = [](const Shape& other, bool is_read_twice) {
    Program program;
    const Value a = program.AddInput(F({2, 4, 3}));
    const Value b = program.AddInput(F({3, 6}));
    const Value product = program.Append(Op::kMatMul, {a, b}, kPlain);
    program.AddOutput(program.Append(Op::kAdd, {product, program.AddInput(F(other))}));
    if (is_read_twice) program.AddOutput(product);
    ExpectSameResults(program, Joined(program));
    return Ops(Joined(program));
  };
  const std::vector<Op> apart = {Op::kMatMul, Op::kAdd};
  const std::vector<Op> joined = {Op::kFused};
  EXPECT_EQ(ops_after({6}, false), joined);
  EXPECT_EQ(ops_after({1, 1, 6}, false), joined);
  EXPECT_EQ(ops_after({}, false), joined);
  EXPECT_EQ(ops_after({6}, true), apart);
  EXPECT_EQ(ops_after({4, 1}, false), apart);
  EXPECT_EQ(ops_after({4, 6}, false), apart);
  EXPECT_EQ(ops_after({2, 1, 1}, false), apart);
  EXPECT_EQ(ops_after({3, 2, 4, 6}, false), apart);  // a larger result
}

// The loops themselves, on shapes that fill tiles and panels and that do not.
TEST(JoinProducts, ShapesThatFillPanelsAndNot) {
  struct Row {
    Shape a, b;
    bool transpose_a, transpose_b;
  };
  const Row rows[] = {
      {{1, 1}, {1, 1}, false, false},         {{7, 5}, {5, 3}, false, false},
      {{130, 600}, {600, 40}, false, false},  {{600, 13}, {600, 70}, true, false},
      {{130, 30}, {330, 30}, false, true},    {{30, 13}, {64, 30}, true, true},
      {{3, 2, 40, 8}, {8, 64}, false, false}, {{3, 2, 8, 40}, {3, 1, 8, 64}, true, false},
      {{5, 130, 8}, {5, 33, 8}, false, true}, {{2, 130, 8}, {8, 32}, false, false},
      {{9, 8}, {4, 8, 12}, false, false},     {{2, 1, 9, 8}, {3, 8, 300}, false, false},
  };
  for (const Row& row : rows) {
    Program program;
    const Value y =
        program.Append(Op::kMatMul, {program.AddInput(F(row.a)), program.AddInput(F(row.b))},
                       {{"transpose_a", row.transpose_a}, {"transpose_b", row.transpose_b}});
    program.AddOutput(program.Append(Op::kNeg, {y}));
    const Program now = Joined(program);
    EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kFused})) << now.ToString();
    ExpectSameResults(program, now);
  }
}

}  // namespace
}  // namespace mlcompute
