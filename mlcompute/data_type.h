// mlcompute/data_type.h: element types of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mlcompute {

enum class DataType : uint8_t {
  kInvalid,
  kFloat32,
  kFloat16,
  kBFloat16,
  kFloat64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kBool,  // one byte, 0 or 1
};

// Bytes of one element; 0 for kInvalid.
size_t SizeOf(DataType type);

// "float32", "bfloat16", "int64", "bool", ...; "invalid" for kInvalid.
std::string_view Name(DataType type);

// The inverse of Name(); also takes MLCompute's spelling ("Float32", "Boolean"). kInvalid if
// unknown.
DataType DataTypeFromName(std::string_view name);

constexpr bool IsFloating(DataType t) {
  return t == DataType::kFloat32 || t == DataType::kFloat16 || t == DataType::kBFloat16 ||
         t == DataType::kFloat64;
}
constexpr bool IsSignedInteger(DataType t) {
  return t == DataType::kInt8 || t == DataType::kInt16 || t == DataType::kInt32 ||
         t == DataType::kInt64;
}
constexpr bool IsUnsignedInteger(DataType t) {
  return t == DataType::kUInt8 || t == DataType::kUInt16 || t == DataType::kUInt32 ||
         t == DataType::kUInt64;
}
constexpr bool IsInteger(DataType t) { return IsSignedInteger(t) || IsUnsignedInteger(t); }

}  // namespace mlcompute
