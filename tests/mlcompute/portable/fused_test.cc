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

}  // namespace
}  // namespace mlcompute
