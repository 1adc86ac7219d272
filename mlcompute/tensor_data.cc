#include "mlcompute/tensor_data.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "mlcompute/backend/huge_pages.h"
#include "mlcompute/error.h"

namespace mlcompute {

TensorData::TensorData(void* bytes, size_t length, bool is_mutable, std::shared_ptr<void> owner)
    : bytes_(bytes), length_(length), mutable_(is_mutable), owner_(std::move(owner)) {
  if (bytes == nullptr) throw InvalidArgument("tensor data without bytes");
}

std::shared_ptr<TensorData> TensorData::NoCopy(void* bytes, size_t length,
                                               std::shared_ptr<void> owner) {
  return std::shared_ptr<TensorData>(new TensorData(bytes, length, true, std::move(owner)));
}

std::shared_ptr<TensorData> TensorData::ImmutableNoCopy(const void* bytes, size_t length,
                                                        std::shared_ptr<void> owner) {
  return std::shared_ptr<TensorData>(
      new TensorData(const_cast<void*>(bytes), length, false, std::move(owner)));
}

std::shared_ptr<TensorData> TensorData::Allocate(size_t length) {
  constexpr size_t kAlignment = 64;
  const size_t rounded = (length / kAlignment + 1) * kAlignment;
  void* bytes = rounded > length ? AllocateLarge(kAlignment, rounded) : nullptr;
  if (bytes == nullptr) throw ResourceExhausted("no memory for ", length, " bytes of tensor data");
  return NoCopy(bytes, length, std::shared_ptr<void>(bytes, std::free));
}

std::shared_ptr<TensorData> TensorData::Copy(const void* bytes, size_t length) {
  std::shared_ptr<TensorData> data = Allocate(length);
  std::memcpy(data->mutable_bytes(), bytes, length);
  return data;
}

void* TensorData::mutable_bytes() {
  if (!mutable_) throw InvalidArgument("tensor data is immutable");
  return bytes_;
}

}  // namespace mlcompute
