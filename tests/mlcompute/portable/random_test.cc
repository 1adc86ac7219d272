#include <gtest/gtest.h>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::OpCase;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

// Bit for bit, also where the counter's words overflow.
void ExpectSameBits(Op op, DataType type, int64_t n) {
  const uint64_t counters[][2] = {
      {0, 0}, {~uint64_t{0} - 3, 0xffffffff}, {0xfffffff0, ~uint64_t{0}}};
  for (const auto& counter : counters) {
    for (const int64_t counter_size : {1, 2}) {
      OpCase c(op, {{DataType::kUInt64, {1}}, {DataType::kUInt64, {counter_size}}}, {{type, {n}}},
               {{"shape", std::vector<int64_t>{n}}, {"to", type}});
      SCOPED_TRACE(c.ToString());
      *static_cast<uint64_t*>(c.inputs[0].data()) = 0x0123456789abcdef;
      std::copy_n(counter, counter_size, static_cast<uint64_t*>(c.inputs[1].data()));
      const auto step = portable::MakeRandom(c.view);
      ASSERT_NE(step, nullptr);
      const std::vector<Buffer> got = c.Run(*step);
      const std::vector<Buffer> want = c.Run(*reference::MakeStep(c.view));
      EXPECT_EQ(std::memcmp(got[0].data(), want[0].data(), c.view.results[0].bytes()), 0);
    }
  }
}

TEST(Random, GivesTheBitsOfTheReference) {
  for (const int64_t n : {1, 7, 16, 1000, 1025, 100003}) {
    for (const DataType type :
         {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16, DataType::kFloat64}) {
      ExpectSameBits(Op::kRandomUniform, type, n);
      ExpectSameBits(Op::kRandomNormal, type, n);
      if (n < 10000) ExpectSameBits(Op::kRandomTruncatedNormal, type, n);
    }
    for (const DataType type :
         {DataType::kInt32, DataType::kUInt32, DataType::kInt64, DataType::kUInt64}) {
      ExpectSameBits(Op::kRandomBits, type, n);
    }
  }
}

TEST(Random, GammaGivesTheBitsOfTheReference) {
  for (const DataType type :
       {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16, DataType::kFloat64}) {
    for (const int64_t n : {1, 3, 2000}) {
      OpCase c(Op::kRandomGamma, {{DataType::kUInt64, {1}}, {DataType::kUInt64, {2}}, {type, {4}}},
               {{type, {n, 4}}}, {{"shape", std::vector<int64_t>{n, 4}}, {"to", type}});
      SCOPED_TRACE(c.ToString());
      testing::WithType(type, [&](auto tag) {
        auto* alpha = static_cast<decltype(tag)*>(c.inputs[2].data());
        const float values[] = {0.25f, 1.0f, 3.5f, 60.0f};
        for (int i = 0; i < 4; ++i) alpha[i] = static_cast<decltype(tag)>(values[i]);
      });
      const auto step = portable::MakeRandom(c.view);
      ASSERT_NE(step, nullptr);
      const std::vector<Buffer> got = c.Run(*step);
      const std::vector<Buffer> want = c.Run(*reference::MakeStep(c.view));
      EXPECT_EQ(std::memcmp(got[0].data(), want[0].data(), c.view.results[0].bytes()), 0);
    }
  }
}

TEST(Resample, GivesTheSumsOfTheReference) {
  for (const bool gradient : {false, true}) {
    for (const int64_t axis : {0, 1, 2}) {
      const Shape small{6, 5, 7};
      Shape large = small;
      large[static_cast<int>(axis)] = 40;
      const Op op = gradient ? Op::kResampleGrad : Op::kResample;
      mlcompute::Attributes attributes{{"axis", axis}};
      if (gradient) attributes.Set("size", large[static_cast<int>(axis)]);
      const int64_t count = small[static_cast<int>(axis)];
      OpCase c(op,
               {{DataType::kFloat32, gradient ? small : large},
                {DataType::kInt32, {count, 3}},
                {DataType::kFloat32, {count, 3}}},
               {{DataType::kFloat32, gradient ? large : small}}, attributes);
      SCOPED_TRACE(c.ToString());
      auto* indices = static_cast<int32_t*>(c.inputs[1].data());
      for (int32_t i = 0; i < count * 3; ++i) indices[i] = i * 17 % 42 - 2;  // some are below 0
      const auto step = portable::MakeResample(c.view);
      ASSERT_NE(step, nullptr);
      const std::vector<Buffer> got = c.Run(*step);
      const std::vector<Buffer> want = c.Run(*reference::MakeStep(c.view));
      const auto* a = static_cast<const float*>(got[0].data());
      const auto* b = static_cast<const float*>(want[0].data());
      for (int64_t i = 0; i < c.view.results[0].elements(); ++i) ASSERT_NEAR(a[i], b[i], 1e-5f);
    }
  }
}

}  // namespace
}  // namespace mlcompute
