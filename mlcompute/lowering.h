// mlcompute/lowering.h: the Program that layers are appended to.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mlcompute/program/program.h"
#include "mlcompute/tensor.h"

namespace mlcompute {

class Lowering {
 public:
  // A tensor with data, which the program gives a new value.
  struct Update {
    TensorPtr tensor;
    Value value;
  };

  // `full_batch` rows in the graph's inputs, of which `batch` are there; 0 and 0 when all are.
  explicit Lowering(int64_t full_batch = 0, int64_t batch = 0)
      : full_batch_(full_batch), batch_(batch) {}

  // Lowers what layers do while they are trained. `random_key` tells apart the random numbers of
  // layers without a seed.
  void Train(uint64_t random_key) {
    training_ = true;
    random_key_ = random_key;
  }
  bool training() const { return training_; }

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

  // While training: a share `rate` of the elements becomes 0, the others grow to 1 / (1 - rate)
  // times themselves (Srivastava et al. 2014). Else `x`. `seed` decides which ones; 0: any.
  Value Dropout(Value x, double rate, uint64_t seed);
  // The input that makes random numbers differ between executions, uint64 [2]: 0 and a count of
  // them; kInvalidValue if no layer needs it.
  static constexpr Value kInvalidValue = -1;
  Value random_counter() const { return random_counter_; }

  // While training: `tensor` becomes `value` at the end of the execution, as running statistics do.
  void SetAfterwards(const TensorPtr& tensor, Value value);
  // What it becomes so far; Of(tensor) if nothing was set.
  Value Afterwards(const TensorPtr& tensor);
  const std::vector<Update>& updates() const { return updates_; }

  // Multiplies what is passed back through `value` by `factor` when gradients are computed.
  void ScaleGradient(Value value, Value factor) { gradient_factors_[value] = factor; }
  const std::unordered_map<Value, Value>& gradient_factors() const { return gradient_factors_; }

  // Nothing is passed back through `value`.
  void StopGradient(Value value) { gradient_stops_.insert(value); }
  const std::unordered_set<Value>& gradient_stops() const { return gradient_stops_; }

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
  bool training_ = false;
  uint64_t random_key_ = 0;
  int dropouts_ = 0;
  Value random_counter_ = kInvalidValue;
  std::vector<Update> updates_;
  std::unordered_map<Value, Value> gradient_factors_;
  std::unordered_set<Value> gradient_stops_;
};

}  // namespace mlcompute
