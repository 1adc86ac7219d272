// mlcompute/program/program.h: a static, typed, straight-line list of operations.
//
// Everything the library computes, from one TensorFlow op to a whole training step, is a Program.
// Types and shapes of all values are known when it is built: Append() applies the operation's shape
// rule and throws Error(kInvalidArgument) when the inputs do not fit it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "mlcompute/program/attributes.h"
#include "mlcompute/program/op.h"
#include "mlcompute/shape.h"

namespace mlcompute {

// Index of a value in its Program.
using Value = int32_t;

class Program;

struct Operation {
  Op op;
  std::vector<Value> inputs;
  std::vector<Value> results;
  Attributes attributes;
  std::shared_ptr<const Program> body = nullptr;  // of kFused, kBlocked
};

class Program {
 public:
  // The next input of the program.
  Value AddInput(TensorType type);

  // A value fixed now; `bytes` are copied and must be type.bytes() long.
  Value AddConstant(TensorType type, const void* bytes);
  // A constant scalar of `dtype` holding `value` rounded to it.
  Value AddScalar(DataType dtype, double value);

  // Appends an operation and returns its only result.
  Value Append(Op op, const std::vector<Value>& inputs, Attributes attributes = {});
  // The same for operations with several results.
  std::vector<Value> AppendMulti(Op op, const std::vector<Value>& inputs,
                                 Attributes attributes = {});

  // Appends a kFused operation: the results are the outputs of `body`, whose inputs have the types
  // of `inputs`.
  std::vector<Value> AppendFused(const std::vector<Value>& inputs,
                                 std::shared_ptr<const Program> body);

  // Appends a kBlocked operation of `body` on `blocks` blocks: each of `inputs` has the type that
  // the body takes, or one whose first axis is `blocks` times as long, as that of the results is.
  // Where `sums` has true the result is the sum of what the blocks give.
  std::vector<Value> AppendBlocked(const std::vector<Value>& inputs,
                                   std::shared_ptr<const Program> body, int64_t blocks,
                                   const std::vector<bool>& sums);

  // The next output of the program; an input, a constant or the same value twice are allowed.
  void AddOutput(Value value);

  const std::vector<Value>& inputs() const { return inputs_; }
  const std::vector<Value>& outputs() const { return outputs_; }
  const std::vector<Operation>& operations() const { return operations_; }
  int value_count() const { return static_cast<int>(types_.size()); }
  const TensorType& type(Value v) const { return types_[static_cast<size_t>(v)]; }

  // The bytes of a constant, nullptr for any other value.
  const std::byte* constant(Value v) const;

  // One operation a line: "%5: float32[2,3] = Add(%1, %4) {}".
  std::string ToString() const;

 private:
  Value NewValue(TensorType type);

  std::deque<TensorType> types_;                   // references stay good while values are added
  std::vector<std::vector<std::byte>> constants_;  // by value; empty where not a constant
  std::vector<bool> is_constant_;
  std::vector<Value> inputs_;
  std::vector<Value> outputs_;
  std::vector<Operation> operations_;
};

}  // namespace mlcompute
