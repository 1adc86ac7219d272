#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/mlcompute/portable/fused_case.h"

namespace mlcompute {
namespace {

using testing::Buffer;
using testing::FusedCase;
using testing::Get;
using testing::Set;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

struct Row {
  Shape shape;
  std::vector<int64_t> axes;
};

const Row kRows[] = {
    {{1, 3}, {0}},
    {{7}, {0}},
    {{100003}, {0}},
    {{100003, 1}, {0}},
    {{5, 3}, {0}},
    {{40001, 3}, {0}},
    {{3, 17, 16}, {0, 1}},
    {{64, 32, 32, 16}, {0, 1, 2}},
    {{2, 9, 9, 144}, {0, 1, 2}},
    {{577, 144}, {0}},
    {{300, 257}, {0}},
    {{33, 1030}, {0}},
    {{301, 1280}, {0}},
    {{101, 3000}, {0}},
    {{1200, 4, 48}, {0}},
    {{50, 3, 1, 5}, {0, 1}},
};

std::string NameOf(const Row& row) {
  return row.shape.ToString() + " over " + Shape(row.axes).ToString();
}

// Batch normalization's backward pass: dy' = relu_grad(dy, y), sums of it and of its product.
std::shared_ptr<Program> Backward(const Row& row, DataType type, bool keeps_large) {
  auto body = std::make_shared<Program>();
  const int rank = row.shape.rank();
  const Value dy = body->AddInput({type, row.shape});
  const Value y = body->AddInput({type, row.shape});
  const Value x = body->AddInput({type, row.shape});
  const Value last = body->AddInput({type, rank == 0 ? Shape{} : Shape{row.shape[rank - 1]}});
  const Value scalar = body->AddInput({type, {}});
  const Value gradient = body->Append(Op::kReluGrad, {dy, y});
  const Value centred = body->Append(Op::kSub, {x, last});
  const Value product = body->Append(Op::kMul, {gradient, centred});
  const Value scaled = body->Append(Op::kMul, {product, scalar});
  const Attributes over = {{"axes", row.axes}, {"keep_dims", false}};
  if (keeps_large) {
    body->AddOutput(gradient);
    body->AddOutput(scaled);
  }
  for (const Op op : {Op::kReduceSum, Op::kReduceMean, Op::kReduceMax, Op::kReduceMin}) {
    body->AddOutput(body->Append(op, {op == Op::kReduceMean ? gradient : scaled}, over));
  }
  body->AddOutput(body->Append(Op::kReduceSum, {dy}, over));  // of what is only read
  return body;
}

TEST(FusedReduction, AgreesWithReference) {
  for (const Row& row : kRows) {
    for (const DataType type : {DataType::kFloat32, DataType::kBFloat16, DataType::kFloat16}) {
      if (type != DataType::kFloat32 && row.shape.elements() > 100000) continue;
      for (const bool keeps_large : {false, true}) {
        SCOPED_TRACE(NameOf(row) + (keeps_large ? ", all leaves " : " ") + std::string(Name(type)));
        FusedCase(Backward(row, type, keeps_large)).ExpectAgrees();
      }
    }
  }
}

// Values that no loop compiles stay in tiles of their own.
TEST(FusedReduction, OfExponentials) {
  for (const Row& row : kRows) {
    auto body = std::make_shared<Program>();
    const Value x = body->AddInput({DataType::kFloat32, row.shape});
    const Value e = body->Append(Op::kExp, {x});
    const Value tested = body->Append(Op::kIsFinite, {x});
    const Attributes over = {{"axes", row.axes}, {"keep_dims", true}};
    body->AddOutput(body->Append(Op::kReduceSum, {body->Append(Op::kNeg, {e})}, over));
    body->AddOutput(tested);
    body->AddOutput(body->Append(Op::kReduceMax, {e}, over));
    SCOPED_TRACE(NameOf(row));
    FusedCase(body).ExpectAgrees();
  }
}

TEST(FusedReduction, SpecialNumbers) {
  const float inf = std::numeric_limits<float>::infinity();
  for (const float special : {inf, -inf, std::numeric_limits<float>::quiet_NaN(), 3e38f, 1e-40f}) {
    for (const Row& row : {Row{{700, 16}, {0}}, Row{{41, 1280}, {0}}, Row{{5000}, {0}}}) {
      auto body = std::make_shared<Program>();
      const Value x = body->AddInput({DataType::kFloat32, row.shape});
      const Value y = body->Append(Op::kNeg, {x});
      for (const Op op : {Op::kReduceSum, Op::kReduceMean, Op::kReduceMax, Op::kReduceMin}) {
        body->AddOutput(body->Append(op, {y}, {{"axes", row.axes}, {"keep_dims", true}}));
      }
      FusedCase c(body);
      for (int64_t i = 37; i < row.shape.elements(); i += 997) {
        Set(DataType::kFloat32, c.inputs[0].data(), i, special);
      }
      SCOPED_TRACE(special);
      c.ExpectAgrees();
    }
  }
}

// Sums of a million numbers near 1 are as good as float32 can say.
TEST(FusedReduction, LongSumsStayExact) {
  auto body = std::make_shared<Program>();
  const Value x = body->AddInput({DataType::kFloat32, {1 << 18, 4}});
  const Value y = body->Append(Op::kSub, {x, body->AddInput({DataType::kFloat32, {4}})});
  body->AddOutput(
      body->Append(Op::kReduceSum, {y}, {{"axes", std::vector<int64_t>{0}}, {"keep_dims", false}}));
  FusedCase c(body);
  double sum = 0;
  const auto* from = static_cast<const float*>(c.inputs[0].data());
  for (int64_t j = 0; j < 4; ++j) Set(DataType::kFloat32, c.inputs[1].data(), j, -1000.1f);
  for (int64_t i = 0; i < 1 << 18; ++i) sum += static_cast<double>(from[4 * i] - -1000.1f);
  const std::vector<Buffer> got = c.Run(*portable::MakeFused(c.view));
  EXPECT_NEAR(Get(DataType::kFloat32, got[0].data(), 0) / sum, 1.0, 1e-7);
}

// A large result may be written over an input, unless that is summed up itself.
TEST(FusedReduction, InPlace) {
  for (const bool sums_input : {false, true}) {
    auto body = std::make_shared<Program>();
    const Value x = body->AddInput({DataType::kFloat32, {300, 24}});
    const Value y = body->Append(Op::kRelu, {x});
    const Attributes over = {{"axes", std::vector<int64_t>{0}}, {"keep_dims", false}};
    body->AddOutput(y);
    body->AddOutput(body->Append(Op::kReduceSum, {sums_input ? x : y}, over));
    const FusedCase c(body);
    const std::unique_ptr<Step> step = portable::MakeFused(c.view);
    EXPECT_EQ(step->CanShare(0, 0), !sums_input);
    EXPECT_FALSE(step->CanShare(1, 0));
    if (sums_input) continue;
    const std::vector<Buffer> expected = c.Run(*step);
    const Buffer sum(expected[1].bytes()), scratch(step->scratch_bytes());
    const void* in[] = {c.inputs[0].data()};
    void* out[] = {c.inputs[0].data(), sum.data()};
    step->Run(in, out, scratch.data());
    EXPECT_EQ(std::memcmp(out[0], expected[0].data(), expected[0].bytes()), 0);
    EXPECT_EQ(std::memcmp(out[1], expected[1].data(), expected[1].bytes()), 0);
  }
}

}  // namespace
}  // namespace mlcompute
