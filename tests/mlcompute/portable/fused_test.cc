// Elementwise operations alone, with operands that repeat along rows and columns.
#include <gtest/gtest.h>

#include "tests/mlcompute/portable/fused_case.h"

namespace mlcompute {
namespace {

using testing::FusedCase;

[[maybe_unused]] const int team_of_three = setenv("TF_MLC_NUM_THREADS", "3", 1);

// tanh(x * column - row) * x + one, twice the first step of which is a result of its own.
std::shared_ptr<Program> Body(DataType type, const Shape& shape) {
  auto body = std::make_shared<Program>();
  std::vector<int64_t> by_row = shape.dims();
  by_row.back() = 1;
  const Value x = body->AddInput({type, shape});
  const Value column = body->AddInput({type, {shape.dims().back()}});
  const Value row = body->AddInput({type, Shape(by_row)});
  const Value one = body->AddInput({type, Shape(std::vector<int64_t>{})});
  const Value product = body->Append(Op::kMul, {x, column});
  const Value moved = body->Append(Op::kSub, {product, row});
  const Value y = body->Append(Op::kMul, {body->Append(Op::kTanh, {moved}), x});
  body->AddOutput(body->Append(Op::kAdd, {y, one}));
  body->AddOutput(product);
  return body;
}

TEST(Fused, RowsAndColumns) {
  for (const DataType type : {DataType::kFloat32, DataType::kBFloat16, DataType::kFloat16}) {
    for (const Shape& shape : {Shape{1, 16}, Shape{3, 16}, Shape{5, 7}, Shape{300, 48},
                               Shape{4, 3, 128}, Shape{9, 2048}, Shape{3, 4096}, Shape{2, 5000}}) {
      SCOPED_TRACE(shape.ToString());
      FusedCase(Body(type, shape)).ExpectAgrees();
    }
  }
}

// 1 + 2^-9 is 1 in bfloat16: seen by who casts or compares the sum, and by who reads a copy of it.
TEST(Fused, WhatIsCastOrComparedIsRounded) {
  const TensorType type{DataType::kBFloat16, {40}};
  auto body = std::make_shared<Program>();
  const Value a = body->AddInput(type);
  const Value b = body->AddInput(type);
  const Value sum = body->Append(Op::kAdd, {a, b});
  const Value wide = body->Append(Op::kCast, {sum}, {{"to", DataType::kFloat32}});
  const Value other = body->Append(Op::kNeg, {body->Append(Op::kAdd, {b, a})});
  const Value minus = body->Append(Op::kNeg, {a});
  body->AddOutput(body->Append(Op::kNeg, {wide}));
  body->AddOutput(body->Append(Op::kEqual, {other, minus}));
  FusedCase c(body);
  for (int64_t i = 0; i < 40; ++i) {
    testing::Set(DataType::kBFloat16, c.inputs[0].data(), i, 1.0f);
    testing::Set(DataType::kBFloat16, c.inputs[1].data(), i, 0.001953125f);
  }
  const auto got = c.Run(*portable::MakeFused(c.view));
  for (int64_t i = 0; i < 40; ++i) {
    EXPECT_EQ(testing::Get(DataType::kFloat32, got[0].data(), i), -1.0f);
    EXPECT_EQ(static_cast<const uint8_t*>(got[1].data())[i], 1);
  }
}

}  // namespace
}  // namespace mlcompute
