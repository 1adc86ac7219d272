// The expected numbers are those of TensorFlow's CPU kernels for the same key and counter, and the
// known-answer vectors that the authors of Philox published with it.
#include <cmath>

#include "mlcompute/philox.h"
#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

TEST(Philox, KnownAnswers) {
  using Block = Philox::Block;
  EXPECT_EQ(Philox(Block{0, 0, 0, 0}, {0, 0}).Next(),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox(Block{kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}).Next(),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox(Block{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0})
                .Next(),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, SkippingIsDrawing) {
  const Philox::Block near_the_end = {0xfffffffe, 0xffffffff, 0xffffffff, 7};
  Philox drawn(near_the_end, {1, 2});
  Philox skipped = drawn;
  for (int i = 0; i < 5; ++i) drawn.Next();
  skipped.Skip(5);
  EXPECT_EQ(drawn.Next(), skipped.Next());
}

// The counter's carry is within the first result.
const Tensor kKey = Make<uint64_t>({1}, {0x123456789abcdef});
const Tensor kCounter = Make<uint64_t>({2}, {0xffffffffffffffff, 7});

template <typename T>
std::vector<T> Draw(Op op, int64_t n, const std::vector<Tensor>& bounds = {}) {
  std::vector<Tensor> inputs = {kKey, kCounter};
  inputs.insert(inputs.end(), bounds.begin(), bounds.end());
  return Evaluate(op, inputs, {{"shape", std::vector<int64_t>{n}}, {"to", TypeOf<T>()}})
      .template values<T>();
}

TEST(Random, KeyAndCounterOfASeed) {
  const auto results = EvaluateAll(Op::kStatelessRandomGetKeyCounter, {Int32s({2}, {12, -34})});
  EXPECT_EQ(results[0].values<uint64_t>(), std::vector<uint64_t>{18361868651667567579u});
  EXPECT_EQ(results[1].values<uint64_t>(), (std::vector<uint64_t>{0, 17748023626664699917u}));
  const auto wide = EvaluateAll(Op::kStatelessRandomGetKeyCounter, {Make<int64_t>({2}, {12, -34})});
  EXPECT_EQ(wide[0].values<uint64_t>(), results[0].values<uint64_t>());
}

TEST(Random, Bits) {
  EXPECT_EQ(Draw<int32_t>(Op::kRandomBits, 5),
            (std::vector<int32_t>{-655176031, -268547340, -923508377, -1300334702, -1871442465}));
  EXPECT_EQ(Draw<uint32_t>(Op::kRandomBits, 2), (std::vector<uint32_t>{3639791265, 4026419956}));
  EXPECT_EQ(
      Draw<uint64_t>(Op::kRandomBits, 3),
      (std::vector<uint64_t>{17293342034621550241u, 12861849058137104743u, 413423353789156831u}));
}

TEST(Random, BoundedIntegers) {
  EXPECT_EQ(Draw<int32_t>(Op::kRandomUniformInt, 6, {Int32s({}, {-5}), Int32s({}, {12})}),
            (std::vector<int32_t>{4, 7, 10, 3, -2, -1}));
  EXPECT_EQ(Draw<int64_t>(Op::kRandomUniformInt, 3,
                          {Make<int64_t>({}, {std::numeric_limits<int64_t>::min()}),
                           Make<int64_t>({}, {std::numeric_limits<int64_t>::max()})}),
            (std::vector<int64_t>{8069969997766774433, 3638477021282328935, -8809948683065618977}));
  EXPECT_NE(InvalidArgumentOf([] {
              Draw<int32_t>(Op::kRandomUniformInt, 1, {Int32s({}, {5}), Int32s({}, {5})});
            }).find("Need minval < maxval, got 5 >= 5"),
            std::string::npos);
}

TEST(Random, Uniform) {
  EXPECT_EQ(Draw<float>(Op::kRandomUniform, 6),
            (std::vector<float>{0.8969308137893677f, 0.9866623878479004f, 0.9092224836349487f,
                                0.9880239963531494f, 0.9066733121871948f, 0.47480309009552f}));
  EXPECT_EQ(Draw<double>(Op::kRandomUniform, 3),
            (std::vector<double>{0.1754474043597698, 0.2737805340216011, 0.2533865188710449}));
  EXPECT_EQ(Draw<Float16>(Op::kRandomUniform, 5),
            (std::vector<Float16>{0.6572265625f, 0.73828125f, 0.3505859375f, 0.892578125f,
                                  0.4677734375f}));
  EXPECT_EQ(Draw<BFloat16>(Op::kRandomUniform, 5),
            (std::vector<BFloat16>{0.2578125f, 0.90625f, 0.8046875f, 0.140625f, 0.7421875f}));
}

// Logarithm, sine and cosine of another C library may round differently.
template <typename T>
void ExpectClose(const std::vector<T>& values, const std::vector<double>& expected,
                 double tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(values[i]), expected[i], tolerance * std::fabs(expected[i]));
  }
}

TEST(Random, Normal) {
  ExpectClose(Draw<float>(Op::kRandomNormal, 6),
              {-0.03904192894697189, 0.4647890031337738, -0.03279724344611168, 0.43503475189208984,
               0.06978780776262283, -0.4371221959590912},
              1e-5);
  ExpectClose(Draw<double>(Op::kRandomNormal, 3),
              {1.8449110863673903, -0.2777319317233292, -1.1579837751879751}, 1e-13);
  ExpectClose(Draw<Float16>(Op::kRandomNormal, 5),
              {-0.039031982421875, 0.46484375, -0.032806396484375, 0.43505859375, 0.06976318359375},
              1e-3);
  ExpectClose(Draw<BFloat16>(Op::kRandomNormal, 5),
              {-0.0390625, 0.46484375, -0.03271484375, 0.435546875, 0.06982421875}, 8e-3);
}

TEST(Random, NormalFarDown) {
  const auto values = Draw<float>(Op::kRandomNormal, 4099);
  ExpectClose(std::vector<float>(values.end() - 5, values.end()),
              {-1.478384017944336, -0.5868536829948425, -0.0913676992058754, 0.931299090385437,
               0.4181397259235382},
              1e-5);
}

TEST(Random, TruncatedNormal) {
  const auto values = Draw<float>(Op::kRandomTruncatedNormal, 4099);
  for (const float v : values) ASSERT_LT(std::fabs(v), 2);
  ExpectClose(std::vector<float>(values.begin(), values.begin() + 6),
              {-0.03904192894697189, 0.4647890031337738, -0.03279724344611168, 0.43503475189208984,
               0.9846137166023254, -0.46103039383888245},
              1e-5);
  ExpectClose(std::vector<float>(values.end() - 5, values.end()),
              {0.5271438956260681, -0.01809738576412201, 0.426000714302063, -1.1327688694000244,
               0.6549995541572571},
              1e-5);
  ExpectClose(Draw<double>(Op::kRandomTruncatedNormal, 3),
              {1.8449110863673903, -0.2777319317233292, 1.0767901467860108}, 1e-13);
}

TEST(Random, AnyLength) {
  const auto most = Draw<float>(Op::kRandomUniform, 9);
  for (int64_t n = 0; n < 9; ++n) {
    EXPECT_EQ(Draw<float>(Op::kRandomUniform, n),
              std::vector<float>(most.begin(), most.begin() + n));
  }
}

}  // namespace
}  // namespace mlcompute::testing
