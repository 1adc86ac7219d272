// mlcompute/program/terms.h: writes formulas into a Program.
#pragma once

#include <utility>
#include <vector>

#include "mlcompute/program/program.h"

namespace mlcompute {

// Each method appends one operation; numbers become constants of the other operand's type.
class Terms {
 public:
  explicit Terms(Program& program) : program_(&program) {}

  Program& program() const { return *program_; }
  const TensorType& type(Value v) const { return program_->type(v); }
  const Shape& shape(Value v) const { return type(v).shape; }
  DataType dtype(Value v) const { return type(v).dtype; }

  Value Append(Op op, const std::vector<Value>& inputs, Attributes attributes = {}) const {
    return program_->Append(op, inputs, std::move(attributes));
  }
  Value Number(Value like, double number) const { return program_->AddScalar(dtype(like), number); }

  Value Add(Value a, Value b) const { return Append(Op::kAdd, {a, b}); }
  Value Sub(Value a, Value b) const { return Append(Op::kSub, {a, b}); }
  Value Mul(Value a, Value b) const { return Append(Op::kMul, {a, b}); }
  Value Div(Value a, Value b) const { return Append(Op::kDiv, {a, b}); }
  // With a number. The names differ from Add() and Mul() because a Value is an int too.
  Value Plus(Value a, double number) const { return Add(a, Number(a, number)); }
  Value Times(Value a, double number) const { return Mul(a, Number(a, number)); }
  Value Add(Value a, double number) const = delete;
  Value Mul(Value a, double number) const = delete;
  Value Neg(Value a) const { return Append(Op::kNeg, {a}); }
  Value Square(Value a) const { return Append(Op::kSquare, {a}); }
  Value Select(Value condition, Value yes, Value no) const {
    return Append(Op::kSelect, {condition, yes, no});
  }

  Value Sum(Value x, std::vector<int64_t> axes, bool keep_dims) const;
  Value SumAll(Value x) const;  // a scalar
  Value Reshape(Value x, const std::vector<int64_t>& dims) const;
  Value Transpose(Value x, const std::vector<int64_t>& perm) const;
  Value BroadcastTo(Value x, const std::vector<int64_t>& dims) const;
  Value Zeros(const TensorType& type) const;
  Value MatMul(Value a, Value b, bool transpose_a, bool transpose_b) const;
  // `sizes` elements from `begin`, one after the other.
  Value Slice(Value x, const std::vector<int64_t>& begin, const std::vector<int64_t>& sizes) const;

 private:
  Program* program_;
};

}  // namespace mlcompute
