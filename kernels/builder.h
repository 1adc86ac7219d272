// kernels/builder.h: how one TensorFlow op becomes operations of a Program.
//
// A builder reads the node's attributes, the types of its inputs and the contents of its static
// inputs, appends operations and names the outputs. The same builder serves an eager kernel (a
// Program of one node) and a cluster (many nodes appended to one Program). Builders throw
// mlcompute::Error for what the op does not allow; the caller adds op and node name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "kernels/node.h"
#include "mlcompute/error.h"
#include "mlcompute/program/program.h"

namespace tf_mlc {

using mlcompute::Attributes;
using mlcompute::Op;
using mlcompute::Program;
using mlcompute::Value;

// One input of the node being built. `contents` is set for static inputs (see OpRow) and constants:
// the elements are known now and the program may depend on them.
struct Input {
  Value value;
  const std::byte* contents = nullptr;
};

class BuildContext {
 public:
  BuildContext(Program& program, const Node& node, std::vector<Input> inputs)
      : program(program), node(node), inputs_(std::move(inputs)) {}

  Program& program;
  const Node& node;

  int input_count() const { return static_cast<int>(inputs_.size()); }
  // Negative `i` counts from the end.
  Value input(int i) const { return At(i).value; }
  const TensorType& type(int i) const { return program.type(At(i).value); }
  const Shape& shape(int i) const { return type(i).shape; }

  // Contents of a static input of any integer type, flattened. Throws Error(kInternal) when the
  // row did not declare the input static.
  std::vector<int64_t> StaticInts(int i) const;
  // The same for a static input that must be a scalar (or have one element).
  int64_t StaticInt(int i) const;
  // Contents of a static float or integer scalar.
  double StaticNumber(int i) const;
  // All contents of a static float or integer input, flattened.
  std::vector<double> StaticNumbers(int i) const;

  // Appends an operation of one result.
  Value Append(Op op, const std::vector<Value>& inputs, Attributes attributes = {}) const {
    return program.Append(op, inputs, std::move(attributes));
  }

  // Names the next output of the node.
  void Output(Value v) { outputs_.push_back(v); }
  const std::vector<Value>& outputs() const { return outputs_; }

 private:
  const Input& At(int i) const;

  std::vector<Input> inputs_;
  std::vector<Value> outputs_;
};

using Builder = void (*)(BuildContext&);

}  // namespace tf_mlc
