// mlcompute/philox.h: the counter-based random number generator Philox4x32-10.
//
// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11. TensorFlow's stateless
// random ops are defined by it, so that one seed gives the same numbers on every device.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "mlcompute/float16.h"

namespace mlcompute {

class Philox {
 public:
  using Block = std::array<uint32_t, 4>;
  using Key = std::array<uint32_t, 2>;

  Philox(Block counter, Key key) : counter_(counter), key_(key) {}
  // From TensorFlow's tensors: key[1], and counter of `counter_size` words of which two are used.
  Philox(const uint64_t* key, const uint64_t* counter, int64_t counter_size)
      : counter_{Low(counter[0]), High(counter[0]), counter_size > 1 ? Low(counter[1]) : 0,
                 counter_size > 1 ? High(counter[1]) : 0},
        key_{Low(key[0]), High(key[0])} {}

  // Moves on by `blocks` blocks.
  void Skip(uint64_t blocks) {
    const uint64_t low = uint64_t{counter_[1]} << 32 | counter_[0];
    const uint64_t sum = low + blocks;
    counter_[0] = Low(sum);
    counter_[1] = High(sum);
    if (sum < low && ++counter_[2] == 0) ++counter_[3];
  }

  // The block at the present place; moves on by one.
  Block Next() {
    Block x = counter_;
    Key key = key_;
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t{0xD2511F53} * x[0];
      const uint64_t b = uint64_t{0xCD9E8D57} * x[2];
      x = {High(b) ^ x[1] ^ key[0], Low(b), High(a) ^ x[3] ^ key[1], Low(a)};
      key[0] += 0x9E3779B9;
      key[1] += 0xBB67AE85;
    }
    Skip(1);
    return x;
  }

 private:
  static uint32_t Low(uint64_t v) { return static_cast<uint32_t>(v); }
  static uint32_t High(uint64_t v) { return static_cast<uint32_t>(v >> 32); }

  Block counter_;
  Key key_;
};

// Random bits to [0, 1): they become the mantissa of a number in [1, 2), less 1.
inline float UnitFloat(uint32_t bits) {
  const uint32_t u = 0x3f800000u | (bits & 0x7fffffu);
  float f;
  std::memcpy(&f, &u, sizeof f);
  return f - 1.0f;
}
inline Float16 UnitFloat16(uint32_t bits) {
  Float16 f;
  f.bits = static_cast<uint16_t>(0x3c00u | (bits & 0x3ffu));
  return Float16(static_cast<float>(f) - 1.0f);
}
inline BFloat16 UnitBFloat16(uint32_t bits) {
  BFloat16 f;
  f.bits = static_cast<uint16_t>(0x3f80u | (bits & 0x7fu));
  return BFloat16(static_cast<float>(f) - 1.0f);
}
inline double UnitDouble(uint32_t high, uint32_t low) {
  const uint64_t u = uint64_t{1023} << 52 | uint64_t{high & 0xfffffu} << 32 | low;
  double d;
  std::memcpy(&d, &u, sizeof d);
  return d - 1.0;
}

// Two independent standard normal numbers from uniform bits (Box and Muller 1958).
inline void BoxMuller(uint32_t x0, uint32_t x1, float out[2]) {
  constexpr float kSmallest = 1.0e-7f;  // keeps the logarithm finite
  const float u = std::fmax(UnitFloat(x0), kSmallest);
  const auto angle = static_cast<float>(2.0f * 3.14159265358979323846 * UnitFloat(x1));
  const float radius = std::sqrt(-2.0f * std::log(u));
  out[0] = std::sin(angle) * radius;
  out[1] = std::cos(angle) * radius;
}
inline void BoxMuller(uint32_t x0, uint32_t x1, uint32_t x2, uint32_t x3, double out[2]) {
  constexpr double kSmallest = 1.0e-7;
  const double u = std::fmax(UnitDouble(x0, x1), kSmallest);
  const double angle = 2.0 * 3.14159265358979323846 * UnitDouble(x2, x3);
  const double radius = std::sqrt(-2.0 * std::log(u));
  out[0] = std::sin(angle) * radius;
  out[1] = std::cos(angle) * radius;
}

}  // namespace mlcompute
