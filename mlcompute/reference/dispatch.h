// mlcompute/reference/dispatch.h: from a DataType to a C++ type.
#pragma once

#include <cstdint>
#include <type_traits>

#include "mlcompute/data_type.h"
#include "mlcompute/error.h"
#include "mlcompute/float16.h"

namespace mlcompute::reference {

template <typename T>
struct Tag {
  using type = T;
};

// Calls body(Tag<T>()) with the C++ type that stores `dtype`.
template <typename Body>
void DispatchAll(DataType dtype, const Body& body) {
  switch (dtype) {
    case DataType::kFloat32:
      return body(Tag<float>());
    case DataType::kFloat16:
      return body(Tag<Float16>());
    case DataType::kBFloat16:
      return body(Tag<BFloat16>());
    case DataType::kFloat64:
      return body(Tag<double>());
    case DataType::kInt8:
      return body(Tag<int8_t>());
    case DataType::kInt16:
      return body(Tag<int16_t>());
    case DataType::kInt32:
      return body(Tag<int32_t>());
    case DataType::kInt64:
      return body(Tag<int64_t>());
    case DataType::kUInt8:
      return body(Tag<uint8_t>());
    case DataType::kUInt16:
      return body(Tag<uint16_t>());
    case DataType::kUInt32:
      return body(Tag<uint32_t>());
    case DataType::kUInt64:
      return body(Tag<uint64_t>());
    case DataType::kBool:
      return body(Tag<bool>());
    case DataType::kInvalid:
      break;
  }
  throw Internal("an operation on type ", Name(dtype));
}

template <typename Body>
void DispatchFloats(DataType dtype, const Body& body) {
  switch (dtype) {
    case DataType::kFloat32:
      return body(Tag<float>());
    case DataType::kFloat16:
      return body(Tag<Float16>());
    case DataType::kBFloat16:
      return body(Tag<BFloat16>());
    case DataType::kFloat64:
      return body(Tag<double>());
    default:
      break;
  }
  throw Internal("a floating-point operation on type ", Name(dtype));
}

template <typename Body>
void DispatchIntegers(DataType dtype, const Body& body) {
  switch (dtype) {
    case DataType::kInt8:
      return body(Tag<int8_t>());
    case DataType::kInt16:
      return body(Tag<int16_t>());
    case DataType::kInt32:
      return body(Tag<int32_t>());
    case DataType::kInt64:
      return body(Tag<int64_t>());
    case DataType::kUInt8:
      return body(Tag<uint8_t>());
    case DataType::kUInt16:
      return body(Tag<uint16_t>());
    case DataType::kUInt32:
      return body(Tag<uint32_t>());
    case DataType::kUInt64:
      return body(Tag<uint64_t>());
    default:
      break;
  }
  throw Internal("an integer operation on type ", Name(dtype));
}

template <typename Body>
void DispatchNumbers(DataType dtype, const Body& body) {
  if (IsFloating(dtype)) {
    DispatchFloats(dtype, body);
  } else {
    DispatchIntegers(dtype, body);
  }
}

// The type arithmetic is done in: float for the 16-bit formats, else the type itself.
template <typename T>
using Compute =
    std::conditional_t<std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>, float, T>;

}  // namespace mlcompute::reference
