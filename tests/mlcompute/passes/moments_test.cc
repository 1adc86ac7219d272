// A mean and a variance become one operation.
#include <gtest/gtest.h>

#include <cmath>

#include "mlcompute/portable/abilities.h"
#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;
using testing::Ops;
using testing::Tensor;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

Program Joined(const Program& program) {
  return DropUnread(JoinMoments(program, portable::kAbilities));
}

// How the squared deviations are written.
enum class Form { kDifference, kSwapped, kSquareOfSub, kProductOfSub };

// A power of two elements of each column, so that nothing is rounded.
Program Normalization(Form form, bool keep_dims, Shape shape = {4, 2, 8, 4}, Ints axes = {0, 1, 2},
                      Ints other_axes = {}) {
  Program p;
  const Value x = p.AddInput(F(shape));
  const Attributes over = {{"axes", axes}, {"keep_dims", keep_dims}};
  const Value mean = p.Append(Op::kReduceMean, {x}, over);
  Value by = mean;
  if (!keep_dims) {
    Ints kept = shape.dims();
    for (const int64_t axis : axes) kept[static_cast<size_t>(axis)] = 1;
    by = p.Append(Op::kReshape, {mean}, {{"shape", kept}});
  }
  Value squares = -1;
  if (form == Form::kDifference) {
    squares = p.Append(Op::kSquaredDifference, {x, by});
  } else if (form == Form::kSwapped) {
    squares = p.Append(Op::kSquaredDifference, {by, x});
  } else {
    const Value deviation = p.Append(Op::kSub, {x, by});
    squares = form == Form::kSquareOfSub ? p.Append(Op::kSquare, {deviation})
                                         : p.Append(Op::kMul, {deviation, deviation});
  }
  const Attributes too = {{"axes", other_axes.empty() ? axes : other_axes},
                          {"keep_dims", keep_dims}};
  p.AddOutput(p.Append(Op::kReduceMean, {squares}, too));
  p.AddOutput(mean);
  return p;
}

TEST(JoinMoments, AnyFormBecomesOneOperation) {
  for (const Form form :
       {Form::kDifference, Form::kSwapped, Form::kSquareOfSub, Form::kProductOfSub}) {
    for (const bool keep_dims : {false, true}) {
      const Program program = Normalization(form, keep_dims);
      const Program now = Joined(program);
      EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kMoments})) << now.ToString();
      ExpectSameResults(program, now);
    }
  }
  const Program of_instances = Normalization(Form::kDifference, true, {3, 4, 8, 5}, {1, 2});
  EXPECT_EQ(Ops(Joined(of_instances)), (std::vector<Op>{Op::kMoments}));
  ExpectSameResults(of_instances, Joined(of_instances));
}

TEST(JoinMoments, Text) {
  EXPECT_EQ(Joined(Normalization(Form::kSwapped, true)).ToString(),
            R"(%0: float32[4,2,8,4] = input
%1: float32[1,1,1,4], %2: float32[1,1,1,4] = Moments(%0) {axes=[0,1,2], keep_dims=true}
return %2 %1
)");
}

TEST(JoinMoments, WhatDoesNotFitStays) {
  const auto stays = [](const Program& program) {
    const Program now = Joined(program);
    ExpectSameResults(program, now);
    return Ops(now) == Ops(program);
  };
  EXPECT_TRUE(stays(Normalization(Form::kDifference, true, {4, 8}, {1})));  // rows
  EXPECT_TRUE(stays(Normalization(Form::kDifference, true, {4, 2, 8, 3}, {0, 2})));
  EXPECT_TRUE(stays(Normalization(Form::kDifference, true, {4, 2, 8, 3}, {0, 1, 2}, {0, 1})));
  Program read;  // the squares are read besides
  const Value x = read.AddInput(F({8, 3}));
  const Attributes over = {{"axes", Ints{0}}, {"keep_dims", true}};
  const Value mean = read.Append(Op::kReduceMean, {x}, over);
  const Value squares = read.Append(Op::kSquaredDifference, {x, mean});
  read.AddOutput(read.Append(Op::kReduceMean, {squares}, over));
  read.AddOutput(squares);
  EXPECT_TRUE(stays(read));
  Program other;  // deviations from another's mean
  const Value a = other.AddInput(F({8, 3})), b = other.AddInput(F({8, 3}));
  const Value mean_of_a = other.Append(Op::kReduceMean, {a}, over);
  other.AddOutput(
      other.Append(Op::kReduceMean, {other.Append(Op::kSquaredDifference, {b, mean_of_a})}, over));
  EXPECT_TRUE(stays(other));
  Program crossed;  // the means of columns meet rows
  const Value square = crossed.AddInput(F({4, 1, 4}));
  const Attributes first = {{"axes", Ints{0}}, {"keep_dims", false}};
  const Value mean_of_rows = crossed.Append(Op::kReduceMean, {square}, first);
  const Value turned = crossed.Append(Op::kReshape, {mean_of_rows}, {{"shape", Ints{4, 1, 1}}});
  crossed.AddOutput(crossed.Append(
      Op::kReduceMean, {crossed.Append(Op::kSquaredDifference, {square, turned})}, first));
  EXPECT_TRUE(stays(crossed));
  Program halves;
  const Value h = halves.AddInput({DataType::kBFloat16, {8, 3}});
  const Value mean_of_halves = halves.Append(Op::kReduceMean, {h}, over);
  halves.AddOutput(halves.Append(
      Op::kReduceMean, {halves.Append(Op::kSquaredDifference, {h, mean_of_halves})}, over));
  EXPECT_TRUE(stays(halves));
}

TEST(JoinMoments, ResultsKeepTheirShapes) {
  Program p;
  const Value x = p.AddInput(F({8, 3}));
  const Value mean = p.Append(Op::kReduceMean, {x}, {{"axes", Ints{0}}, {"keep_dims", true}});
  const Value squares = p.Append(Op::kSquaredDifference, {x, mean});
  p.AddOutput(p.Append(Op::kReduceMean, {squares}, {{"axes", Ints{0}}, {"keep_dims", false}}));
  EXPECT_EQ(Ops(Joined(p)), (std::vector<Op>{Op::kMoments, Op::kReshape}));
  ExpectSameResults(p, Joined(p));
}

// Batch normalization of what a cast or an activation makes: that runs in the same step.
TEST(JoinMoments, AllPassesMakeOneStepOfItAndItsProducer) {
  for (const DataType type : {DataType::kFloat32, DataType::kBFloat16}) {
    Program p;
    const Value in = p.AddInput({type, {4, 4, 8, 16}});
    const Value x = type == DataType::kFloat32
                        ? p.Append(Op::kRelu, {in})
                        : p.Append(Op::kCast, {in}, {{"to", DataType::kFloat32}});
    const Attributes over = {{"axes", Ints{0, 1, 2}}, {"keep_dims", true}};
    const Value mean = p.Append(Op::kReduceMean, {x}, over);
    const Value squares = p.Append(Op::kSquaredDifference, {x, mean});
    const Value variance = p.Append(Op::kReduceMean, {squares}, over);
    const Value scale = p.Append(Op::kRsqrt, {variance});
    p.AddOutput(p.Append(Op::kMul, {p.Append(Op::kSub, {x, mean}), scale}));
    const Program now = Optimize(p, portable::kAbilities);
    int with_moments = 0, large_results = 0;
    for (const Operation& operation : now.operations()) {
      EXPECT_NE(operation.op, Op::kMoments) << now.ToString();
      if (operation.body) {
        for (const Operation& inner : operation.body->operations()) {
          with_moments += inner.op == Op::kMoments;
        }
      }
      for (const Value v : operation.results) large_results += now.type(v).elements() > 16;
    }
    EXPECT_EQ(with_moments, 1) << now.ToString();
    EXPECT_EQ(large_results, 1) << now.ToString();
  }
}

}  // namespace
}  // namespace mlcompute
