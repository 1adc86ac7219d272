// tf_mlc_plugin/loop/loop_value.h: what the nodes of a loop give each other.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "mlcompute/shape.h"

namespace tf_mlc {

using mlcompute::TensorType;

struct LoopList;

// A tensor, or a list of tensors (a TensorList of TensorFlow). Copies share their contents, which
// do not change; who holds the only one may use the buffer again.
struct LoopValue {
  std::shared_ptr<const TensorType> type;  // null: a list, or no value
  const std::byte* data = nullptr;
  std::shared_ptr<const void> owner;      // keeps `data`
  std::shared_ptr<std::byte> own_buffer;  // `data`, when it is a buffer of the pool
  std::shared_ptr<LoopList> list;

  bool is_tensor() const { return type != nullptr; }
};

// A fresh tensor, not filled.
LoopValue NewTensor(std::shared_ptr<const TensorType> type);
LoopValue Zeros(const TensorType& type);

struct LoopList {
  mlcompute::DataType dtype = mlcompute::DataType::kInvalid;
  // Of every element; -1 for an unknown axis. `any_rank`: nothing is known.
  bool any_rank = true;
  std::vector<int64_t> element_dims;
  std::vector<LoopValue> elements;  // those never set have no value
};

// The value of an element that was never set, as TensorFlow gives it: zeros of the shape that
// `list`, its other elements or `wanted` (a shape tensor; -1 for unknown axes) know. Throws
// Error(kInvalidArgument) when none of them knows all of it.
LoopValue UnsetElement(const LoopList& list, const LoopValue& wanted);

// Reads a shape tensor of int32 or int64: a vector, or a scalar -1 for an unknown rank.
void ReadShape(const LoopValue& shape, bool* any_rank, std::vector<int64_t>* dims);

}  // namespace tf_mlc
