// mlcompute/lowering.h: the Program that layers are appended to.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mlcompute/program/program.h"
#include "mlcompute/tensor.h"

namespace mlcompute {

class Lowering {
 public:
  // `full_batch` rows in the graph's inputs, of which `batch` are there; 0 and 0 when all are.
  explicit Lowering(int64_t full_batch = 0, int64_t batch = 0)
      : full_batch_(full_batch), batch_(batch) {}

  Program& program() { return program_; }
  const TensorType& type(Value v) const { return program_.type(v); }
  const Shape& shape(Value v) const { return program_.type(v).shape; }
  DataType dtype(Value v) const { return program_.type(v).dtype; }

  Value Append(Op op, const std::vector<Value>& inputs, Attributes attributes = {}) {
    return program_.Append(op, inputs, std::move(attributes));
  }
  // A constant scalar of the type of `like`.
  Value Scalar(Value like, double value) { return program_.AddScalar(dtype(like), value); }
  Value Reshape(Value x, const std::vector<int64_t>& dims);
  Value Transpose(Value x, const std::vector<int64_t>& perm);

  // The value of a tensor: what Bind() gave it, else a further input of the program. So parameters
  // are read anew by each execution.
  Value Of(const TensorPtr& tensor);
  void Bind(const Tensor& tensor, Value value) { values_[tensor.id()] = value; }

  // The tensors that Of() made inputs, in the order of those inputs.
  const std::vector<TensorPtr>& bound() const { return bound_; }

  // What the layer was told about axis 0 for a full batch, for the present one.
  int64_t Rows(int64_t rows) const { return rows == full_batch_ ? batch_ : rows; }

 private:
  const int64_t full_batch_;
  const int64_t batch_;
  Program program_;
  std::unordered_map<uint64_t, Value> values_;  // by the tensor's id
  std::vector<TensorPtr> bound_;
};

}  // namespace mlcompute
