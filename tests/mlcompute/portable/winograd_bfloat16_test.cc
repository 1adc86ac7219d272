#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>

#include "mlcompute/portable/winograd.h"
#include "mlcompute/team/team.h"
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
  int64_t batch, height, width, channels, outputs, pad;
};

const Row kRows[] = {
    {1, 1, 1, 1, 1, 1},     {2, 5, 7, 3, 17, 0},    {3, 6, 3, 20, 33, 1},
    {1, 9, 11, 31, 65, 2},  {2, 8, 8, 64, 48, 1},   {8, 14, 14, 32, 64, 1},
    {2, 7, 7, 160, 130, 1}, {2, 30, 58, 70, 80, 1}, {1, 5, 6, 300, 260, 1},
};
constexpr Op kOps[] = {Op::kConvolution, Op::kConvolutionGradInput, Op::kConvolutionGradFilter};

std::unique_ptr<OpCase> CaseOf(Op op, const Row& r, DataType type = DataType::kBFloat16) {
  const TensorType x{type, Shape({r.batch, r.height, r.width, r.channels})};
  const TensorType filter{type, Shape({3, 3, r.channels, r.outputs})};
  const TensorType y{
      type, Shape({r.batch, r.height + 2 * r.pad - 2, r.width + 2 * r.pad - 2, r.outputs})};
  const Attributes attributes{{"strides", Ints{1, 1}},
                              {"dilations", Ints{1, 1}},
                              {"pads_begin", Ints{r.pad, r.pad}},
                              {"pads_end", Ints{r.pad, r.pad}},
                              {"groups", int64_t{1}},
                              {"channels_last", true}};
  return testing::ConvolutionCase(op, x, filter, y, attributes);
}

std::unique_ptr<Step> Make(const OperationView& view, int64_t tile) {
  return view.op() == Op::kConvolutionGradFilter ? portable::MakeWinogradGradFilter(view, tile)
                                                 : portable::MakeWinograd(view, tile);
}

void FillNormal(const OpCase& c, float scale = 1.0f) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0.0f, scale);
  for (size_t i = 0; i < 2; ++i) {
    const TensorType& type = c.view.inputs[i];
    for (int64_t k = 0; k < type.elements(); ++k) {
      Set(type.dtype, c.inputs[i].data(), k, normal(random));
    }
  }
}

// The same numbers in float32: the sums before they are rounded.
std::vector<Buffer> Unrounded(Op op, const Row& row, const OpCase& c) {
  const auto wide = CaseOf(op, row, DataType::kFloat32);
  for (size_t i = 0; i < 2; ++i) {
    for (int64_t k = 0; k < c.view.inputs[i].elements(); ++k) {
      Set(DataType::kFloat32, wide->inputs[i].data(), k,
          Get(DataType::kBFloat16, c.inputs[i].data(), k));
    }
  }
  return wide->Run(*reference::MakeStep(wide->view));
}

// Half a unit in the last place of the result, and float32's error of what is the largest.
void ExpectRounded(const OpCase& c, const Buffer& got, const Buffer& exact) {
  const int64_t n = c.view.results[0].elements();
  float largest = 0.0f;
  for (int64_t i = 0; i < n; ++i) {
    const float want = Get(DataType::kFloat32, exact.data(), i);
    if (std::isfinite(want)) largest = std::max(largest, std::abs(want));
  }
  int wrong = 0;
  for (int64_t i = 0; i < n && wrong < 5; ++i) {
    const float a = Get(DataType::kBFloat16, got.data(), i);
    const float want = Get(DataType::kFloat32, exact.data(), i);
    if ((std::isnan(a) && std::isnan(want)) || a == want) continue;
    if (std::abs(a - want) <= std::abs(want) / 256 + 4e-6f * largest) continue;
    ++wrong;
    ADD_FAILURE() << "element " << i << " is " << a << ", expected " << want << " of " << largest;
  }
}

class WinogradBFloat16 : public ::testing::TestWithParam<int64_t> {
 protected:
  template <typename Check>
  void ForAll(const Check& check) {
    for (const Op op : kOps) {
      for (const Row& row : kRows) {
        const auto c = CaseOf(op, row);
        SCOPED_TRACE(c->ToString());
        FillNormal(*c);
        const auto step = Make(c->view, GetParam());
        ASSERT_NE(step, nullptr);
        check(op, row, *c, *step);
      }
    }
  }
};

TEST_P(WinogradBFloat16, IsTheSumRoundedOnce) {
  ForAll([](Op op, const Row& row, const OpCase& c, const Step& step) {
    ExpectRounded(c, c.Run(step)[0], Unrounded(op, row, c)[0]);
  });
}

TEST_P(WinogradBFloat16, IsTheSameEachTimeOnAnyNumberOfThreads) {
  ForAll([this](Op, const Row&, const OpCase& c, const Step& step) {
    const auto first = c.Run(step);
    const auto again = c.Run(step);
    EXPECT_EQ(std::memcmp(first[0].data(), again[0].data(), first[0].bytes()), 0);
    const OneThread one;
    const auto made_for_one = c.Run(*Make(c.view, GetParam()));
    EXPECT_EQ(std::memcmp(first[0].data(), made_for_one[0].data(), first[0].bytes()), 0);
  });
}

TEST_P(WinogradBFloat16, KeepsWhatIsNotFiniteInItsPlace) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  ForAll([](Op op, const Row& row, const OpCase& c, const Step& step) {
    for (const float special : {kInfinity, -kInfinity, NAN}) {
      for (const size_t input : {0, 1}) {
        const int64_t n = c.view.inputs[input].elements();
        const float before = Get(DataType::kBFloat16, c.inputs[input].data(), n / 3);
        Set(DataType::kBFloat16, c.inputs[input].data(), n / 3, special);
        ExpectRounded(c, c.Run(step)[0], Unrounded(op, row, c)[0]);
        Set(DataType::kBFloat16, c.inputs[input].data(), n / 3, before);
      }
    }
  });
}

TEST_P(WinogradBFloat16, DoesNotOverflowBeforeTheDirectSumDoes) {
  for (const Op op : kOps) {
    const auto c = CaseOf(op, kRows[2]);
    SCOPED_TRACE(c->ToString());
    FillNormal(*c, 2e18f);
    ExpectRounded(*c, c->Run(*Make(c->view, GetParam()))[0], Unrounded(op, kRows[2], *c)[0]);
  }
}

TEST(WinogradTypes, OtherHalvesStayDirect) {
  const auto c = CaseOf(Op::kConvolution, kRows[5], DataType::kFloat16);
  EXPECT_EQ(portable::MakeWinograd(c->view, 4), nullptr);
  EXPECT_EQ(portable::WinogradTile(c->view), 0);
}

INSTANTIATE_TEST_SUITE_P(Tiles, WinogradBFloat16, ::testing::Values(2, 4));

}  // namespace
}  // namespace mlcompute
