#include "mlcompute/tensor.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <utility>

#include "mlcompute/error.h"
#include "mlcompute/float16.h"
#include "mlcompute/program/program.h"

namespace mlcompute {
namespace {

uint64_t NextId() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

void CheckLength(const TensorDescriptor& descriptor, const TensorData& data) {
  const size_t needed = descriptor.tensor_allocation_size_in_bytes();
  if (data.length() < needed) {
    throw InvalidArgument("a tensor ", descriptor.type().ToString(), " needs ", needed,
                          " bytes, but its data have ", data.length());
  }
}

template <typename T>
bool AllFinite(const void* bytes, int64_t n) {
  const T* x = static_cast<const T*>(bytes);
  for (int64_t i = 0; i < n; ++i) {
    if (!std::isfinite(static_cast<float>(x[i]))) return false;
  }
  return true;
}

}  // namespace

Tensor::Tensor(TensorDescriptor descriptor)
    : id_(NextId()), descriptor_(std::move(descriptor)), label_("data" + std::to_string(id_)) {}

Tensor::Tensor(TensorDescriptor descriptor, std::shared_ptr<TensorData> data)
    : Tensor(std::move(descriptor)) {
  BindData(std::move(data));
}

Tensor::Tensor(const Tensor& other) : Tensor(other.descriptor_) { contents_ = other.contents(); }

TensorPtr Tensor::Filled(TensorDescriptor descriptor, double value) {
  // A program's constant rounds the value to the type.
  Program program;
  const std::byte* element = program.constant(program.AddScalar(descriptor.data_type(), value));
  const size_t size = SizeOf(descriptor.data_type());
  std::shared_ptr<TensorData> data =
      TensorData::Allocate(descriptor.tensor_allocation_size_in_bytes());
  auto* bytes = static_cast<std::byte*>(data->mutable_bytes());
  for (size_t i = 0; i < data->length(); i += size) std::memcpy(bytes + i, element, size);
  return std::make_shared<Tensor>(std::move(descriptor), std::move(data));
}

std::string Tensor::label() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return label_;
}

void Tensor::set_label(std::string label) {
  const std::lock_guard<std::mutex> lock(mutex_);
  label_ = std::move(label);
}

std::shared_ptr<const Device> Tensor::device() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return device_;
}

Tensor::Contents Tensor::contents() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return contents_;
}

void Tensor::CopyData(void* bytes, size_t length) const {
  const Contents held = contents();
  if (!held.data) throw InvalidArgument("tensor ", ToString(), " holds no data");
  const size_t size = TensorType{descriptor_.data_type(), held.shape}.bytes();
  if (length < size) {
    throw InvalidArgument("tensor ", ToString(), " holds ", size, " bytes, more than the ", length,
                          " there is room for");
  }
  std::memcpy(bytes, held.data->bytes(), size);
}

void Tensor::BindData(std::shared_ptr<TensorData> data, std::shared_ptr<const Device> device) {
  if (!data) throw InvalidArgument("no data to bind to tensor ", ToString());
  CheckLength(descriptor_, *data);
  Deliver({std::move(data), descriptor_.shape()}, std::move(device));
}

std::shared_ptr<TensorData> Tensor::Deliver(Contents contents,
                                            std::shared_ptr<const Device> device) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::swap(contents_, contents);
  device_ = std::move(device);
  return std::move(contents.data);
}

bool Tensor::has_valid_numerics() const {
  const Contents held = contents();
  if (!held.data) return true;
  const void* bytes = held.data->bytes();
  const int64_t n = held.shape.elements();
  switch (descriptor_.data_type()) {
    case DataType::kFloat32:
      return AllFinite<float>(bytes, n);
    case DataType::kFloat16:
      return AllFinite<Float16>(bytes, n);
    case DataType::kBFloat16:
      return AllFinite<BFloat16>(bytes, n);
    default:
      return true;
  }
}

std::string Tensor::ToString() const { return label() + " " + type().ToString(); }

}  // namespace mlcompute
