#include "mlcompute/portable/winograd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/team/team.h"
#include "tests/mlcompute/portable/convolution_case.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::OpCase;
using Ints = std::vector<int64_t>;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

struct Row {
  int64_t batch, height, width, channels, outputs;
  Ints pads_begin, pads_end;
};

const Row kRows[] = {
    {1, 1, 1, 1, 1, {1, 1}, {1, 1}},
    {2, 1, 1, 3, 5, {2, 2}, {2, 2}},
    {1, 4, 4, 16, 16, {1, 1}, {1, 1}},
    {2, 5, 7, 3, 17, {0, 0}, {0, 0}},
    {2, 4, 3, 18, 7, {7, 6}, {5, 9}},  // tiles that are outside of the image
    {3, 6, 3, 20, 33, {1, 1}, {1, 1}},
    {1, 9, 11, 31, 65, {2, 0}, {0, 1}},
    {2, 8, 8, 64, 48, {0, 2}, {2, 1}},
    {2, 3, 150, 10, 12, {1, 1}, {1, 1}},  // rows of tiles that are cut
    {8, 14, 14, 32, 64, {1, 1}, {1, 1}},  // the whole team
    {40, 7, 7, 36, 40, {1, 1}, {1, 1}},
    {2, 7, 7, 160, 130, {1, 1}, {1, 1}},
    {2, 58, 58, 70, 80, {1, 1}, {1, 1}},  // more tiles than are there at a time
    {1, 5, 6, 300, 260, {1, 1}, {1, 1}},  // a large filter
};
constexpr Op kOps[] = {Op::kConvolution, Op::kConvolutionGradInput, Op::kConvolutionGradFilter};

struct Types {
  TensorType x, filter, y;
  Attributes attributes;

  explicit Types(const Row& r)
      : x{DataType::kFloat32, Shape({r.batch, r.height, r.width, r.channels})},
        filter{DataType::kFloat32, Shape({3, 3, r.channels, r.outputs})},
        y{DataType::kFloat32, Shape({r.batch, r.height + r.pads_begin[0] + r.pads_end[0] - 2,
                                     r.width + r.pads_begin[1] + r.pads_end[1] - 2, r.outputs})},
        attributes{{"strides", Ints{1, 1}},      {"dilations", Ints{1, 1}},
                   {"pads_begin", r.pads_begin}, {"pads_end", r.pads_end},
                   {"groups", int64_t{1}},       {"channels_last", true}} {}
};

std::unique_ptr<OpCase> CaseOf(Op op, const Row& row) {
  const Types t(row);
  return testing::ConvolutionCase(op, t.x, t.filter, t.y, t.attributes);
}

std::unique_ptr<Step> Make(const OperationView& view, int64_t tile) {
  return view.op() == Op::kConvolutionGradFilter ? portable::MakeWinogradGradFilter(view, tile)
                                                 : portable::MakeWinograd(view, tile);
}

float* FloatsOf(const Buffer& buffer) { return static_cast<float*>(buffer.data()); }

void FillNormal(const Buffer& buffer, int64_t n, float scale, std::mt19937* random) {
  std::normal_distribution<float> normal(0.0f, scale);
  for (int64_t i = 0; i < n; ++i) FloatsOf(buffer)[i] = normal(*random);
}

// The largest difference, relative to the largest number expected; NaN and infinities have to be
// the same.
void ExpectClose(const OpCase& c, const Buffer& got, const Buffer& expected, float most) {
  const int64_t n = c.view.results[0].elements();
  float largest = 0.0f;
  for (int64_t i = 0; i < n; ++i) {
    const float want = FloatsOf(expected)[i];
    if (std::isfinite(want)) largest = std::max(largest, std::abs(want));
  }
  int wrong = 0;
  for (int64_t i = 0; i < n && wrong < 5; ++i) {
    const float a = FloatsOf(got)[i], want = FloatsOf(expected)[i];
    if ((std::isnan(a) && std::isnan(want)) || a == want) continue;
    if (std::abs(a - want) <= most * largest) continue;
    ++wrong;
    ADD_FAILURE() << "element " << i << " is " << a << ", expected " << want << " of " << largest;
  }
}

void FillNormal(const OpCase& c, uint32_t seed) {
  std::mt19937 random(seed);
  for (size_t i = 0; i < 2; ++i) {
    FillNormal(c.inputs[i], c.view.inputs[i].elements(), 1.0f, &random);
  }
}

class Winograd : public ::testing::TestWithParam<int64_t> {
 protected:
  template <typename Check>
  void ForAll(const Check& check) {
    for (const Op op : kOps) {
      for (const Row& row : kRows) {
        const auto c = CaseOf(op, row);
        SCOPED_TRACE(c->ToString());
        FillNormal(*c, 1);
        const auto step = Make(c->view, GetParam());
        ASSERT_NE(step, nullptr);
        check(*c, *step);
      }
    }
  }
};

TEST_P(Winograd, AgreesWithTheReference) {
  ForAll([](const OpCase& c, const Step& step) {
    ExpectClose(c, c.Run(step)[0], c.Run(*reference::MakeStep(c.view))[0], 4e-6f);
  });
}

TEST_P(Winograd, IsTheSameEachTimeOnAnyNumberOfThreads) {
  ForAll([](const OpCase& c, const Step& step) {
    const auto first = c.Run(step);
    const auto again = c.Run(step);
    EXPECT_EQ(std::memcmp(first[0].data(), again[0].data(), first[0].bytes()), 0);
    const OneThread one;
    const auto of_team = c.Run(step);
    const auto made_for_one = c.Run(*Make(c.view, GetParam()));
    EXPECT_EQ(std::memcmp(first[0].data(), of_team[0].data(), first[0].bytes()), 0);
    EXPECT_EQ(std::memcmp(first[0].data(), made_for_one[0].data(), first[0].bytes()), 0);
  });
}

TEST_P(Winograd, RunsInSeveralThreads) {
  const auto c = CaseOf(Op::kConvolution, kRows[9]);
  const auto step = Make(c->view, GetParam());
  const auto expected = c->Run(*reference::MakeStep(c->view));
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i) ExpectClose(*c, c->Run(*step)[0], expected[0], 4e-6f);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Infinities, NaN, and numbers so large that only the transforms overflow.
TEST_P(Winograd, KeepsWhatIsNotFiniteInItsPlace) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  ForAll([](const OpCase& c, const Step& step) {
    for (const float special : {kInfinity, -kInfinity, kNan, 2e37f}) {
      for (const size_t input : {0, 1}) {
        const int64_t n = c.view.inputs[input].elements();
        float& x = FloatsOf(c.inputs[input])[n * 2 / 3];
        float& other = FloatsOf(c.inputs[input])[n / 3];
        const float before = x;
        x = special;
        const float before_other = other;
        other = special;
        const auto got = c.Run(step), expected = c.Run(*reference::MakeStep(c.view));
        if (std::isfinite(special)) {  // makes its neighbours less exact, but no more
          for (int64_t i = 0; i < c.view.results[0].elements(); ++i) {
            EXPECT_TRUE(std::isfinite(FloatsOf(got[0])[i])) << i;
          }
        } else {
          ExpectClose(c, got[0], expected[0], 4e-6f);
        }
        other = before_other;
        x = before;
      }
    }
  });
}

TEST_P(Winograd, DoesNotOverflowBeforeTheDirectSumDoes) {
  for (const Op op : kOps) {
    const auto c = CaseOf(op, kRows[5]);
    SCOPED_TRACE(c->ToString());
    std::mt19937 random(2);
    for (size_t i = 0; i < 2; ++i) {
      FillNormal(c->inputs[i], c->view.inputs[i].elements(), 2e18f, &random);
    }
    ExpectClose(*c, c->Run(*Make(c->view, GetParam()))[0], c->Run(*reference::MakeStep(c->view))[0],
                4e-6f);
  }
}

// More tiles than are there at a time, and more points of a filter than any cache keeps.
TEST(WinogradLargeFilter, TakesRangesOfTiles) {
  const Row row = {1, 46, 47, 352, 340, {1, 1}, {1, 1}};
  for (const Op op : {Op::kConvolution, Op::kConvolutionGradInput}) {
    const auto c = CaseOf(op, row);
    SCOPED_TRACE(c->ToString());
    FillNormal(*c, 4);
    const auto direct = op == Op::kConvolution ? portable::MakeConvolution(c->view)
                                               : portable::MakeConvolutionGradInput(c->view);
    // The direct sum has errors of its own.
    ExpectClose(*c, c->Run(*Make(c->view, 4))[0], c->Run(*direct)[0], 8e-6f);
  }
}

INSTANTIATE_TEST_SUITE_P(Tiles, Winograd, ::testing::Values(2, 4));

// y, dx or dfilter in double precision.
std::vector<double> Exactly(const OpCase& c, const Row& r) {
  const Types t(r);
  const int64_t oh = t.y.shape.dims()[1], ow = t.y.shape.dims()[2];
  std::vector<double> result(static_cast<size_t>(c.view.results[0].elements()));
  const float* a = FloatsOf(c.inputs[0]);
  const float* b = FloatsOf(c.inputs[1]);
  for (int64_t n = 0; n < r.batch; ++n) {
    for (int64_t h = 0; h < oh; ++h) {
      for (int64_t w = 0; w < ow; ++w) {
        for (int64_t tap = 0; tap < 9; ++tap) {
          const int64_t i = h + tap / 3 - r.pads_begin[0], j = w + tap % 3 - r.pads_begin[1];
          if (i < 0 || i >= r.height || j < 0 || j >= r.width) continue;
          const int64_t x = ((n * r.height + i) * r.width + j) * r.channels;
          const int64_t y = ((n * oh + h) * ow + w) * r.outputs;
          for (int64_t ch = 0; ch < r.channels; ++ch) {
            const int64_t f = (tap * r.channels + ch) * r.outputs;
            for (int64_t k = 0; k < r.outputs; ++k) {
              const auto add = [&](int64_t to, float left, float right) {
                result[static_cast<size_t>(to)] += double{left} * double{right};
              };
              if (c.view.op() == Op::kConvolution) add(y + k, a[x + ch], b[f + k]);
              if (c.view.op() == Op::kConvolutionGradInput) add(x + ch, a[f + k], b[y + k]);
              if (c.view.op() == Op::kConvolutionGradFilter) add(f + k, a[x + ch], b[y + k]);
            }
          }
        }
      }
    }
  }
  return result;
}

struct Errors {
  double max, rms;  // of the largest, of the root mean square of what is exact
};

Errors ErrorsOf(const Buffer& got, const std::vector<double>& exact) {
  double most = 0, largest = 0, errors = 0, squares = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double error = std::abs(double{FloatsOf(got)[i]} - exact[i]);
    most = std::max(most, error);
    largest = std::max(largest, std::abs(exact[i]));
    errors += error * error;
    squares += exact[i] * exact[i];
  }
  return {most / largest, std::sqrt(errors / squares)};
}

TEST(WinogradAccuracy, IsThatOfTheDirectSumTimesAFew) {
  const Row rows[] = {{2, 16, 16, 16, 16, {1, 1}, {1, 1}},
                      {2, 14, 14, 64, 32, {1, 1}, {1, 1}},
                      {1, 12, 12, 512, 32, {1, 1}, {1, 1}},
                      {1, 12, 12, 32, 512, {1, 1}, {1, 1}},
                      {8, 28, 28, 16, 16, {1, 1}, {1, 1}}};
  for (const Op op : kOps) {
    for (const Row& row : rows) {
      const auto c = CaseOf(op, row);
      FillNormal(*c, 3);
      const std::vector<double> exact = Exactly(*c, row);
      const portable::Maker direct = op == Op::kConvolution ? portable::MakeConvolution
                                     : op == Op::kConvolutionGradInput
                                         ? portable::MakeConvolutionGradInput
                                         : portable::MakeConvolutionGradFilter;
      const Errors of_direct = ErrorsOf(c->Run(*direct(c->view))[0], exact);
      for (const int64_t tile : {2, 4}) {
        const Errors errors = ErrorsOf(c->Run(*Make(c->view, tile))[0], exact);
        printf("%s, tiles of %d: max %.1e rms %.1e, direct max %.1e rms %.1e\n",
               c->ToString().c_str(), static_cast<int>(tile), errors.max, errors.rms, of_direct.max,
               of_direct.rms);
        EXPECT_LT(errors.max, 4e-6) << c->ToString() << tile;
        EXPECT_LT(errors.rms, 3e-6) << c->ToString() << tile;
        // Direct gradients of filters are sums of sums, which is why they are the most exact.
        EXPECT_LT(errors.rms, (op == Op::kConvolutionGradFilter ? 6 : 3) * of_direct.rms)
            << c->ToString() << tile;
      }
    }
  }
}

TEST(WinogradChoice, IsByShape) {
  const auto tile = [](Op op, const Row& row) {
    return portable::WinogradTile(CaseOf(op, row)->view);
  };
  if (portable::InstructionSet() != "avx512" && portable::InstructionSet() != "avx2") return;
  for (const Op op : kOps) {
    EXPECT_EQ(tile(op, {64, 32, 32, 16, 16, {1, 1}, {1, 1}}), 4);
    EXPECT_EQ(tile(op, {128, 14, 14, 32, 64, {1, 1}, {1, 1}}), 4);
    EXPECT_EQ(tile(op, {8, 56, 56, 64, 64, {1, 1}, {1, 1}}), 4);
    EXPECT_EQ(tile(op, {8, 112, 112, 3, 32, {1, 1}, {1, 1}}), 0);  // the transforms do
  }
  // To transform the filter is more work than the rest.
  EXPECT_EQ(tile(Op::kConvolutionGradInput, {1, 2, 2, 256, 256, {1, 1}, {1, 1}}), 0);
  for (const Op op : kOps) EXPECT_EQ(tile(op, {8, 7, 7, 512, 512, {1, 1}, {1, 1}}), 4);
  EXPECT_EQ(tile(Op::kConvolution, {64, 6, 6, 64, 64, {1, 1}, {1, 1}}), 2);  // 4x4 would waste
}

TEST(WinogradChoice, LeavesOtherConvolutionsAlone) {
  const Row row = kRows[9];
  const auto refuses = [&](const char* name, auto value) {
    const auto c = CaseOf(Op::kConvolution, row);
    c->operation.attributes.Set(name, value);
    return portable::MakeWinograd(c->view, 4) == nullptr && portable::WinogradTile(c->view) == 0;
  };
  EXPECT_TRUE(refuses("strides", Ints{1, 2}));
  EXPECT_TRUE(refuses("dilations", Ints{2, 1}));
  EXPECT_TRUE(refuses("groups", int64_t{2}));
  EXPECT_TRUE(refuses("channels_last", false));
  EXPECT_FALSE(refuses("channels_last", true));
}

}  // namespace
}  // namespace mlcompute
