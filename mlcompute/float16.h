// mlcompute/float16.h: the two 16-bit float formats as storage types.
//
// Arithmetic on them is done in float: both convert implicitly to float and from it with rounding
// to nearest, ties to even (IEEE 754; bfloat16 is float with the low 16 bits of mantissa cut).
#pragma once

#include <cstdint>
#include <cstring>

namespace mlcompute {

struct BFloat16 {
  uint16_t bits = 0;

  BFloat16() = default;
  BFloat16(float value) {  // NOLINT: implicit by design
    uint32_t u;
    std::memcpy(&u, &value, sizeof u);
    if ((u & 0x7fffffffu) > 0x7f800000u) {
      bits = static_cast<uint16_t>((u >> 16) | 0x40u);  // keep NaN a NaN
    } else {
      bits = static_cast<uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
    }
  }
  operator float() const {  // NOLINT: implicit by design
    const uint32_t u = static_cast<uint32_t>(bits) << 16;
    float value;
    std::memcpy(&value, &u, sizeof value);
    return value;
  }
};

struct Float16 {
  uint16_t bits = 0;

  Float16() = default;
  Float16(float value) {  // NOLINT: implicit by design
    uint32_t u;
    std::memcpy(&u, &value, sizeof u);
    const uint32_t sign = (u >> 16) & 0x8000u;
    u &= 0x7fffffffu;
    if (u > 0x7f800000u) {
      bits = static_cast<uint16_t>(sign | 0x7e00u);
    } else if (u >= 0x477ff000u) {  // rounds to 65536 or more
      bits = static_cast<uint16_t>(sign | 0x7c00u);
    } else if (u < 0x38800000u) {  // subnormal half: let the float adder round
      float magnitude;
      std::memcpy(&magnitude, &u, sizeof magnitude);
      magnitude += 0.5f;  // ulp(0.5f) is 2^-24, the smallest half
      uint32_t m;
      std::memcpy(&m, &magnitude, sizeof m);
      bits = static_cast<uint16_t>(sign | (m - 0x3f000000u));
    } else {
      const uint32_t rounded = u - 0x38000000u + 0xfffu + ((u >> 13) & 1u);
      bits = static_cast<uint16_t>(sign | (rounded >> 13));
    }
  }
  operator float() const {  // NOLINT: implicit by design
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000u) << 16;
    const uint32_t rest = bits & 0x7fffu;
    uint32_t u;
    float value;
    if (rest >= 0x7c00u) {
      u = sign | 0x7f800000u | ((rest & 0x3ffu) << 13);
      std::memcpy(&value, &u, sizeof value);
      return value;
    }
    u = (rest << 13);
    std::memcpy(&value, &u, sizeof value);
    value *= 5.192296858534828e33f;  // 2^112 moves the exponent bias from 15 to 127
    std::memcpy(&u, &value, sizeof u);
    u |= sign;
    std::memcpy(&value, &u, sizeof value);
    return value;
  }
};

static_assert(sizeof(BFloat16) == 2 && sizeof(Float16) == 2);

}  // namespace mlcompute
