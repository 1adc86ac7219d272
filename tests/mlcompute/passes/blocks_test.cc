// Products of a batch, and what lies between them, a few rows at a time.
#include <gtest/gtest.h>

#include <cstdlib>

#include "mlcompute/portable/blocked.h"
#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;
using testing::Ops;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

Abilities Always() {
  Abilities can;
  can.blocks = [](int64_t rows, size_t, size_t) { return rows; };
  can.convolve_blocks = [](const OperationView&) { return true; };
  return can;
}

Program InBlocks(const Program& program) { return RunInBlocks(program, Always()); }

Attributes Product(bool transpose_a = false, bool transpose_b = false) {
  return {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}};
}

Value Transposed(Program* program, Value v, const Ints& perm) {
  return program->Append(Op::kTranspose, {v}, {{"perm", perm}});
}

// Attention over [b, t, h, d] by whole numbers: clipped scores instead of softmax, so that results
// are exact. Gives the weights and the heads' results.
struct Attention {
  Program program;
  Value q, k, v, weights, context;

  Attention(int64_t b, int64_t t, int64_t h, int64_t d) {
    q = program.AddInput(F({b, t, h, d}));
    k = program.AddInput(F({b, t, h, d}));
    v = program.AddInput(F({b, t, h, d}));
    const Value scores = program.Append(
        Op::kMatMul, {Transposed(&program, q, {0, 2, 1, 3}), Transposed(&program, k, {0, 2, 3, 1})},
        Product());
    const Value half = program.AddScalar(DataType::kFloat32, 0.5);
    const Value scaled = program.Append(Op::kMul, {scores, half});
    weights = program.Append(Op::kMinimum, {scaled, program.AddScalar(DataType::kFloat32, 8)});
    const Value heads =
        program.Append(Op::kMatMul, {weights, Transposed(&program, v, {0, 2, 1, 3})}, Product());
    context = program.Append(Op::kReshape, {Transposed(&program, heads, {0, 2, 1, 3})},
                             {{"shape", Ints{b, t, h * d}}});
  }
};

TEST(RunInBlocks, AttentionIsOneOperation) {
  Attention a(4, 6, 2, 3);
  a.program.AddOutput(a.context);
  const Program now = InBlocks(a.program);
  EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kBlocked})) << now.ToString();
  ExpectSameResults(a.program, now);
}

TEST(RunInBlocks, Text) {
  Attention a(4, 6, 2, 3);
  a.program.AddOutput(a.weights);
  a.program.AddOutput(a.context);
  EXPECT_EQ(InBlocks(a.program).ToString(), R"(%0: float32[4,6,2,3] = input
%1: float32[4,6,2,3] = input
%2: float32[4,6,2,3] = input
%3: float32[] = constant
%4: float32[] = constant
%5: float32[4,2,6,6], %6: float32[4,6,6] = Blocked(%0, %1, %2) {blocks=4}
    %0: float32[1,6,2,3] = input
    %2: float32[1,6,2,3] = input
    %9: float32[1,6,2,3] = input
    %5: float32[] = constant
    %7: float32[] = constant
    %1: float32[1,2,6,3] = Transpose(%0) {perm=[0,2,1,3]}
    %3: float32[1,2,3,6] = Transpose(%2) {perm=[0,2,3,1]}
    %4: float32[1,2,6,6] = MatMul(%1, %3) {transpose_a=false, transpose_b=false}
    %6: float32[1,2,6,6] = Mul(%4, %5) {}
    %8: float32[1,2,6,6] = Minimum(%6, %7) {}
    %10: float32[1,2,6,3] = Transpose(%9) {perm=[0,2,1,3]}
    %11: float32[1,2,6,3] = MatMul(%8, %10) {transpose_a=false, transpose_b=false}
    %12: float32[1,6,2,3] = Transpose(%11) {perm=[0,2,1,3]}
    %13: float32[1,6,6] = Reshape(%12) {shape=[1,6,6]}
    return %8 %13
return %5 %6
)");
}

// The gradient reads what the forward pass gave, and what came of it outside.
TEST(RunInBlocks, TheGradientIsAnother) {
  Attention a(4, 6, 2, 3);
  Program& p = a.program;
  const Value w = p.AddInput(F({6, 5}));
  const Value y = p.Append(Op::kMatMul, {a.context, w}, Product());
  const Value dcontext = p.Append(Op::kMatMul, {y, w}, Product(false, true));
  const Value dheads = Transposed(
      &p, p.Append(Op::kReshape, {dcontext}, {{"shape", Ints{4, 6, 2, 3}}}), {0, 2, 1, 3});
  const Value dv = p.Append(Op::kMatMul, {a.weights, dheads}, Product(true, false));
  const Value dweights =
      p.Append(Op::kMatMul, {dheads, Transposed(&p, a.v, {0, 2, 3, 1})}, Product());
  const Value kept = p.Append(Op::kMinimum, {p.Append(Op::kMul, {dweights, a.weights}),
                                             p.AddScalar(DataType::kFloat32, 8)});
  const Value row = p.Append(Op::kReduceMax, {kept}, {{"axes", Ints{3}}, {"keep_dims", true}});
  const Value dscores = p.Append(Op::kSub, {kept, row});
  const Value dq = p.Append(Op::kMatMul, {dscores, Transposed(&p, a.k, {0, 2, 1, 3})}, Product());
  for (const Value v : {y, dv, Transposed(&p, dq, {0, 2, 1, 3})}) p.AddOutput(v);
  const Program now = InBlocks(p);
  EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kBlocked, Op::kMatMul, Op::kMatMul, Op::kBlocked}))
      << now.ToString();
  EXPECT_EQ(now.operations()[0].results.size(), 2u);  // the weights too
  ExpectSameResults(p, now);
}

// As in 16 bits: the weights are rounded for the products, by way of a reshape that both regions
// copy. What makes them is the first one's alone.
TEST(RunInBlocks, WhatBothReadByWayOfACopyIsTheFirstOnes) {
  Attention a(4, 6, 2, 3);
  Program& p = a.program;
  const Value rounded = p.Append(Op::kFloor, {a.weights});
  const Value copy = p.Append(Op::kReshape, {rounded}, {{"shape", Ints{4, 2, 6, 6}}});
  const Value v = Transposed(&p, a.v, {0, 2, 1, 3});
  const Value heads = p.Append(Op::kMatMul, {copy, v}, Product());
  const Value w = p.AddInput(F({3, 3}));
  const Value dheads = p.Append(Op::kMatMul, {heads, w}, Product());
  const Value dv = p.Append(Op::kMatMul, {copy, dheads}, Product(true, false));
  const Value dweights =
      p.Append(Op::kMatMul, {dheads, Transposed(&p, v, {0, 1, 3, 2})}, Product());
  const Value dscores = p.Append(Op::kMinimum, {dweights, p.AddScalar(DataType::kFloat32, 8)});
  const Value dq = p.Append(Op::kMatMul, {dscores, Transposed(&p, a.k, {0, 2, 1, 3})}, Product());
  for (const Value result : {dv, dq}) p.AddOutput(result);
  const Program now = InBlocks(p);
  EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kBlocked, Op::kMatMul, Op::kBlocked})) << now.ToString();
  ExpectSameResults(p, now);
}

// A mask for each example, one for all, and one that has an axis of the batch's length by chance.
TEST(RunInBlocks, WhatAllBlocksReadIsReadAsAWhole) {
  for (const Shape& mask : {Shape{4, 1, 1, 4}, Shape{1, 1, 4, 4}, Shape{4}, Shape{4, 4}}) {
    Attention a(4, 4, 2, 3);
    Program& p = a.program;
    const Value masked = p.Append(Op::kAdd, {a.weights, p.AddInput(F(mask))});
    p.AddOutput(p.Append(Op::kMatMul, {masked, Transposed(&p, a.v, {0, 2, 1, 3})}, Product()));
    const Program now = InBlocks(p);
    EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kBlocked})) << mask.ToString() << now.ToString();
    ExpectSameResults(p, now);
  }
}

// A number that is computed has no rows.
TEST(RunInBlocks, NumbersAreReadAsAWhole) {
  Attention a(4, 4, 2, 3);
  Program& p = a.program;
  const Value number = p.AddInput(F({}));
  const Value computed = p.Append(Op::kFloor, {Transposed(&p, number, {})});
  const Value scaled = p.Append(Op::kMul, {a.v, computed});
  const Value more = p.Append(Op::kMul, {a.weights, computed});
  p.AddOutput(p.Append(Op::kMatMul, {more, Transposed(&p, scaled, {0, 2, 1, 3})}, Product()));
  const Program now = InBlocks(p);
  EXPECT_EQ(Ops(now).back(), Op::kBlocked) << now.ToString();
  EXPECT_EQ(Ops(now).size(), 3u) << now.ToString();
  ExpectSameResults(p, now);
}

// A value of the region that blocks would need as a whole keeps its reader outside.
TEST(RunInBlocks, WhatMixesExamplesStaysOutside) {
  Attention a(4, 6, 2, 3);
  Program& p = a.program;
  const Value over_batch =
      p.Append(Op::kReduceMax, {a.weights}, {{"axes", Ints{0}}, {"keep_dims", false}});
  const Value mixed = p.Append(Op::kSub, {a.weights, over_batch});
  const Value v = Transposed(&p, a.v, {0, 2, 1, 3});
  p.AddOutput(p.Append(Op::kMatMul, {mixed, v}, Product()));
  p.AddOutput(a.context);
  ExpectSameResults(p, InBlocks(p));
}

// The sum over a batch of what the region makes, of a bias.
TEST(RunInBlocks, SumsOverTheBatchArePartOfIt) {
  for (const bool keep_dims : {false, true}) {
    Attention a(5, 6, 2, 3);
    Program& p = a.program;
    p.AddOutput(a.context);
    for (const Ints& axes : {Ints{0, 1}, Ints{0}, Ints{0, 1, 2}}) {
      p.AddOutput(
          p.Append(Op::kReduceSum, {a.context}, {{"axes", axes}, {"keep_dims", keep_dims}}));
    }
    const Program now = InBlocks(p);
    EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kBlocked})) << now.ToString();
    ExpectSameResults(p, now);
  }
}

Attributes Window(int64_t size, int64_t stride) {
  return {{"window", Ints{size, size}},
          {"strides", Ints{stride, stride}},
          {"pads_begin", Ints{0, 0}},
          {"pads_end", Ints{0, 0}},
          {"channels_last", true}};
}

// A convolution of [n, 9, 7, 2] images to 3 channels, bias, ReLU and pooling, and the gradients.
struct Layer {
  Program program;
  Value x, filter, y, pooled;
  const Attributes same = {{"strides", Ints{1, 1}},    {"dilations", Ints{1, 1}},
                           {"pads_begin", Ints{1, 1}}, {"pads_end", Ints{1, 1}},
                           {"groups", int64_t{1}},     {"channels_last", true}};

  Layer(int64_t n, Op pool, int64_t size, DataType type = DataType::kFloat32) {
    x = program.AddInput({type, {n, 9, 7, 2}});
    filter = program.AddInput({type, {3, 3, 2, 3}});
    const Value sum = program.Append(Op::kConvolution, {x, filter}, same);
    const Value bias = program.AddInput({type, {3}});
    y = program.Append(Op::kRelu, {program.Append(Op::kAdd, {sum, bias})});
    pooled = program.Append(pool, {y}, Window(size, 2));
  }

  void Differentiate(Op pool, bool of_input) {
    const Shape shape = program.type(y).shape;
    const Value dpooled = program.AddInput(program.type(pooled));
    const Value dy =
        pool == Op::kMaxPoolGrad
            ? program.Append(pool, {y, pooled, dpooled}, Window(2, 2))
            : program.Append(pool, {dpooled},
                             Attributes(Window(2, 2)).Set("input_shape", shape.dims()));
    const Value dsum = program.Append(Op::kReluGrad, {dy, y});
    program.AddOutput(
        program.Append(Op::kConvolutionGradFilter, {x, dsum},
                       Attributes(same).Set("filter_shape", program.type(filter).shape.dims())));
    program.AddOutput(
        program.Append(Op::kReduceSum, {dsum}, {{"axes", Ints{0, 1, 2}}, {"keep_dims", false}}));
    if (!of_input) return;
    program.AddOutput(
        program.Append(Op::kConvolutionGradInput, {filter, dsum},
                       Attributes(same).Set("input_shape", program.type(x).shape.dims())));
  }
};

TEST(RunInBlocks, PoolingTakesTheConvolutionAlong) {
  for (const Op pool : {Op::kMaxPool, Op::kAvgPool}) {
    for (const int64_t size : {2, 3}) {
      for (const bool gives_y : {false, true}) {
        Layer layer(6, pool, size);
        layer.program.AddOutput(layer.pooled);
        if (gives_y) layer.program.AddOutput(layer.y);
        const Program now = InBlocks(layer.program);
        EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kBlocked})) << now.ToString();
        ExpectSameResults(layer.program, now);
      }
    }
  }
}

TEST(RunInBlocks, PoolingsGradientMakesTheFilters) {
  const std::pair<Op, Op> pools[] = {{Op::kMaxPool, Op::kMaxPoolGrad},
                                     {Op::kAvgPool, Op::kAvgPoolGrad}};
  for (const auto& [pool, gradient] : pools) {
    for (const bool of_input : {false, true}) {
      Layer layer(6, pool, 2);
      layer.program.AddOutput(layer.pooled);
      layer.Differentiate(gradient, of_input);
      const Program now = InBlocks(layer.program);
      EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kBlocked, Op::kBlocked})) << now.ToString();
      ExpectSameResults(layer.program, now);
    }
  }
}

// What is summed over blocks is rounded once, as by one operation.
TEST(RunInBlocks, SumsOfHalvesAreFloat32UntilTheEnd) {
  for (const DataType type : {DataType::kBFloat16, DataType::kFloat16}) {
    Layer layer(64, Op::kMaxPool, 2, type);
    layer.program.AddOutput(layer.pooled);
    layer.Differentiate(Op::kMaxPoolGrad, false);
    const Program now = InBlocks(layer.program);
    EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kBlocked, Op::kBlocked, Op::kCast, Op::kCast}))
        << now.ToString();
    ExpectSameResults(layer.program, now);
  }
}

// Statistics of the batch lie between the convolution and pooling.
TEST(RunInBlocks, NormalizationOfABatchKeepsThemApart) {
  Layer layer(6, Op::kMaxPool, 2);
  Program& p = layer.program;
  const Value mean =
      p.Append(Op::kReduceMax, {layer.y}, {{"axes", Ints{0, 1, 2}}, {"keep_dims", false}});
  const Value centred = p.Append(Op::kSub, {layer.y, mean});
  p.AddOutput(p.Append(Op::kMaxPool, {centred}, Window(2, 2)));
  const Program without = DropUnread(p);
  const Program now = InBlocks(without);
  EXPECT_EQ(Ops(now), Ops(without)) << now.ToString();
  ExpectSameResults(without, now);
}

// What pools may be anything, to the backend's own choice too.
TEST(RunInBlocks, PoolingOfSomethingElseStays) {
  Program p;
  const Value x = p.AddInput(F({64, 16, 16, 8})), y = p.AddInput(F({64, 16, 16, 8}));
  const Value both = p.Append(Op::kConcat, {x, y}, {{"axis", int64_t{3}}});
  p.AddOutput(p.Append(Op::kMaxPool, {both}, Window(2, 2)));
  Abilities can;
  can.blocks = portable::BlocksFor;
  can.convolve_blocks = portable::CanConvolveBlocks;
  EXPECT_EQ(Ops(RunInBlocks(p, can)), Ops(p));
  ExpectSameResults(p, p);
}

TEST(RunInBlocks, WhatDoesNotFitStays) {
  const auto stays = [](const Program& program) {
    ExpectSameResults(program, InBlocks(program));
    return Ops(InBlocks(program)) == Ops(program);
  };
  Program alone;  // one product
  alone.AddOutput(alone.Append(
      Op::kMatMul, {alone.AddInput(F({4, 2, 3})), alone.AddInput(F({4, 3, 2}))}, Product()));
  EXPECT_TRUE(stays(alone));
  Program shared;  // one matrix for all
  const Value x = shared.AddInput(F({4, 3, 3}));
  const Value y = shared.Append(Op::kMatMul, {x, shared.AddInput(F({3, 3}))}, Product());
  shared.AddOutput(shared.Append(
      Op::kMatMul, {shared.Append(Op::kNeg, {y}), shared.AddInput(F({3, 3}))}, Product()));
  EXPECT_TRUE(stays(shared));
  Attention one(1, 6, 2, 3);
  one.program.AddOutput(one.context);
  EXPECT_TRUE(stays(one.program));
}

TEST(BlocksFor, FitsTheCacheAndTheTeam) {
  constexpr size_t kLarge = 8 << 20;
  EXPECT_EQ(portable::BlocksFor(32, 700 << 10, kLarge), 32);
  EXPECT_EQ(portable::BlocksFor(96, 160 << 10, kLarge), 32);  // three rows of 160 KiB
  EXPECT_EQ(portable::BlocksFor(97, 64 << 10, kLarge), 97);   // no divisor
  EXPECT_EQ(portable::BlocksFor(32, 2 << 20, kLarge), 0);     // larger than the cache
  EXPECT_EQ(portable::BlocksFor(32, 64 << 10, 64 << 10), 0);  // all is in the cache
  EXPECT_EQ(portable::BlocksFor(4, 64 << 10, kLarge), 0);     // two for one thread, one for others
  EXPECT_EQ(portable::BlocksFor(3, 64 << 10, kLarge), 3);
}

}  // namespace
}  // namespace mlcompute
