#include <cstdlib>

#include "mlcompute/portable/joined_convolution.h"
#include "mlcompute/portable/portable.h"
#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::F;
using testing::Ops;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

// Whatever the backend prefers on this processor: the pass is judged by the text of its programs.
const Abilities kAll = {portable::CanFuse, [](const OperationView&) { return false; }, nullptr,
                        nullptr, [](const OperationView&) { return true; }};

Attributes Plain() {
  return {{"strides", Ints{1, 1}},  {"dilations", Ints{1, 1}}, {"pads_begin", Ints{1, 1}},
          {"pads_end", Ints{1, 1}}, {"groups", int64_t{1}},    {"channels_last", true}};
}

Program Joined(const Program& program) {
  return JoinEpilogues(FuseElementwise(program, portable::CanFuse), kAll);
}

TEST(JoinEpilogues, WhatAloneReadsTheConvolutionJoins) {
  Program program;
  const Value x = program.AddInput(F({2, 5, 6, 3}));
  const Value filter = program.AddInput(F({3, 3, 3, 4}));
  const Value y = program.Append(Op::kConvolution, {x, filter}, Plain());
  const Value scaled = program.Append(Op::kMul, {y, program.AddInput(F({1, 1, 1, 4}))});
  const Value shifted = program.Append(Op::kAdd, {program.AddInput(F({4})), scaled});
  const Value sum = program.Append(Op::kAdd, {shifted, program.AddInput(F({2, 5, 6, 4}))});
  program.AddOutput(program.Append(Op::kRelu, {sum}));
  program.AddOutput(sum);
  const Program now = Joined(program);
  EXPECT_EQ(now.ToString(), R"(%0: float32[2,5,6,3] = input
%1: float32[3,3,3,4] = input
%2: float32[1,1,1,4] = input
%3: float32[4] = input
%4: float32[2,5,6,4] = input
%5: float32[2,5,6,4], %6: float32[2,5,6,4] = Fused(%0, %1, %2, %3, %4) {}
    %0: float32[2,5,6,3] = input
    %1: float32[3,3,3,4] = input
    %3: float32[1,1,1,4] = input
    %4: float32[4] = input
    %5: float32[2,5,6,4] = input
    %2: float32[2,5,6,4] = Convolution(%0, %1) {strides=[1,1], dilations=[1,1], pads_begin=[1,1], pads_end=[1,1], groups=1, channels_last=true}
    %6: float32[2,5,6,4] = Mul(%2, %3) {}
    %7: float32[2,5,6,4] = Add(%4, %6) {}
    %8: float32[2,5,6,4] = Add(%7, %5) {}
    %9: float32[2,5,6,4] = Relu(%8) {}
    return %8 %9
return %6 %5
)");
}

TEST(JoinEpilogues, WhatDoesNotFitStays) {
  const auto ops_after = [](const Shape& other, bool is_read_twice) {
    Program program;
    const Value x = program.AddInput(F({2, 5, 6, 3}));
    const Value y =
        program.Append(Op::kConvolution, {x, program.AddInput(F({3, 3, 3, 4}))}, Plain());
    program.AddOutput(program.Append(Op::kAdd, {y, program.AddInput(F(other))}));
    if (is_read_twice) program.AddOutput(y);
    return Ops(Joined(program));
  };
  const std::vector<Op> apart = {Op::kConvolution, Op::kAdd};
  const std::vector<Op> joined = {Op::kFused};
  EXPECT_EQ(ops_after({4}, false), joined);
  EXPECT_EQ(ops_after({}, false), joined);
  EXPECT_EQ(ops_after({2, 5, 6, 4}, false), joined);
  EXPECT_EQ(ops_after({4}, true), apart);
  EXPECT_EQ(ops_after({6, 1}, false), apart);
  EXPECT_EQ(ops_after({2, 1, 1, 1}, false), apart);
  EXPECT_EQ(ops_after({3, 2, 5, 6, 4}, false), apart);  // a larger result
}

// Of two convolutions that are added one comes with the sum.
TEST(JoinEpilogues, OneOfTwoConvolutionsJoins) {
  Program program;
  const Value x = program.AddInput(F({2, 5, 6, 3}));
  const Value a = program.Append(Op::kConvolution, {x, program.AddInput(F({3, 3, 3, 4}))}, Plain());
  const Value b = program.Append(Op::kConvolution, {x, program.AddInput(F({3, 3, 3, 4}))}, Plain());
  program.AddOutput(program.Append(Op::kRelu, {program.Append(Op::kAdd, {a, b})}));
  const Program now = Joined(program);
  EXPECT_EQ(Ops(now), (std::vector<Op>{Op::kConvolution, Op::kFused})) << now.ToString();
  ExpectSameResults(program, Optimize(program, {portable::CanFuse, kAll.join, nullptr, nullptr,
                                                portable::CanJoinConvolution}));
}

}  // namespace
}  // namespace mlcompute
