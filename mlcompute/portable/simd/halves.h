// mlcompute/portable/simd/halves.h: vectors of floats from elements of float32 or bfloat16
// (uint16_t), and back, rounding to nearest, ties to even.
#pragma once

#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {

using Halves = hn::Rebind<uint16_t, D>;
using Words = hn::RebindToUnsigned<D>;

HWY_INLINE V Widen(hn::Vec<Halves> x) {
  return hn::BitCast(D(), hn::ShiftLeft<16>(hn::PromoteTo(Words(), x)));
}

HWY_INLINE hn::Vec<Halves> Narrow(V v) {
  const Words d;
  const auto bits = hn::BitCast(d, v);
  const auto high = hn::ShiftRight<16>(bits);
  const auto odd = hn::And(high, hn::Set(d, 1u));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fffu))));
  const auto nan = hn::Or(high, hn::Set(d, 0x40u));
  return hn::TruncateTo(Halves(), hn::IfThenElse(hn::RebindMask(d, hn::IsNaN(v)), nan, rounded));
}

#if HWY_TARGET <= HWY_AVX3
// Narrow() by one instruction, of processors that have AVX512_BF16. It takes what is below
// float32's smallest normal number for 0.
HWY_INLINE hn::Vec<Halves> NarrowAtOnce(V v) {
  hn::Vec<Halves> y;
  asm("vcvtneps2bf16 %1, %0" : "=v"(y.raw) : "v"(v.raw));
  return y;
}
#endif

HWY_INLINE V LoadWide(const float* x) { return hn::LoadU(D(), x); }
HWY_INLINE V LoadWide(const uint16_t* x) { return Widen(hn::LoadU(Halves(), x)); }
// The first n lanes, fewer than all; the others are 0.
HWY_INLINE V LoadWide(const float* x, size_t n) { return LoadPart(D(), x, n); }
HWY_INLINE V LoadWide(const uint16_t* x, size_t n) { return Widen(LoadPart(Halves(), x, n)); }

HWY_INLINE void StoreNarrow(V v, float* y) { hn::StoreU(v, D(), y); }
HWY_INLINE void StoreNarrow(V v, uint16_t* y) { hn::StoreU(Narrow(v), Halves(), y); }
HWY_INLINE void StoreNarrow(V v, float* y, size_t n) { StorePart(v, D(), y, n); }
HWY_INLINE void StoreNarrow(V v, uint16_t* y, size_t n) { StorePart(Narrow(v), Halves(), y, n); }

}  // namespace mlcompute::portable::MLC_SIMD_ISA
