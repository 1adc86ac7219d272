#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;
using testing::Ops;
using Ints = std::vector<int64_t>;

struct Layer {
  Ints strides = {2, 2};
  Ints begin = {0, 0};
  Ints end = {0, 0};
  bool channels_last = true;
  Attributes attributes() const {
    return {{"strides", strides}, {"dilations", Ints{1, 1}}, {"pads_begin", begin},
            {"pads_end", end},    {"groups", int64_t{1}},    {"channels_last", channels_last}};
  }
  Attributes With(const char* name, const Shape& shape) const {
    return attributes().Set(name, shape.dims());
  }
};

Value Pad(Program* program, Value x, Ints before, Ints after, double value = 0) {
  return program->Append(Op::kPad, {x, program->AddScalar(DataType::kFloat32, value)},
                         {{"before", std::move(before)}, {"after", std::move(after)}});
}

// Zero padding, convolution and both gradients: nothing else is left.
TEST(FoldPads, AConvolutionAndItsGradients) {
  for (const bool channels_last : {true, false}) {
    Layer layer;
    layer.begin = {1, 0};
    layer.channels_last = channels_last;
    const Ints before = channels_last ? Ints{0, 0, 1, 0} : Ints{0, 0, 0, 1};
    const Ints after = channels_last ? Ints{0, 1, 1, 0} : Ints{0, 0, 1, 1};
    const Shape inner = channels_last ? Shape{2, 6, 5, 3} : Shape{2, 3, 6, 5};
    Program program;
    const Value x = program.AddInput(F(inner));
    const Value filter = program.AddInput(F({3, 3, 3, 4}));
    const Value padded = Pad(&program, x, before, after);
    const Value y = program.Append(Op::kConvolution, {padded, filter}, layer.attributes());
    const Value dy = program.AddInput(program.type(y));
    program.AddOutput(y);
    program.AddOutput(program.Append(Op::kConvolutionGradFilter, {padded, dy},
                                     layer.With("filter_shape", {3, 3, 3, 4})));
    const Value dx = program.Append(Op::kConvolutionGradInput, {filter, dy},
                                    layer.With("input_shape", program.type(padded).shape));
    program.AddOutput(program.Append(
        Op::kSlice, {dx},
        {{"begin", before}, {"strides", Ints{1, 1, 1, 1}}, {"sizes", inner.dims()}}));
    const Program now = FoldPads(program);
    EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kConvolution, Op::kConvolutionGradFilter,
                                         Op::kConvolutionGradInput}))
        << now.ToString();
    ExpectSameResults(program, now);
  }
}

TEST(FoldPads, WhatElseIsPaddedStays) {
  const auto stays = [](Ints before, Ints after, double value, bool others_read) {
    Program program;
    const Value x = program.AddInput(F({2, 6, 5, 3}));
    const Value padded = Pad(&program, x, std::move(before), std::move(after), value);
    const int64_t channels = program.type(padded).shape[3];
    const Value filter = program.AddInput(F({3, 3, channels, 4}));
    program.AddOutput(program.Append(Op::kConvolution, {padded, filter}, Layer().attributes()));
    if (others_read) program.AddOutput(program.Append(Op::kNeg, {padded}));
    const Program now = FoldPads(program);
    ExpectSameResults(program, now);
    return now.operations()[0].op == Op::kPad;
  };
  EXPECT_FALSE(stays({0, 0, 0, 0}, {0, 1, 1, 0}, 0, false));
  EXPECT_TRUE(stays({0, 0, 0, 0}, {0, 1, 1, 0}, 1, false));  // not zeros
  EXPECT_TRUE(stays({0, 0, 0, 0}, {0, 1, 1, 0}, 0, true));
  EXPECT_TRUE(stays({0, 0, 0, 1}, {0, 0, 0, 0}, 0, false));  // channels
  EXPECT_TRUE(stays({1, 0, 0, 0}, {0, 0, 0, 0}, 0, false));  // another image
  EXPECT_TRUE(stays({0, 3, 0, 0}, {0, 0, 0, 0}, 0, false));  // windows of nothing else
}

TEST(FoldPads, GradientsAreCutOnlyAtTheirEdges) {
  const auto stays = [](Ints begin, Ints strides, Ints sizes, bool is_output) {
    Program program;
    const Value filter = program.AddInput(F({3, 3, 3, 4}));
    const Value dy = program.AddInput(F({2, 3, 2, 4}));
    const Value dx = program.Append(Op::kConvolutionGradInput, {filter, dy},
                                    Layer().With("input_shape", {2, 7, 6, 3}));
    program.AddOutput(program.Append(Op::kSlice, {dx},
                                     {{"begin", std::move(begin)},
                                      {"strides", std::move(strides)},
                                      {"sizes", std::move(sizes)}}));
    if (is_output) program.AddOutput(dx);
    const Program now = FoldPads(program);
    ExpectSameResults(program, now);
    return now.operations().size() == 2;
  };
  EXPECT_FALSE(stays({0, 1, 0, 0}, {1, 1, 1, 1}, {2, 6, 5, 3}, false));
  EXPECT_TRUE(stays({0, 1, 0, 0}, {1, 1, 1, 1}, {2, 6, 5, 3}, true));
  EXPECT_TRUE(stays({0, 1, 0, 0}, {1, 2, 1, 1}, {2, 3, 5, 3}, false));
  EXPECT_TRUE(stays({0, 0, 0, 1}, {1, 1, 1, 1}, {2, 7, 6, 2}, false));
  EXPECT_TRUE(stays({0, 3, 0, 0}, {1, 1, 1, 1}, {2, 4, 6, 3}, false));
}

}  // namespace
}  // namespace mlcompute
