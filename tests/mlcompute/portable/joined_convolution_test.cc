// Convolutions with elementwise operations on their results, against the operations one by one.
#include "mlcompute/portable/joined_convolution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "mlcompute/passes/passes.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/fused.h"
#include "mlcompute/portable/portable.h"
#include "tests/mlcompute/evaluate.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::Get;
using testing::Set;
using testing::Tensor;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Row {
  Shape x, filter;
  Ints strides, dilations, pads_begin, pads_end;
  int64_t groups = 1;
};

// What is around a convolution; `y` is its result.
using Tail = void (*)(Program* program, Value y, DataType type);

Value Channels(Program* program, Value y, DataType type, bool keeps_rank) {
  const Shape& shape = program->type(y).shape;
  Ints dims = {shape.dims().back()};
  if (keeps_rank) dims.insert(dims.begin(), shape.dims().size() - 1, 1);
  return program->AddInput({type, Shape(dims)});
}

void BiasAndRelu(Program* p, Value y, DataType type) {
  p->AddOutput(p->Append(Op::kRelu, {p->Append(Op::kAdd, {y, Channels(p, y, type, false)})}));
}
void ReluAlone(Program* p, Value y, DataType) { p->AddOutput(p->Append(Op::kRelu, {y})); }
void NormAndRelu6(Program* p, Value y, DataType type) {
  const Value scaled = p->Append(Op::kMul, {y, Channels(p, y, type, true)});
  const Value shifted = p->Append(Op::kAdd, {scaled, Channels(p, y, type, true)});
  p->AddOutput(p->Append(Op::kRelu6, {shifted}));
}
void ResidualAndMask(Program* p, Value y, DataType type) {
  const Value biased = p->Append(Op::kAdd, {y, Channels(p, y, type, false)});
  const Value sum = p->Append(Op::kAdd, {p->AddInput(p->type(y)), biased});
  p->AddOutput(p->Append(Op::kMaximum, {sum, p->AddScalar(type, 0)}));
  p->AddOutput(p->Append(Op::kGreater, {sum, p->AddScalar(type, 0)}));
  p->AddOutput(sum);
}
void Swish(Program* p, Value y, DataType type) {
  const Value biased = p->Append(Op::kAdd, {Channels(p, y, type, false), y});
  p->AddOutput(p->Append(Op::kMul, {biased, p->Append(Op::kSigmoid, {biased})}));
}
constexpr Tail kTails[] = {BiasAndRelu, ReluAlone, NormAndRelu6, ResidualAndMask, Swish};

Program Make(const Row& row, DataType type, Tail tail) {
  Program program;
  const Value x = program.AddInput({type, row.x}), filter = program.AddInput({type, row.filter});
  tail(&program,
       program.Append(Op::kConvolution, {x, filter},
                      {{"strides", row.strides},
                       {"dilations", row.dilations},
                       {"pads_begin", row.pads_begin},
                       {"pads_end", row.pads_end},
                       {"groups", row.groups},
                       {"channels_last", true}}),
       type);
  return program;
}

std::vector<Tensor> InputsOf(const Program& program, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<Tensor> inputs;
  for (const Value v : program.inputs()) {
    const TensorType& type = program.type(v);
    Tensor tensor{type, std::vector<std::byte>(type.bytes())};
    for (int64_t i = 0; i < type.elements(); ++i) {
      const auto number = static_cast<float>(random() % 257) - 128.0f;
      Set(type.dtype, tensor.bytes.data(), i, number / 64.0f);
    }
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

// Whatever the size is at which it pays.
Program Joined(const Program& program) {
  return JoinEpilogues(
      FuseElementwise(program, portable::CanFuse),
      {portable::CanFuse, nullptr, nullptr, nullptr, portable::CanJoinConvolution});
}

std::vector<Tensor> RunPortable(const Program& program, const std::vector<Tensor>& inputs) {
  return testing::RunProgram(*PortableBackend().Compile(program), inputs);
}

// `got` is `expected`, NaN and infinities in the same places, up to `most` of the largest number.
// Of bools, which belong to the next output, only whether they do: x > 0.
void ExpectClose(const std::vector<Tensor>& got, const std::vector<Tensor>& expected, float most) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t o = 0; o < got.size(); ++o) {
    const DataType type = got[o].type.dtype;
    if (type == DataType::kBool) {
      const Tensor& next = got[o + 1];
      for (int64_t i = 0; i < next.type.elements(); ++i) {
        ASSERT_EQ(got[o].bytes[static_cast<size_t>(i)] != std::byte{0},
                  Get(next.type.dtype, next.bytes.data(), i) > 0);
      }
      continue;
    }
    float largest = 0;
    for (int64_t i = 0; i < got[o].type.elements(); ++i) {
      const float want = Get(type, expected[o].bytes.data(), i);
      if (std::isfinite(want)) largest = std::max(largest, std::abs(want));
    }
    int wrong = 0;
    for (int64_t i = 0; i < got[o].type.elements() && wrong < 4; ++i) {
      const float a = Get(type, got[o].bytes.data(), i);
      const float want = Get(type, expected[o].bytes.data(), i);
      if (a == want || (std::isnan(a) && std::isnan(want))) continue;
      if (std::abs(a - want) <= most * largest) continue;
      ++wrong;
      ADD_FAILURE() << "output " << o << ", element " << i << " is " << a << ", not " << want;
    }
  }
}

bool IsJoined(const Row& row, DataType type) {
  const Program program = Make(row, type, ReluAlone);
  return portable::CanJoinConvolution(View(program, program.operations()[0]));
}

const Row kRows[] = {
    // Winograd: the whole team; lines of tiles that are cut; blocks over several images.
    {{8, 14, 14, 32}, {3, 3, 32, 64}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {{2, 9, 400, 32}, {3, 3, 32, 32}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {{40, 7, 7, 36}, {3, 3, 36, 150}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {{3, 30, 29, 17}, {3, 3, 17, 33}, {1, 1}, {1, 1}, {0, 2}, {2, 1}},
    {{2, 12, 12, 64}, {3, 3, 64, 1100}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    // Matrices.
    {{4, 16, 17, 24}, {1, 1, 24, 40}, {1, 1}, {1, 1}, {0, 0}, {0, 0}},
    {{2, 30, 30, 130}, {1, 1, 130, 7}, {1, 1}, {1, 1}, {0, 0}, {0, 0}},
    {{3, 500, 12}, {1, 12, 33}, {1}, {1}, {0}, {0}},
    // Some images at a time: strides, dilations, groups, one filter a channel, other ranks.
    {{12, 28, 28, 1}, {3, 3, 1, 32}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
    {{12, 33, 30, 16}, {3, 3, 16, 32}, {2, 2}, {1, 1}, {0, 0}, {1, 1}},
    {{9, 24, 24, 20}, {3, 3, 20, 36}, {1, 1}, {2, 2}, {2, 2}, {2, 2}},
    {{15, 40, 40, 32}, {3, 3, 1, 32}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 32},
    {{48, 25, 25, 64}, {3, 3, 1, 64}, {2, 2}, {1, 1}, {1, 1}, {1, 1}, 64},
    {{6, 24, 24, 32}, {5, 5, 16, 32}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, 2},
    {{3, 9, 10, 11, 16}, {3, 3, 3, 16, 16}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}},
    {{6, 200, 32}, {5, 32, 32}, {1}, {1}, {2}, {2}},
};

TEST(JoinedConvolution, AgreesWithTheReference) {
  for (const Row& row : kRows) {
    for (const DataType type : {DataType::kFloat32, DataType::kBFloat16}) {
      for (const Tail tail : kTails) {
        const Program program = Make(row, type, tail);
        SCOPED_TRACE(program.ToString());
        if (portable::InstructionSet() == "avx512" && type == DataType::kFloat32) {
          EXPECT_TRUE(IsJoined(row, type));
        }
        const auto inputs = InputsOf(program, 1);
        const auto expected = testing::RunProgram(*ReferenceBackend().Compile(program), inputs);
        const auto got = RunPortable(Joined(program), inputs);
        // Of the largest number; behind Relu6 numbers were larger before.
        const float most = type == DataType::kFloat32 ? 4e-6f : 2e-2f;
        ExpectClose(got, expected, tail == NormAndRelu6 ? most * 10 : most);
      }
    }
  }
}

// What the convolution reads may be the residual as well, whose memory the result cannot take then.
TEST(JoinedConvolution, ItsOwnInputAsResidual) {
  for (const int64_t k : {1, 3}) {
    Program program;
    const Value x = program.AddInput({DataType::kFloat32, {4, 20, 20, 32}});
    const Value inner = program.Append(Op::kNeg, {x});
    const Value filter = program.AddInput({DataType::kFloat32, {k, k, 32, 32}});
    const Value y = program.Append(Op::kConvolution, {inner, filter},
                                   {{"strides", Ints{1, 1}},
                                    {"dilations", Ints{1, 1}},
                                    {"pads_begin", Ints(2, k / 2)},
                                    {"pads_end", Ints(2, k / 2)},
                                    {"groups", int64_t{1}},
                                    {"channels_last", true}});
    program.AddOutput(program.Append(Op::kAdd, {y, inner}));
    const auto inputs = InputsOf(program, 4);
    ExpectClose(RunPortable(Joined(program), inputs),
                testing::RunProgram(*ReferenceBackend().Compile(program), inputs), 4e-6f);
  }
}

// The very numbers that the convolution and a pass over its result give, wherever NaN and
// infinities are.
TEST(JoinedConvolution, IsTheSameAsApart) {
  for (const Row& row : kRows) {
    if (portable::InstructionSet() != "avx512") continue;
    for (const Tail tail : kTails) {
      const Program program = Make(row, DataType::kFloat32, tail);
      SCOPED_TRACE(program.ToString());
      for (const float special : {0.0f, kNan, kInfinity, -kInfinity}) {
        for (size_t input = 0; input < program.inputs().size(); ++input) {
          std::vector<Tensor> inputs = InputsOf(program, 2);
          if (special != 0) {
            const int64_t n = inputs[input].type.elements();
            for (int64_t i : {n / 3, n * 2 / 3}) {
              Set(DataType::kFloat32, inputs[input].bytes.data(), i, special);
            }
          }
          const auto got = RunPortable(Joined(program), inputs);
          const auto apart = RunPortable(program, inputs);
          ExpectClose(got, apart, tail == NormAndRelu6 ? 4e-5f : 4e-6f);
          if (special == 0) break;
        }
      }
    }
  }
}

TEST(JoinedConvolution, IsTheSameEachTimeOnAnyNumberOfThreads) {
  for (const Row& row : kRows) {
    const Program program = Make(row, DataType::kFloat32, ResidualAndMask);
    SCOPED_TRACE(program.ToString());
    const auto inputs = InputsOf(program, 3);
    const auto executable = PortableBackend().Compile(Joined(program));
    const auto first = testing::RunProgram(*executable, inputs);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&] {
        const auto again = testing::RunProgram(*executable, inputs);
        for (size_t o = 0; o < first.size(); ++o) EXPECT_TRUE(again[o].bytes == first[o].bytes);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

// ResNet-20's, MobileNetV2's and ResNet-50's.
TEST(JoinedConvolution, WhereItPays) {
  if (portable::InstructionSet() != "avx512") return;
  const auto is_worth = [](const Shape& x, const Shape& filter, int64_t stride, int64_t pad,
                           int64_t groups) {
    const Program program =
        Make({x, filter, {stride, stride}, {1, 1}, {pad, pad}, {pad, pad}, groups},
             DataType::kFloat32, ReluAlone);
    return portable::IsWorthJoining(View(program, program.operations()[0]));
  };
  EXPECT_TRUE(is_worth({64, 32, 32, 16}, {3, 3, 16, 16}, 1, 1, 1));
  EXPECT_TRUE(is_worth({8, 56, 56, 64}, {3, 3, 64, 64}, 1, 1, 1));
  EXPECT_FALSE(is_worth({8, 28, 28, 128}, {3, 3, 128, 128}, 1, 1, 1));
  EXPECT_TRUE(is_worth({15, 48, 48, 32}, {3, 3, 1, 32}, 1, 1, 32));
  EXPECT_FALSE(is_worth({15, 6, 6, 384}, {3, 3, 1, 384}, 1, 1, 384));
  EXPECT_TRUE(is_worth({16, 24, 24, 24}, {1, 1, 24, 144}, 1, 0, 1));
  EXPECT_FALSE(is_worth({16, 24, 24, 144}, {1, 1, 144, 24}, 1, 0, 1));
  EXPECT_FALSE(is_worth({8, 14, 14, 1024}, {1, 1, 1024, 256}, 1, 0, 1));
  EXPECT_FALSE(is_worth({9, 56, 56, 256}, {1, 1, 256, 128}, 2, 0, 1));
}

TEST(JoinedConvolution, OtherConvolutionsStay) {
  const Row row = kRows[0];
  const auto is_joined = [&](const Shape& x, const Shape& filter, bool channels_last) {
    Program program;
    program.Append(
        Op::kConvolution,
        {program.AddInput({DataType::kFloat32, x}), program.AddInput({DataType::kFloat32, filter})},
        {{"strides", row.strides},
         {"dilations", row.dilations},
         {"pads_begin", row.pads_begin},
         {"pads_end", row.pads_end},
         {"groups", int64_t{1}},
         {"channels_last", channels_last}});
    return portable::CanJoinConvolution(View(program, program.operations()[0]));
  };
  EXPECT_FALSE(is_joined({8, 32, 14, 14}, row.filter, false));
  EXPECT_FALSE(is_joined({0, 14, 14, 32}, row.filter, true));
  EXPECT_FALSE(is_joined({8, 14, 14, 0}, {3, 3, 0, 64}, true));
}

}  // namespace
}  // namespace mlcompute
