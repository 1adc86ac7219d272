// mlcompute/apple/entry.cc: what mlcompute/backend/apple_library.h, and tools, find in this
// library.
#include <cstddef>
#include <cstring>
#include <string>

#include "mlcompute/apple/backend.h"
#include "mlcompute/apple/record.h"
#include "mlcompute/program/op.h"
#include "mlcompute/types.h"

#define MLC_APPLE_EXPORT extern "C" __attribute__((visibility("default")))

MLC_APPLE_EXPORT mlcompute::Backend* MlcAppleBackend(int op_count, int device) {
  using mlcompute::DeviceType;
  using mlcompute::apple::AppleBackend;
  if (op_count != mlcompute::kOpCount) return nullptr;
  const auto backend = [](DeviceType type) {
    return &mlcompute::apple::Recording(*new AppleBackend({type}));
  };
  static mlcompute::Backend* const backends[] = {
      backend(DeviceType::kCpu), backend(DeviceType::kGpu), backend(DeviceType::kAny),
      backend(DeviceType::kAne)};
  return backends[device];
}

// RecordText(); writes at most `size` bytes with a final NUL and returns the size needed.
MLC_APPLE_EXPORT size_t MlcAppleRecord(char* text, size_t size) {
  const std::string record = mlcompute::apple::RecordText();
  if (size > 0) {
    const size_t n = record.size() < size - 1 ? record.size() : size - 1;
    std::memcpy(text, record.data(), n);
    text[n] = '\0';
  }
  return record.size() + 1;
}
