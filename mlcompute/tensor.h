// mlcompute/tensor.h: a value of graphs (MLCTensor).
//
// A tensor without data is a graph's input or a layer's result; one with data is a parameter or a
// constant. An execution gives result tensors their data.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mlcompute/device.h"
#include "mlcompute/tensor_data.h"
#include "mlcompute/tensor_descriptor.h"

namespace mlcompute {

class Tensor;
using TensorPtr = std::shared_ptr<Tensor>;

class Tensor {
 public:
  // What a tensor holds: `shape` is its descriptor's, or has fewer rows after the execution of a
  // partial batch.
  struct Contents {
    std::shared_ptr<TensorData> data;  // null when there is none
    Shape shape;
  };

  explicit Tensor(TensorDescriptor descriptor);
  // Throws Error(kInvalidArgument) if `data` is shorter than the tensor; it may be longer.
  Tensor(TensorDescriptor descriptor, std::shared_ptr<TensorData> data);
  // A copy has its own id and label, shares the data and is on no device.
  Tensor(const Tensor& other);
  Tensor& operator=(const Tensor&) = delete;

  // A tensor whose elements are all `value`.
  static TensorPtr Filled(TensorDescriptor descriptor, double value);

  // A floating-point tensor of random elements; Platform's seed decides which. Uniform: in [0, 1).
  // GlorotUniform: in +-sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010). Xavier: normal, with
  // deviation sqrt(1 / (2 (fan_in + fan_out))). The fans are the descriptor's.
  static TensorPtr Random(TensorDescriptor descriptor, RandomInitializerType type);

  uint64_t id() const { return id_; }  // counts the process's tensors, from 1
  const TensorDescriptor& descriptor() const { return descriptor_; }
  const TensorType& type() const { return descriptor_.type(); }

  // "data<id>" until it is set.
  std::string label() const;
  void set_label(std::string label);

  // The device of the graph that last gave this tensor its data.
  std::shared_ptr<const Device> device() const;

  Contents contents() const;
  bool has_data() const { return contents().data != nullptr; }

  // Copies the elements held into `bytes`. Throws Error(kInvalidArgument) when there are none, or
  // more of them than `length` bytes.
  void CopyData(void* bytes, size_t length) const;

  // Reads from `data` from now on, as parameters do when they are bound anew. The same conditions
  // as for the constructor.
  void BindData(std::shared_ptr<TensorData> data, std::shared_ptr<const Device> device = nullptr);

  // Training gives a parameter a new value: graphs see it from now on, the data that the tensor was
  // given do not.
  void Update(std::shared_ptr<TensorData> data, std::shared_ptr<const Device> device);
  // Copies the value into the data that the tensor was given, which it holds again from then on. If
  // those are immutable they stay as they are and the tensor keeps its own.
  void Synchronize();

  // What an optimizer keeps for this parameter, in its order; empty before the first update.
  std::vector<std::shared_ptr<TensorData>> optimizer_data() const;
  // Data to start with, each as long as the tensor. Throws Error(kInvalidArgument) for shorter
  // ones.
  void BindOptimizerData(std::vector<std::shared_ptr<TensorData>> data);
  void UpdateOptimizerData(size_t index, std::shared_ptr<TensorData> data);
  // Copies the state into the data that were bound, those that are mutable.
  void SynchronizeOptimizerData();

  // No NaN and no infinity; true when there are no data.
  bool has_valid_numerics() const;

  // Gives the tensor the result of an execution, returns what it held.
  std::shared_ptr<TensorData> Deliver(Contents contents, std::shared_ptr<const Device> device);

  std::string ToString() const;  // "data4 float32[6,1]"

 private:
  const uint64_t id_;
  const TensorDescriptor descriptor_;
  mutable std::mutex mutex_;  // guards what follows: results arrive on the executing thread
  std::string label_;
  Contents contents_;
  std::shared_ptr<TensorData> given_;  // before an update; null when contents_ holds it
  std::shared_ptr<const Device> device_;
  std::vector<std::shared_ptr<TensorData>> optimizer_data_;
  std::vector<std::shared_ptr<TensorData>> given_optimizer_data_;
};

}  // namespace mlcompute
