// mlcompute/tensor_data.h: bytes that tensors read and write (MLCTensorData).
#pragma once

#include <cstddef>
#include <memory>

namespace mlcompute {

class TensorData {
 public:
  // Somebody else's bytes. They must live as long as this object; `owner`, if given, sees to that
  // by being kept.
  static std::shared_ptr<TensorData> NoCopy(void* bytes, size_t length,
                                            std::shared_ptr<void> owner = nullptr);
  // The same for bytes that the library may not write.
  static std::shared_ptr<TensorData> ImmutableNoCopy(const void* bytes, size_t length,
                                                     std::shared_ptr<void> owner = nullptr);
  static std::shared_ptr<TensorData> Copy(const void* bytes, size_t length);
  // Bytes of our own, aligned to 64, not initialized. Throws Error(kResourceExhausted).
  static std::shared_ptr<TensorData> Allocate(size_t length);

  TensorData(const TensorData&) = delete;
  TensorData& operator=(const TensorData&) = delete;

  const void* bytes() const { return bytes_; }
  size_t length() const { return length_; }
  bool is_mutable() const { return mutable_; }
  // Throws Error(kInvalidArgument) if the bytes are immutable.
  void* mutable_bytes();

 private:
  TensorData(void* bytes, size_t length, bool is_mutable, std::shared_ptr<void> owner);

  void* const bytes_;
  const size_t length_;
  const bool mutable_;
  const std::shared_ptr<void> owner_;
};

}  // namespace mlcompute
