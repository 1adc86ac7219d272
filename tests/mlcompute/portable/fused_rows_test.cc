#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/mlcompute/portable/fused_case.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::FusedCase;
using testing::Set;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

// One row a block and many, rows that fill a block and not, the last block cut.
const Shape kShapes[] = {{2, 8},      {3, 9},      {5, 17, 16}, {33, 128},  {4, 7, 3, 31},
                         {2, 2048},   {5, 1024},   {7, 2000},   {300, 513}, {9, 512},
                         {64, 8, 64}, {2, 3, 100}, {1000, 12}};

Attributes Last(const Shape& shape) {
  return {{"axes", std::vector<int64_t>{shape.rank() - 1}}, {"keep_dims", true}};
}
Attributes Leading(const Shape& shape) {
  std::vector<int64_t> axes;
  for (int axis = 0; axis + 1 < shape.rank(); ++axis) axes.push_back(axis);
  return {{"axes", axes}, {"keep_dims", false}};
}

struct Body {
  std::shared_ptr<Program> program = std::make_shared<Program>();
  const Shape shape;

  Value Input(const Shape& s) { return program->AddInput({DataType::kFloat32, s}); }
  Value Whole() { return Input(shape); }
  Value Column() { return Input({shape.dims().back()}); }
  Value Do(Op op, std::vector<Value> inputs) { return program->Append(op, inputs); }
  Value Reduce(Op op, Value x) { return program->Append(op, {x}, Last(shape)); }
  Value Sum(Value x) { return program->Append(Op::kReduceSum, {x}, Leading(shape)); }
};

std::shared_ptr<Program> LayerNormalization(const Shape& shape, bool all_leaves) {
  Body b{std::make_shared<Program>(), shape};
  const Value x = b.Do(Op::kAdd, {b.Whole(), b.Whole()});
  const Value mean = b.Reduce(Op::kReduceMean, x);
  const Value variance = b.Reduce(Op::kReduceMean, b.Do(Op::kSquaredDifference, {x, mean}));
  const Value inverse = b.Do(Op::kRsqrt, {b.Do(Op::kAdd, {variance, b.Input({})})});
  const Value unit = b.Do(Op::kMul, {b.Do(Op::kSub, {x, mean}), inverse});
  const Value y = b.Do(Op::kAdd, {b.Do(Op::kMul, {unit, b.Column()}), b.Column()});
  for (const Value v : {y, mean, inverse}) b.program->AddOutput(v);
  if (all_leaves) {
    for (const Value v : {x, unit, variance}) b.program->AddOutput(v);
  }
  return b.program;
}

TEST(FusedRows, LayerNormalization) {
  for (const Shape& shape : kShapes) {
    for (const bool all_leaves : {false, true}) {
      SCOPED_TRACE(shape.ToString());
      FusedCase(LayerNormalization(shape, all_leaves)).ExpectAgrees();
    }
  }
}

// With sums over rows and columns, numbers for each row from outside, and an input that is reduced.
TEST(FusedRows, ItsGradient) {
  for (const Shape& shape : kShapes) {
    Body b{std::make_shared<Program>(), shape};
    Shape rows = shape;
    rows[rows.rank() - 1] = 1;
    const Value dy = b.Whole(), x = b.Whole(), mean = b.Input(rows), inverse = b.Input(rows);
    const Value unit = b.Do(Op::kMul, {b.Do(Op::kSub, {x, mean}), inverse});
    const Value scaled = b.Do(Op::kMul, {dy, b.Column()});
    const Value total = b.Reduce(Op::kReduceSum, scaled);
    const Value along = b.Do(Op::kNeg, {b.Reduce(Op::kReduceSum, b.Do(Op::kMul, {scaled, unit}))});
    const Value centred = b.Do(Op::kSub, {scaled, total});
    b.program->AddOutput(b.Do(Op::kAdd, {centred, b.Do(Op::kMul, {unit, along})}));
    b.program->AddOutput(b.Sum(dy));
    b.program->AddOutput(b.Sum(b.Do(Op::kMul, {dy, unit})));
    b.program->AddOutput(b.Reduce(Op::kReduceMax, x));
    SCOPED_TRACE(shape.ToString());
    FusedCase(b.program).ExpectAgrees();
  }
}

TEST(FusedRows, Softmax) {
  for (const Shape& shape : kShapes) {
    Body b{std::make_shared<Program>(), shape};
    const Value x = b.Whole();
    const Value finite = b.Do(Op::kIsFinite, {x});
    const Value e = b.Do(Op::kExp, {b.Do(Op::kSub, {x, b.Reduce(Op::kReduceMax, x)})});
    const Value y = b.Do(Op::kDiv, {e, b.Reduce(Op::kReduceSum, e)});
    b.program->AddOutput(b.Do(Op::kSelect, {finite, y, b.Input({})}));
    b.program->AddOutput(finite);
    SCOPED_TRACE(shape.ToString());
    FusedCase(b.program).ExpectAgrees();
  }
}

// Of halves: what is normalized is made of them, read again after its reductions, and the results
// are halves too. What rounds to them is equal to the bit, but sums are of another order.
TEST(FusedRows, OfHalves) {
  for (const DataType type : {DataType::kBFloat16, DataType::kFloat16}) {
    for (const Shape& shape : kShapes) {
      Body b{std::make_shared<Program>(), shape};
      const auto half = [&](const Shape& s) { return b.program->AddInput({type, s}); };
      const auto cast = [&](Value v, DataType to) {
        return b.program->Append(Op::kCast, {v}, {{"to", to}});
      };
      const Value x = b.Do(Op::kAdd, {half(shape), half({shape.dims().back()})});
      const Value wide = cast(x, DataType::kFloat32);
      const Value mean = b.Reduce(Op::kReduceMean, wide);
      const Value again = cast(x, DataType::kFloat32);
      const Value deviation = b.Do(Op::kSquaredDifference, {again, mean});
      const Value inverse = b.Do(Op::kRsqrt, {b.Reduce(Op::kReduceMean, deviation)});
      const Value unit = b.Do(Op::kMul, {b.Do(Op::kSub, {wide, mean}), inverse});
      b.program->AddOutput(cast(b.Do(Op::kMul, {unit, b.Column()}), type));
      b.program->AddOutput(b.Do(Op::kMul, {x, half({})}));
      b.program->AddOutput(x);
      b.program->AddOutput(mean);
      SCOPED_TRACE(shape.ToString());
      FusedCase(b.program).ExpectAgrees();
    }
  }
}

TEST(FusedRows, SpecialNumbers) {
  const float inf = std::numeric_limits<float>::infinity();
  for (const float special : {inf, -inf, std::numeric_limits<float>::quiet_NaN()}) {
    FusedCase c(LayerNormalization({50, 16}, true));
    for (int64_t i = 37; i < 800; i += 97) Set(DataType::kFloat32, c.inputs[0].data(), i, special);
    SCOPED_TRACE(special);
    c.ExpectAgrees();
  }
}

// A large mean (here one that float32 holds) costs no digits of a small deviation: it is taken off
// before squaring.
TEST(FusedRows, MeanMuchLargerThanDeviation) {
  FusedCase c(LayerNormalization({50, 128}, true));
  for (int64_t i = 0; i < 50 * 128; ++i) {
    Set(DataType::kFloat32, c.inputs[0].data(), i, 10000.0f + static_cast<float>(i % 8) / 4.0f);
    Set(DataType::kFloat32, c.inputs[1].data(), i, 0.0f);
  }
  c.ExpectAgrees();
}

// A result may be written over an input that nobody reads afterwards.
TEST(FusedRows, InPlace) {
  for (const bool reads_later : {false, true}) {
    Body b{std::make_shared<Program>(), {40, 24}};
    const Value x = b.Whole();
    const Value y = b.Do(Op::kSub, {x, b.Reduce(Op::kReduceMax, x)});
    b.program->AddOutput(y);
    b.program->AddOutput(b.Reduce(Op::kReduceSum, y));
    if (reads_later) b.program->AddOutput(b.Sum(x));
    const FusedCase c(b.program);
    const std::unique_ptr<Step> step = portable::MakeFused(c.view);
    EXPECT_EQ(step->CanShare(0, 0), !reads_later);
    EXPECT_FALSE(step->CanShare(1, 0));
    if (reads_later) continue;
    const std::vector<Buffer> expected = c.Run(*step);
    const Buffer sum(expected[1].bytes()), scratch(step->scratch_bytes());
    const void* in[] = {c.inputs[0].data()};
    void* out[] = {c.inputs[0].data(), sum.data()};
    step->Run(in, out, scratch.data());
    EXPECT_EQ(std::memcmp(out[0], expected[0].data(), expected[0].bytes()), 0);
    EXPECT_EQ(std::memcmp(out[1], expected[1].data(), expected[1].bytes()), 0);
  }
}

}  // namespace
}  // namespace mlcompute
