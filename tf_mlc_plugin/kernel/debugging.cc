#include "tf_mlc_plugin/kernel/debugging.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>

#include "mlcompute/float16.h"

namespace tf_mlc {
namespace {

std::optional<double> ReadInitValue() {
  const char* text = std::getenv("TF_MLC_ALLOCATOR_INIT_VALUE");
  if (!text || !*text) return {};
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (*end == '\0') return value;
  std::fprintf(stderr, "tf_mlc_plugin: TF_MLC_ALLOCATOR_INIT_VALUE=\"%s\" is not a number.\n",
               text);
  return {};
}

template <typename T>
void Fill(void* data, size_t bytes, T value) {
  auto* elements = static_cast<T*>(data);
  std::fill(elements, elements + bytes / sizeof(T), value);
}

// The whole part, or the nearest number that T has; 0 of a NaN.
template <typename T>
T Whole(double value) {
  if (!(value == value)) return 0;
  constexpr double kLow = static_cast<double>(std::numeric_limits<T>::min());
  constexpr double kHigh = static_cast<double>(std::numeric_limits<T>::max());
  if (value <= kLow) return std::numeric_limits<T>::min();
  if (value >= kHigh) return std::numeric_limits<T>::max();
  return static_cast<T>(value);
}

}  // namespace

bool LoggingIsOn() {
  static const bool on = [] {
    const char* value = std::getenv("TF_MLC_LOGGING");
    return value && *value && std::strcmp(value, "0") != 0;
  }();
  return on;
}

void WriteLog(const std::string& line) {
  std::fprintf(stderr, "tf_mlc_plugin: %s\n", line.c_str());
}

void FillFresh(TF_DataType type, void* data, size_t bytes) {
  static const std::optional<double> value = ReadInitValue();
  if (!value || !data) return;
  const double v = *value;
  switch (type) {
    case TF_FLOAT:
      return Fill(data, bytes, static_cast<float>(v));
    case TF_DOUBLE:
      return Fill(data, bytes, v);
    case TF_HALF:
      return Fill(data, bytes, mlcompute::Float16(static_cast<float>(v)));
    case TF_BFLOAT16:
      return Fill(data, bytes, mlcompute::BFloat16(static_cast<float>(v)));
    case TF_INT8:
      return Fill(data, bytes, Whole<int8_t>(v));
    case TF_INT16:
      return Fill(data, bytes, Whole<int16_t>(v));
    case TF_INT32:
      return Fill(data, bytes, Whole<int32_t>(v));
    case TF_INT64:
      return Fill(data, bytes, Whole<int64_t>(v));
    case TF_UINT8:
      return Fill(data, bytes, Whole<uint8_t>(v));
    case TF_UINT16:
      return Fill(data, bytes, Whole<uint16_t>(v));
    case TF_UINT32:
      return Fill(data, bytes, Whole<uint32_t>(v));
    case TF_UINT64:
      return Fill(data, bytes, Whole<uint64_t>(v));
    case TF_BOOL:
      return Fill(data, bytes, static_cast<uint8_t>(v != 0));
    default:
      return;
  }
}

}  // namespace tf_mlc
