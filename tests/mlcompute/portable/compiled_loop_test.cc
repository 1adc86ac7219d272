// Loops of every instruction set that this processor has, against the spans of the same set.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mlcompute/float16.h"
#include "mlcompute/portable/jit/loop.h"

namespace mlcompute::portable {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr size_t kSizes[] = {1, 7, 8, 9, 15, 16, 17, 33, 144};
constexpr float kSpecial[] = {0.0f,   -0.0f, 1.0f,  -1.0f,     0.5f,       2.5f, -3.5f, 6.0f,
                              1e-40f, 7e30f, -4e5f, kInfinity, -kInfinity, kNan, 3.0f,  -0.75f};
constexpr size_t kSpecials = std::size(kSpecial);

class CompiledLoopTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    spans_ = SpansOf(GetParam());
    if (!spans_) GTEST_SKIP() << "no " << GetParam() << " here";
    LoopBody body{{{0, DataType::kFloat32, false}}, {}, {{1, DataType::kFloat32, false}}};
    body.operations = {Row(Op::kAbs, {0, -1, -1}, 1)};
    if (!CompiledLoop::Compile(body, GetParam())) GTEST_SKIP() << "no compiler here";
  }

  static LoopOperation Row(Op op, const std::vector<int>& inputs, int result) {
    return {op, DataType::kFloat32, {inputs[0], inputs[1], inputs[2]}, result, DataType::kFloat32};
  }

  static std::vector<std::byte*> At(const std::vector<void*>& places) {
    std::vector<std::byte*> at;
    for (void* p : places) at.push_back(static_cast<std::byte*>(p));
    return at;
  }

  // All pairs of special values, in turn.
  static std::vector<float> Lefts() {
    std::vector<float> x;
    for (size_t i = 0; i < kSpecials * kSpecials; ++i) x.push_back(kSpecial[i % kSpecials]);
    return x;
  }
  static std::vector<float> Rights() {
    std::vector<float> x;
    for (size_t i = 0; i < kSpecials * kSpecials; ++i) x.push_back(kSpecial[i / kSpecials]);
    return x;
  }

  static void ExpectSame(const std::vector<float>& y, const std::vector<float>& expected,
                         const std::string& what) {
    for (size_t i = 0; i < y.size(); ++i) {
      const bool same =
          std::isnan(expected[i]) ? std::isnan(y[i]) : std::memcmp(&y[i], &expected[i], 4) == 0;
      ASSERT_TRUE(same) << what << " at " << i << ": " << y[i] << ", not " << expected[i];
    }
  }

  std::unique_ptr<const SpanTable> spans_;
};

INSTANTIATE_TEST_SUITE_P(All, CompiledLoopTest, ::testing::Values("avx2", "avx512"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(CompiledLoopTest, OperationsOfFloatsAreThoseOfSpans) {
  std::vector<float> a = Lefts(), b = Rights();
  const size_t n = a.size();
  int count = 0;
  for (int k = 0; k < kOpCount; ++k) {
    const Op op = static_cast<Op>(k);
    if (!CanCompile(op, DataType::kFloat32) || op == Op::kSelect || op == Op::kCast) continue;
    ++count;
    const bool is_binary = spans_->binary[k] || spans_->compare[k];
    const bool is_bool = spans_->compare[k] || spans_->test[k];
    LoopBody body{{{0, DataType::kFloat32, false}, {1, DataType::kFloat32, false}},
                  {Row(op, {0, is_binary ? 1 : -1, -1}, 2)},
                  {{2, is_bool ? DataType::kBool : DataType::kFloat32, false}}};
    if (!is_binary) body.sources.pop_back();
    const auto loop = CompiledLoop::Compile(body, GetParam());
    ASSERT_TRUE(loop) << Name(op);
    std::vector<float> y(n), expected(n);
    std::vector<uint8_t> bits(n, 9), expected_bits(n);
    void* const to = is_bool ? static_cast<void*>(bits.data()) : y.data();
    loop->Run((is_binary ? At({a.data(), b.data(), to}) : At({a.data(), to})).data(), n);
    if (spans_->compare[k]) {
      spans_->compare[k](a.data(), b.data(), expected_bits.data(), n);
    } else if (spans_->test[k]) {
      spans_->test[k](a.data(), expected_bits.data(), n);
    } else if (is_binary) {
      spans_->binary[k](a.data(), b.data(), expected.data(), n);
    } else {
      ASSERT_TRUE(spans_->unary[k]) << Name(op);
      spans_->unary[k](a.data(), expected.data(), n);
    }
    if (is_bool) {
      EXPECT_EQ(bits, expected_bits) << Name(op);
    } else {
      ExpectSame(y, expected, std::string(Name(op)));
    }
  }
  EXPECT_GT(count, 50);
}

TEST_P(CompiledLoopTest, BoolsAreReadWrittenAndChosenBy) {
  std::vector<uint8_t> p, q;
  for (size_t i = 0; i < 37; ++i) {
    p.push_back(i % 2);
    q.push_back(i / 2 % 2);
  }
  std::vector<float> x(37), y(37), chosen(37), number(37);
  for (size_t i = 0; i < 37; ++i) {
    x[i] = static_cast<float>(i);
    y[i] = kNan;
  }
  std::vector<uint8_t> both(37), either(37), one(37), none(37);
  LoopBody body{{{0, DataType::kBool, false},
                 {1, DataType::kBool, false},
                 {2, DataType::kFloat32, false},
                 {3, DataType::kFloat32, false}},
                {},
                {{4, DataType::kBool, false},
                 {5, DataType::kBool, false},
                 {6, DataType::kBool, false},
                 {7, DataType::kBool, false},
                 {8, DataType::kFloat32, false},
                 {9, DataType::kFloat32, false}}};
  const auto logic = [&](Op op, std::vector<int> inputs, int result) {
    LoopOperation row = Row(op, inputs, result);
    row.from = DataType::kBool;
    body.operations.push_back(row);
  };
  logic(Op::kLogicalAnd, {0, 1, -1}, 4);
  logic(Op::kLogicalOr, {0, 1, -1}, 5);
  logic(Op::kLogicalXor, {0, 1, -1}, 6);
  logic(Op::kLogicalNot, {5, -1, -1}, 7);
  body.operations.push_back(Row(Op::kSelect, {4, 2, 3}, 8));
  logic(Op::kCast, {6, -1, -1}, 9);
  const auto loop = CompiledLoop::Compile(body, GetParam());
  ASSERT_TRUE(loop);
  loop->Run(At({p.data(), q.data(), x.data(), y.data(), both.data(), either.data(), one.data(),
                none.data(), chosen.data(), number.data()})
                .data(),
            37);
  for (size_t i = 0; i < 37; ++i) {
    EXPECT_EQ(both[i], p[i] & q[i]);
    EXPECT_EQ(either[i], p[i] | q[i]);
    EXPECT_EQ(one[i], p[i] ^ q[i]);
    EXPECT_EQ(none[i], 1 ^ (p[i] | q[i]));
    EXPECT_EQ(number[i], static_cast<float>(p[i] ^ q[i]));
    if (p[i] & q[i]) {
      EXPECT_EQ(chosen[i], x[i]);
    } else {
      EXPECT_TRUE(std::isnan(chosen[i]));
    }
  }
}

// Exponentials, logarithms and their kin of numbers of every size: one of `step` of all floats.
TEST_P(CompiledLoopTest, FunctionsAreThoseOfSpansToTheLastBit) {
  uint64_t step = 1009;
  if (const char* every = std::getenv("MLC_LOOP_TEST_STEP")) step = std::stoul(every);
  constexpr size_t kMost = 1 << 16;
  std::vector<float> x(kMost), y(kMost), expected(kMost);
  for (const Op op :
       {Op::kExp, Op::kExpm1, Op::kLog, Op::kLog1p, Op::kTanh, Op::kSigmoid, Op::kErf, Op::kErfc,
        Op::kElu, Op::kSelu, Op::kSoftplus, Op::kSoftplusGrad, Op::kSign}) {
    const bool is_binary = op == Op::kSoftplusGrad;
    LoopBody body{{{0, DataType::kFloat32, false}},
                  {Row(op, {0, is_binary ? 0 : -1, -1}, 1)},
                  {{1, DataType::kFloat32, false}}};
    const auto loop = CompiledLoop::Compile(body, GetParam());
    ASSERT_TRUE(loop) << Name(op);
    for (uint64_t bits = 0; bits < (uint64_t{1} << 32);) {
      size_t n = 0;
      for (; n < kMost && bits < (uint64_t{1} << 32); bits += step) {
        const auto low = static_cast<uint32_t>(bits);
        std::memcpy(&x[n++], &low, sizeof low);
      }
      loop->Run(At({x.data(), y.data()}).data(), n);
      const auto k = static_cast<size_t>(op);
      if (is_binary) {
        spans_->binary[k](x.data(), x.data(), expected.data(), n);
      } else {
        spans_->unary[k](x.data(), expected.data(), n);
      }
      for (size_t i = 0; i < n; ++i) {
        const bool same = std::memcmp(&y[i], &expected[i], sizeof(float)) == 0 ||
                          (std::isnan(y[i]) && std::isnan(expected[i]));
        ASSERT_TRUE(same) << Name(op) << "(" << x[i] << ") is " << y[i] << ", not " << expected[i];
      }
    }
  }
}

// y = -x in the 16-bit formats, and x + 2^-9, rounded, in float32.
TEST_P(CompiledLoopTest, HalvesAreThoseOfSpans) {
  for (const DataType type : {DataType::kFloat16, DataType::kBFloat16}) {
    const bool is_16 = type == DataType::kFloat16;
    std::vector<uint16_t> x(1 << 16);
    for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<uint16_t>(i);
    std::vector<float> wide(x.size()), negative(x.size()), sum(x.size()), expected_sum(x.size());
    (is_16 ? spans_->from_float16 : spans_->from_bfloat16)(x.data(), wide.data(), x.size());
    float step = 0.001953125f;
    std::vector<float> steps(x.size(), step);
    spans_->unary[static_cast<int>(Op::kNeg)](wide.data(), negative.data(), x.size());
    spans_->binary[static_cast<int>(Op::kAdd)](wide.data(), steps.data(), expected_sum.data(),
                                               x.size());
    std::vector<uint16_t> y(x.size()), expected(x.size()), rounded(x.size());
    const auto narrow = is_16 ? spans_->to_float16 : spans_->to_bfloat16;
    narrow(negative.data(), expected.data(), x.size());
    narrow(expected_sum.data(), rounded.data(), x.size());
    (is_16 ? spans_->from_float16 : spans_->from_bfloat16)(rounded.data(), expected_sum.data(),
                                                           x.size());
    LoopBody body{{{0, type, false}, {1, DataType::kFloat32, true}},
                  {Row(Op::kNeg, {0, -1, -1}, 2), Row(Op::kAdd, {0, 1, -1}, 3)},
                  {{2, type, false}, {3, DataType::kFloat32, false}}};
    body.operations[1].rounded_to = type;
    const auto loop = CompiledLoop::Compile(body, GetParam());
    ASSERT_TRUE(loop);
    loop->Run(At({x.data(), &step, y.data(), sum.data()}).data(), x.size());
    ExpectSame(sum, expected_sum, "sum");
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_TRUE(y[i] == expected[i] || std::isnan(wide[i])) << i << " gave " << y[i];
      if (std::isnan(wide[i])) {
        ASSERT_GT(y[i] & 0x7fff, is_16 ? 0x7c00 : 0x7f80) << i;
      }
    }
    // One element for all.
    LoopBody scalar{{{0, type, true}, {1, DataType::kFloat32, false}},
                    {Row(Op::kAdd, {0, 1, -1}, 2)},
                    {{2, DataType::kFloat32, false}}};
    const auto with_scalar = CompiledLoop::Compile(scalar, GetParam());
    uint16_t one = is_16 ? 0x3c00 : 0x3f80;
    with_scalar->Run(At({&one, steps.data(), sum.data()}).data(), 19);
    for (size_t i = 0; i < 19; ++i) EXPECT_EQ(sum[i], 1.0f + step);
  }
}

// Writes its run and no more, also where it may go past the caches and where it reads.
// Of numbers of a 16-bit format and of float32, in turn: a sum, and choices between it and others.
TEST_P(CompiledLoopTest, ResultsAreRoundedEachTime) {
  for (const DataType type : {DataType::kFloat16, DataType::kBFloat16}) {
    const bool is_16 = type == DataType::kFloat16;
    const auto narrow = is_16 ? spans_->to_float16 : spans_->to_bfloat16;
    const auto widen = is_16 ? spans_->from_float16 : spans_->from_bfloat16;
    const size_t n = 1 << 16;
    std::vector<uint16_t> x(n), dy(n);
    std::vector<float> x_wide(n), dy_wide(n), given(n), sum(n);
    for (size_t i = 0; i < n; ++i) {
      x[i] = static_cast<uint16_t>(i);
      dy[i] = static_cast<uint16_t>(i * 40503);
      given[i] = std::ldexp(static_cast<float>(i * 2654435761u % 9973) - 4986.0f,
                            static_cast<int>(i % 20) - 20);
    }
    widen(x.data(), x_wide.data(), n);
    widen(dy.data(), dy_wide.data(), n);
    const auto rounded = [&](std::vector<float>* values, std::vector<uint16_t>* halves) {
      halves->resize(n);
      narrow(values->data(), halves->data(), n);
      widen(halves->data(), values->data(), n);
    };
    std::vector<uint16_t> halves;
    spans_->binary[static_cast<int>(Op::kAdd)](x_wide.data(), given.data(), sum.data(), n);
    rounded(&sum, &halves);

    struct Case {
      Op op;
      int a, b;  // values of the loop
      const std::vector<float>&a_wide, &b_wide;
    };
    const Case cases[] = {{Op::kReluGrad, 1, 3, dy_wide, sum},
                          {Op::kMaximum, 3, 0, sum, x_wide},
                          {Op::kMinimum, 0, 1, x_wide, dy_wide},
                          {Op::kReluGrad, 2, 0, given, x_wide},
                          {Op::kMaximum, 0, 2, x_wide, given}};
    for (const Case& c : cases) {
      LoopBody body{{{0, type, false}, {1, type, false}, {2, DataType::kFloat32, false}},
                    {Row(Op::kAdd, {0, 2, -1}, 3), Row(c.op, {c.a, c.b, -1}, 4),
                     Row(Op::kRelu, {4, -1, -1}, 5)},
                    {{4, type, false}, {5, type, false}}};
      for (LoopOperation& operation : body.operations) operation.rounded_to = type;
      std::vector<uint16_t> got(n), got_relu(n), expected, expected_relu;
      CompiledLoop::Compile(body, GetParam())
          ->Run(At({x.data(), dy.data(), given.data(), got.data(), got_relu.data()}).data(), n);
      std::vector<float> y(n), relu(n);
      spans_->binary[static_cast<int>(c.op)](c.a_wide.data(), c.b_wide.data(), y.data(), n);
      rounded(&y, &expected);
      spans_->unary[static_cast<int>(Op::kRelu)](y.data(), relu.data(), n);
      rounded(&relu, &expected_relu);
      for (size_t i = 0; i < n; ++i) {
        // The instruction that rounds takes what is below bfloat16's smallest normal number for 0.
        const bool is_small = !is_16 && (expected[i] & 0x7f80) == 0;
        if (is_small) {
          ASSERT_TRUE(got[i] == expected[i] || (got[i] & 0x7fff) == 0) << Name(c.op) << " " << i;
          ASSERT_TRUE(got_relu[i] == expected_relu[i] || (got_relu[i] & 0x7fff) == 0)
              << Name(c.op) << " " << i;
        } else if (std::isnan(y[i])) {
          ASSERT_GT(got[i] & 0x7fff, is_16 ? 0x7c00 : 0x7f80) << Name(c.op) << " " << i;
          ASSERT_GT(got_relu[i] & 0x7fff, is_16 ? 0x7c00 : 0x7f80) << Name(c.op) << " " << i;
        } else {
          ASSERT_EQ(got[i], expected[i]) << Name(c.op) << " " << i;
          ASSERT_EQ(got_relu[i], expected_relu[i]) << Name(c.op) << " " << i;
        }
      }
    }
  }
}

// With bfloat16's precision: of all its numbers, before they are rounded to it.
TEST_P(CompiledLoopTest, RoughFunctionsAreGoodEnoughForBFloat16) {
  const size_t n = 1 << 16;
  std::vector<uint16_t> x(n);
  for (size_t i = 0; i < n; ++i) x[i] = static_cast<uint16_t>(i);
  std::vector<float> wide(n), y(n);
  spans_->from_bfloat16(x.data(), wide.data(), n);
  using Function = double (*)(double);
  const std::pair<Op, Function> functions[] = {
      {Op::kExp, [](double v) { return std::exp(v); }},
      {Op::kErfc, [](double v) { return std::erfc(v); }},
      {Op::kSigmoid, [](double v) { return 1 / (1 + std::exp(-v)); }}};
  for (const auto& [op, function] : functions) {
    LoopBody body{{{0, DataType::kBFloat16, false}},
                  {Row(op, {0, -1, -1}, 1)},
                  {{1, DataType::kFloat32, false}}};
    body.operations[0].is_rough = true;
    const auto loop = CompiledLoop::Compile(body, GetParam());
    ASSERT_TRUE(loop) << Name(op);
    loop->Run(At({x.data(), y.data()}).data(), n);
    for (size_t i = 0; i < n; ++i) {
      const double expected = function(wide[i]);
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(y[i])) << Name(op) << "(" << wide[i] << ") is " << y[i];
      } else if (expected > std::numeric_limits<float>::max()) {
        ASSERT_EQ(y[i], kInfinity) << Name(op) << "(" << wide[i] << ")";
      } else {
        ASSERT_NEAR(y[i], expected, 2e-5 * expected + 1.2e-38) << Name(op) << "(" << wide[i] << ")";
      }
    }
  }
}

// y = (x - mean of the row) * scale of the column, in a sum with so many tensors that not all have
// a register for where they begin.
TEST_P(CompiledLoopTest, RowsHaveElementsOfTheirOwn) {
  using Of = LoopSource::Of;
  constexpr int kMore = 9;
  for (const DataType type : {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16}) {
    for (const size_t columns : {16, 48, 128}) {
      const size_t rows = 5, n = rows * columns;
      LoopBody body{{{0, DataType::kFloat32, false},
                     {1, type, false, false, Of::kRows},
                     {2, type, false, false, Of::kColumns}},
                    {Row(Op::kSub, {0, 1, -1}, 3), Row(Op::kMul, {3, 2, -1}, 4)},
                    {}};
      std::vector<float> x(n), mean(rows), scale(columns), y(n);
      const auto kept = [&](std::vector<float>* values) {  // as they are kept in memory
        for (size_t i = 0; i < values->size(); ++i) {
          (*values)[i] = static_cast<float>(i * 37 % 61) - 30.0f;
        }
        std::vector<uint16_t> halves(values->size());
        if (type == DataType::kFloat16) {
          spans_->to_float16(values->data(), halves.data(), halves.size());
        } else {
          spans_->to_bfloat16(values->data(), halves.data(), halves.size());
        }
        return halves;
      };
      kept(&x);
      std::vector<uint16_t> mean_16 = kept(&mean), scale_16 = kept(&scale);
      const bool is_32 = type == DataType::kFloat32;
      std::vector<void*> places = {x.data(),
                                   is_32 ? mean.data() : static_cast<void*>(mean_16.data()),
                                   is_32 ? scale.data() : static_cast<void*>(scale_16.data())};
      int sum = 4;
      for (int k = 0; k < kMore; ++k) {
        body.sources.push_back({100 + k, DataType::kFloat32, false});
        body.operations.push_back(Row(Op::kAdd, {sum, 100 + k, -1}, 200 + k));
        sum = 200 + k;
        places.push_back(x.data());
      }
      body.targets = {{sum, DataType::kFloat32, false}};
      body.row = static_cast<int64_t>(columns);
      places.push_back(y.data());
      const auto loop = CompiledLoop::Compile(body, GetParam());
      ASSERT_TRUE(loop);
      loop->Run(At(places).data(), n);
      for (size_t i = 0; i < n; ++i) {
        const float expected = (x[i] - mean[i / columns]) * scale[i % columns] + kMore * x[i];
        ASSERT_EQ(y[i], expected) << "at " << i << " of rows of " << columns;
      }
    }
  }
}

TEST_P(CompiledLoopTest, AnyLengthAndPlace) {
  for (const bool past_caches : {false, true}) {
    const LoopBody body{{{0, DataType::kFloat32, false}, {1, DataType::kFloat32, true}},
                        {Row(Op::kMul, {0, 1, -1}, 2), Row(Op::kAdd, {2, 0, -1}, 3)},
                        {{2, DataType::kFloat32, past_caches}, {3, DataType::kFloat32, false}}};
    const auto loop = CompiledLoop::Compile(body, GetParam());
    ASSERT_TRUE(loop);
    float three = 3;
    for (const size_t n : kSizes) {
      for (const size_t skip : {0, 1, 16}) {
        std::vector<float> memory(n + 64, -7), x(n + 1);
        for (size_t i = 0; i < n; ++i) x[i] = static_cast<float>(i);
        const auto address = (reinterpret_cast<uintptr_t>(memory.data()) + 63) / 64 * 64;
        float* y = reinterpret_cast<float*>(address) + skip;
        const size_t before = static_cast<size_t>(y - memory.data());
        loop->Run(At({x.data(), &three, y, x.data()}).data(), n);
        spans_->flush_stream();
        for (size_t i = 0; i < memory.size(); ++i) {
          const bool inside = i >= before && i < before + n;
          EXPECT_EQ(memory[i], inside ? 3 * static_cast<float>(i - before) : -7);
        }
        for (size_t i = 0; i < n; ++i) EXPECT_EQ(x[i], 4 * static_cast<float>(i));
        EXPECT_EQ(x[n], 0);
      }
    }
  }
}

TEST_P(CompiledLoopTest, LoopsThatDoTheSameAreOne) {
  const auto loop_of = [](Op op, int shift) {
    return CompiledLoop::Compile({{{shift, DataType::kFloat32, false}},
                                  {Row(op, {shift, -1, -1}, shift + 5)},
                                  {{shift + 5, DataType::kFloat32, false}}},
                                 GetParam());
  };
  const auto loop = loop_of(Op::kNeg, 0);
  EXPECT_EQ(loop_of(Op::kNeg, 3), loop);
  EXPECT_NE(loop_of(Op::kAbs, 0), loop);
}

// More values at once than registers, and more places than registers for addresses.
TEST_P(CompiledLoopTest, ManyPlacesAndTooManyValues) {
  const auto body_of = [](int sources) {
    LoopBody body;
    for (int k = 0; k < sources; ++k) body.sources.push_back({k, DataType::kFloat32, false});
    for (int k = 0; k < sources; ++k) {
      body.operations.push_back(Row(Op::kNeg, {k, -1, -1}, sources + k));
    }
    int sum = sources;
    for (int k = 1; k < sources; ++k) {
      body.operations.push_back(Row(Op::kSub, {sum, sources + k, -1}, 2 * sources + k));
      sum = 2 * sources + k;
    }
    body.targets.push_back({sum, DataType::kFloat32, false});
    return body;
  };
  EXPECT_FALSE(CompiledLoop::Compile(body_of(40), GetParam()));
  const int most = std::string(GetParam()) == "avx512" ? 20 : 8;
  const auto loop = CompiledLoop::Compile(body_of(most), GetParam());
  ASSERT_TRUE(loop);
  std::vector<std::vector<float>> x(static_cast<size_t>(most), std::vector<float>(50));
  std::vector<float> y(50);
  std::vector<void*> places;
  for (size_t k = 0; k < x.size(); ++k) {
    for (size_t i = 0; i < 50; ++i) x[k][i] = static_cast<float>(i * (k + 1));
    places.push_back(x[k].data());
  }
  places.push_back(y.data());
  loop->Run(At(places).data(), 50);
  for (size_t i = 0; i < 50; ++i) {
    const int weight = most * (most + 1) / 2 - 2;  // of -x0 + x1 + x2 + ...
    EXPECT_EQ(y[i], static_cast<float>(static_cast<int>(i) * weight));
  }
}

}  // namespace
}  // namespace mlcompute::portable
