#include "tf_mlc_plugin/loop/loop_value.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "mlcompute/error.h"
#include "tf_mlc_plugin/loop/buffer_pool.h"

namespace tf_mlc {

using mlcompute::DataType;
using mlcompute::Shape;

LoopValue NewTensor(std::shared_ptr<const TensorType> type) {
  LoopValue value;
  value.own_buffer = PooledBuffer(type->bytes());
  value.data = value.own_buffer.get();
  value.type = std::move(type);
  return value;
}

LoopValue Zeros(const TensorType& type) {
  LoopValue value = NewTensor(std::make_shared<TensorType>(type));
  std::memset(value.own_buffer.get(), 0, type.bytes());
  return value;
}

void ReadShape(const LoopValue& shape, bool* any_rank, std::vector<int64_t>* dims) {
  *any_rank = shape.type->shape.rank() == 0;
  dims->clear();
  if (*any_rank) return;
  const int64_t count = shape.type->elements();
  for (int64_t i = 0; i < count; ++i) {
    const std::byte* at = shape.data + static_cast<size_t>(i) * SizeOf(shape.type->dtype);
    if (shape.type->dtype == DataType::kInt32) {
      int32_t dim;
      std::memcpy(&dim, at, sizeof dim);
      dims->push_back(dim);
    } else {
      int64_t dim;
      std::memcpy(&dim, at, sizeof dim);
      dims->push_back(dim);
    }
  }
}

LoopValue UnsetElement(const LoopList& list, const LoopValue& wanted) {
  for (const LoopValue& other : list.elements) {
    if (other.is_tensor()) return Zeros(*other.type);
  }
  const auto known = [](bool any_rank, const std::vector<int64_t>& dims) {
    return !any_rank && std::all_of(dims.begin(), dims.end(), [](int64_t d) { return d >= 0; });
  };
  bool any_rank = true;
  std::vector<int64_t> dims;
  ReadShape(wanted, &any_rank, &dims);
  if (known(any_rank, dims)) return Zeros({list.dtype, Shape(dims)});
  if (known(list.any_rank, list.element_dims)) return Zeros({list.dtype, Shape(list.element_dims)});
  throw mlcompute::InvalidArgument(
      "an element of a list is read that was never set, and its shape is not known; set it, or "
      "give the list an element_shape without unknown axes");
}

}  // namespace tf_mlc
