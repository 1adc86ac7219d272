// mlcompute/reference/numbers.h: how sums are accumulated, and the ends of a type's range.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

#include "mlcompute/float16.h"

namespace mlcompute::reference {

// Sums of products: double for float and double, float for the 16-bit formats. Integers wrap
// around, which only unsigned arithmetic may do.
template <typename T>
using Accumulator =
    std::conditional_t<std::is_integral_v<T>, uint64_t,
                       std::conditional_t<std::is_floating_point_v<T>, double, float>>;

template <typename T>
Accumulator<T> Widen(T value) {
  return static_cast<Accumulator<T>>(value);
}

template <typename T>
constexpr bool IsHalf = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

// The largest finite value.
template <typename T>
T Highest() {
  if constexpr (IsHalf<T>) {
    T value;
    value.bits = std::is_same_v<T, Float16> ? 0x7bff : 0x7f7f;
    return value;
  } else {
    return std::numeric_limits<T>::max();
  }
}

template <typename T>
T Lowest() {
  if constexpr (IsHalf<T>) {
    return T(-static_cast<float>(Highest<T>()));
  } else {
    return std::numeric_limits<T>::lowest();
  }
}

}  // namespace mlcompute::reference
