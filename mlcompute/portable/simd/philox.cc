// mlcompute/portable/simd/philox.cc: the generator of philox.h, many blocks at a time.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

using DU = hn::ScalableTag<uint32_t>;
using VU = hn::Vec<DU>;
const DU du;

HWY_INLINE VU C(uint32_t value) { return hn::Set(du, value); }

// The halves of the 64-bit products of all lanes.
HWY_INLINE void Multiply(VU x, VU factor, VU* high, VU* low) {
  const hn::RepartitionToWide<DU> dw;
  const auto even = hn::MulEven(x, factor);
  const auto odd = hn::MulEven(hn::BitCast(du, hn::ShiftRight<32>(hn::BitCast(dw, x))), factor);
  *high = hn::OddEven(hn::BitCast(du, odd), hn::BitCast(du, hn::ShiftRight<32>(even)));
  *low = hn::OddEven(hn::BitCast(du, hn::ShiftLeft<32>(odd)), hn::BitCast(du, even));
}

// A block a lane: the words of one block lie in four vectors.
void Philox(const uint32_t* counter, const uint32_t* key, uint32_t* y, size_t blocks) {
  const size_t lanes = hn::Lanes(du);
  const uint64_t low = uint64_t{counter[1]} << 32 | counter[0];
  const uint64_t high = uint64_t{counter[3]} << 32 | counter[2];
  for (size_t begin = 0; begin < blocks; begin += lanes) {
    HWY_ALIGN uint32_t start[4][hn::MaxLanes(du)];
    for (size_t i = 0; i < lanes; ++i) {
      const uint64_t sum = low + begin + i;
      const uint64_t top = high + (sum < low ? 1 : 0);
      start[0][i] = static_cast<uint32_t>(sum);
      start[1][i] = static_cast<uint32_t>(sum >> 32);
      start[2][i] = static_cast<uint32_t>(top);
      start[3][i] = static_cast<uint32_t>(top >> 32);
    }
    VU x0 = hn::Load(du, start[0]);
    VU x1 = hn::Load(du, start[1]);
    VU x2 = hn::Load(du, start[2]);
    VU x3 = hn::Load(du, start[3]);
    uint32_t k0 = key[0];
    uint32_t k1 = key[1];
    for (int round = 0; round < 10; ++round) {
      VU a_high, a_low, b_high, b_low;
      Multiply(x0, C(0xD2511F53), &a_high, &a_low);
      Multiply(x2, C(0xCD9E8D57), &b_high, &b_low);
      x0 = hn::Xor(hn::Xor(b_high, x1), C(k0));
      x2 = hn::Xor(hn::Xor(a_high, x3), C(k1));
      x1 = b_low;
      x3 = a_low;
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    uint32_t* out = y + 4 * begin;
    if (begin + lanes <= blocks) {
      hn::StoreInterleaved4(x0, x1, x2, x3, du, out);
      continue;
    }
    HWY_ALIGN uint32_t rest[4 * hn::MaxLanes(du)];
    hn::StoreInterleaved4(x0, x1, x2, x3, du, rest);
    __builtin_memcpy(out, rest, 4 * (blocks - begin) * sizeof *out);
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
