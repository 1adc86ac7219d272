// Convolutions of 16-bit types keep to their tensors and pixels: numbers that are not finite, in
// the memory after an input or in another pixel, do not get into results they have no part in.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "tests/mlcompute/portable/convolution_case.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::Get;
using testing::OpCase;
using testing::Set;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

struct Row {
  int64_t size, channels, outputs, groups, filter, stride;
};

const Row kRows[] = {
    {9, 1, 32, 1, 3, 1},   {9, 3, 16, 1, 3, 1}, {9, 3, 16, 1, 3, 2},  {9, 3, 7, 1, 1, 1},
    {15, 3, 64, 1, 7, 2},  {9, 1, 16, 1, 5, 1}, {9, 3, 32, 1, 2, 1},  {9, 1, 8, 1, 3, 1},
    {9, 3, 24, 1, 3, 1},   {9, 7, 7, 1, 3, 2},  {9, 14, 14, 2, 2, 1}, {6, 14, 12, 2, 3, 2},
    {7, 17, 19, 1, 3, 1},  {7, 33, 5, 1, 1, 1}, {8, 6, 10, 2, 3, 1},  {7, 5, 5, 5, 3, 1},
    {8, 24, 24, 24, 3, 1}, {8, 6, 12, 6, 3, 1}, {7, 16, 16, 1, 3, 2},
};

std::unique_ptr<OpCase> CaseOf(Op op, const Row& r, DataType type, bool channels_last) {
  const int64_t pad = r.filter / 2, out = (r.size + 2 * pad - r.filter) / r.stride + 1;
  const auto image = [&](int64_t size, int64_t channels) {
    return TensorType{
        type, channels_last ? Shape({2, size, size, channels}) : Shape({2, channels, size, size})};
  };
  const TensorType x = image(r.size, r.channels), y = image(out, r.outputs);
  const TensorType filter{type, Shape({r.filter, r.filter, r.channels / r.groups, r.outputs})};
  const int64_t end = (out - 1) * r.stride + r.filter - r.size - pad;
  const Attributes attributes{{"strides", Ints{r.stride, r.stride}},
                              {"dilations", Ints{1, 1}},
                              {"pads_begin", Ints{pad, pad}},
                              {"pads_end", Ints{end, end}},
                              {"groups", r.groups},
                              {"channels_last", channels_last}};
  return testing::ConvolutionCase(op, x, filter, y, attributes);
}

std::unique_ptr<Step> Make(const OperationView& view) {
  if (view.op() == Op::kConvolution) return portable::MakeConvolution(view);
  return view.op() == Op::kConvolutionGradInput ? portable::MakeConvolutionGradInput(view)
                                                : portable::MakeConvolutionGradFilter(view);
}

class ConvolutionHalves : public ::testing::TestWithParam<DataType> {
 protected:
  template <typename Check>
  void ForAll(const Check& check) {
    for (const Op op : {Op::kConvolution, Op::kConvolutionGradInput, Op::kConvolutionGradFilter}) {
      for (const Row& row : kRows) {
        for (const bool channels_last : {true, false}) {
          const auto c = CaseOf(op, row, GetParam(), channels_last);
          SCOPED_TRACE(c->ToString());
          const auto step = Make(c->view);
          ASSERT_NE(step, nullptr);
          check(*c, *step);
        }
      }
    }
  }
};

void ExpectFiniteWhereExpected(const OpCase& c, const Buffer& got, const Buffer& expected) {
  const TensorType& type = c.view.results[0];
  int wrong = 0;
  for (int64_t i = 0; i < type.elements() && wrong < 3; ++i) {
    const float a = Get(type.dtype, got.data(), i), want = Get(type.dtype, expected.data(), i);
    if (std::isfinite(a) == std::isfinite(want)) continue;
    ++wrong;
    ADD_FAILURE() << "element " << i << " is " << a << ", expected " << want;
  }
}

// Memory after the inputs, scratch memory and what was in the result's.
TEST_P(ConvolutionHalves, DoNotDependOnWhatIsInOtherMemory) {
  ForAll([](const OpCase& c, const Step& step) {
    constexpr int kNan = 0xff;
    for (const Buffer& input : c.inputs) {
      // A buffer has room for as much.
      std::memset(static_cast<std::byte*>(input.data()) + input.bytes(), kNan, 64);
    }
    const Buffer result(c.view.results[0].bytes()), scratch(step.scratch_bytes());
    std::memset(result.data(), kNan, result.bytes());
    std::memset(scratch.data(), kNan, scratch.bytes());
    const void* const from[] = {c.inputs[0].data(), c.inputs[1].data()};
    void* const to[] = {result.data()};
    step.Run(from, to, scratch.data());
    ExpectFiniteWhereExpected(c, result, c.Run(*reference::MakeStep(c.view))[0]);
  });
}

// One infinity, anywhere: its pixels alone become infinite or NaN.
TEST_P(ConvolutionHalves, KeepInfinitiesInTheirPixels) {
  for (const Op op : {Op::kConvolution, Op::kConvolutionGradInput}) {
    for (const Row& row : kRows) {
      const auto c = CaseOf(op, row, GetParam(), true);
      SCOPED_TRACE(c->ToString());
      const auto step = Make(c->view);
      ASSERT_NE(step, nullptr);
      const size_t image = op == Op::kConvolution ? 0 : 1;
      void* const data = c->inputs[image].data();
      for (int64_t at = 0; at < c->view.inputs[image].elements(); at += 7) {
        const float before = Get(GetParam(), data, at);
        Set(GetParam(), data, at, std::numeric_limits<float>::infinity());
        ExpectFiniteWhereExpected(*c, c->Run(*step)[0], c->Run(*reference::MakeStep(c->view))[0]);
        Set(GetParam(), data, at, before);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(DataTypes, ConvolutionHalves,
                         ::testing::Values(DataType::kBFloat16, DataType::kFloat16),
                         [](const auto& info) { return std::string(Name(info.param)); });

}  // namespace
}  // namespace mlcompute
