// mlcompute/portable/simd/philox.cc: the generator of philox.h, many blocks at a time.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

constexpr size_t kBlocks = 16;  // whose rounds are done side by side

void Philox(const uint32_t* counter, const uint32_t* key, uint32_t* y, size_t blocks) {
  const uint64_t low = uint64_t{counter[1]} << 32 | counter[0];
  const uint64_t high = uint64_t{counter[3]} << 32 | counter[2];
  for (size_t begin = 0; begin < blocks; begin += kBlocks) {
    uint32_t x[4][kBlocks];
    for (size_t i = 0; i < kBlocks; ++i) {
      const uint64_t sum = low + begin + i;
      const uint64_t top = high + (sum < low ? 1 : 0);
      x[0][i] = static_cast<uint32_t>(sum);
      x[1][i] = static_cast<uint32_t>(sum >> 32);
      x[2][i] = static_cast<uint32_t>(top);
      x[3][i] = static_cast<uint32_t>(top >> 32);
    }
    uint32_t k0 = key[0];
    uint32_t k1 = key[1];
    for (int round = 0; round < 10; ++round) {
      for (size_t i = 0; i < kBlocks; ++i) {
        const uint64_t a = uint64_t{0xD2511F53} * x[0][i];
        const uint64_t b = uint64_t{0xCD9E8D57} * x[2][i];
        x[0][i] = static_cast<uint32_t>(b >> 32) ^ x[1][i] ^ k0;
        x[1][i] = static_cast<uint32_t>(b);
        x[2][i] = static_cast<uint32_t>(a >> 32) ^ x[3][i] ^ k1;
        x[3][i] = static_cast<uint32_t>(a);
      }
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    const size_t count = HWY_MIN(kBlocks, blocks - begin);
    uint32_t* out = y + 4 * begin;
    for (size_t i = 0; i < count; ++i) {
      for (size_t k = 0; k < 4; ++k) out[4 * i + k] = x[k][i];
    }
  }
}

void UnitFloat(const uint32_t* bits, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t u = 0x3f800000u | (bits[i] & 0x7fffffu);
    float f;
    __builtin_memcpy(&f, &u, sizeof f);
    y[i] = f - 1.0f;
  }
}

}  // namespace

void FillPhilox(SpanTable* table) {
  table->philox = Philox;
  table->unit_float = UnitFloat;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
