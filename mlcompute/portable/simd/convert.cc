// mlcompute/portable/simd/convert.cc: the 16-bit float formats to float32 and back, rounding to
// nearest, ties to even.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// Integer arithmetic on the bits, written so that compilers vectorise it: the plain expressions of
// float16.h, which may not be used here (see table.h).

HWY_INLINE void WidenBFloat16(const uint16_t* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t u = static_cast<uint32_t>(x[i]) << 16;
    __builtin_memcpy(&y[i], &u, sizeof u);
  }
}

void FromBFloat16(const uint16_t* x, float* y, size_t n) {
  constexpr size_t kLine = 32;     // elements
  constexpr size_t kAhead = 1024;  // the processor's own prefetchers stop at each page
  size_t i = 0;
  for (; i + kLine <= n; i += kLine) {
    __builtin_prefetch(x + i + kAhead);
    WidenBFloat16(x + i, y + i, kLine);
  }
  WidenBFloat16(x + i, y + i, n - i);
}

void ToBFloat16(const float* x, uint16_t* y, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    uint32_t u;
    __builtin_memcpy(&u, &x[i], sizeof u);
    const uint32_t nan = (u >> 16) | 0x40u;
    const uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
    y[i] = static_cast<uint16_t>((u & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
  }
}

constexpr size_t kRowsAhead = 16;

using Pairs = hn::RebindToUnsigned<D>;
using Singles = hn::Rebind<uint16_t, D>;

HWY_INLINE void PairVector(hn::Vec<Singles> low, hn::Vec<Singles> high, float* to) {
  const Pairs d;
  const auto second = hn::ShiftLeft<16>(hn::PromoteTo(d, high));
  hn::StoreU(hn::BitCast(D(), hn::Or(hn::PromoteTo(d, low), second)), D(), to);
}

void PairRows(const uint16_t* x, size_t row, size_t rows, size_t columns, float* to,
              size_t to_row) {
  const Singles d;
  const size_t lanes = hn::Lanes(d);
  const size_t whole = columns - columns % lanes;
  for (size_t i = 0; i < rows; i += 2, to += to_row) {
    const uint16_t* const low = x + i * row;
    const bool is_pair = i + 1 < rows;
    const uint16_t* const high = is_pair ? low + row : low;
    if (is_pair) {
      for (size_t j = 0; j < whole; j += lanes) {
        __builtin_prefetch(low + j + kRowsAhead * row);
        __builtin_prefetch(high + j + kRowsAhead * row);
        PairVector(hn::LoadU(d, low + j), hn::LoadU(d, high + j), to + j);
      }
    } else {
      for (size_t j = 0; j < whole; j += lanes) {
        PairVector(hn::LoadU(d, low + j), hn::Zero(d), to + j);
      }
    }
    if (whole == columns) continue;
    const auto rest = [&](const uint16_t* from)
                          HWY_ATTR { return LoadPart(d, from + whole, columns - whole); };
    PairVector(rest(low), is_pair ? rest(high) : hn::Zero(d), to + whole);
  }
}

#if HWY_TARGET <= HWY_AVX2  // these have instructions for it

void FromFloat16(const uint16_t* x, float* y, size_t n) {
  const D d;
  const hn::Rebind<hwy::float16_t, D> dh;
  const auto* halves = reinterpret_cast<const hwy::float16_t*>(x);
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::PromoteTo(d, hn::LoadU(dh, halves + i)), d, y + i);
  }
  if (i == n) return;
  HWY_ALIGN hwy::float16_t part[hn::MaxLanes(d)] = {};
  __builtin_memcpy(part, halves + i, (n - i) * sizeof *x);
  StorePart(hn::PromoteTo(d, hn::Load(dh, part)), d, y + i, n - i);
}

void ToFloat16(const float* x, uint16_t* y, size_t n) {
  const D d;
  const hn::Rebind<hwy::float16_t, D> dh;
  auto* halves = reinterpret_cast<hwy::float16_t*>(y);
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::DemoteTo(dh, hn::LoadU(d, x + i)), dh, halves + i);
  }
  if (i == n) return;
  HWY_ALIGN hwy::float16_t part[hn::MaxLanes(d)];
  hn::Store(hn::DemoteTo(dh, LoadPart(d, x + i, n - i)), dh, part);
  __builtin_memcpy(halves + i, part, (n - i) * sizeof *y);
}

#else

void FromFloat16(const uint16_t* x, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const uint32_t sign = static_cast<uint32_t>(x[i] & 0x8000u) << 16;
    const uint32_t rest = x[i] & 0x7fffu;
    const uint32_t shifted = rest << 13;
    float scaled;
    __builtin_memcpy(&scaled, &shifted, sizeof scaled);
    scaled *= 5.192296858534828e33f;  // 2^112 moves the exponent bias from 15 to 127
    uint32_t finite;
    __builtin_memcpy(&finite, &scaled, sizeof finite);
    const uint32_t special = 0x7f800000u | shifted;
    const uint32_t u = sign | (rest >= 0x7c00u ? special : finite);
    __builtin_memcpy(&y[i], &u, sizeof u);
  }
}

void ToFloat16(const float* x, uint16_t* y, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    uint32_t u;
    __builtin_memcpy(&u, &x[i], sizeof u);
    const uint32_t sign = (u >> 16) & 0x8000u;
    u &= 0x7fffffffu;
    float magnitude;
    __builtin_memcpy(&magnitude, &u, sizeof u);
    magnitude += 0.5f;  // rounds what is subnormal as a half: ulp(0.5f) is 2^-24, the smallest half
    uint32_t m;
    __builtin_memcpy(&m, &magnitude, sizeof m);
    const uint32_t subnormal = m - 0x3f000000u;
    const uint32_t normal = (u - 0x38000000u + 0xfffu + ((u >> 13) & 1u)) >> 13;
    uint32_t bits = u < 0x38800000u ? subnormal : normal;
    bits = u >= 0x477ff000u ? 0x7c00u : bits;  // rounds to 65536 or more
    bits = u > 0x7f800000u ? 0x7e00u : bits;
    y[i] = static_cast<uint16_t>(sign | bits);
  }
}

#endif

}  // namespace

void FillConvert(SpanTable* table) {
  table->from_bfloat16 = FromBFloat16;
  table->to_bfloat16 = ToBFloat16;
  table->pair_rows = PairRows;
  table->from_float16 = FromFloat16;
  table->to_float16 = ToFloat16;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
