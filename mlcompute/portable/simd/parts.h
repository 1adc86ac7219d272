// mlcompute/portable/simd/parts.h: what the files of this folder share. Included by them alone.
#pragma once

#include <hwy/highway.h>

#include "mlcompute/portable/simd/table.h"

#ifndef MLC_SIMD_ISA
#error "MLC_SIMD_ISA names the instruction set this file is compiled for"
#endif

namespace mlcompute::portable::MLC_SIMD_ISA {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// The parts of the table, one function a file.
void FillUnary(SpanTable* table);
void FillMath(SpanTable* table);
void FillBinary(SpanTable* table);
void FillConvert(SpanTable* table);
void FillDepthwise(SpanTable* table);
void FillFoldFloat(SpanTable* table);
void FillFoldInteger(SpanTable* table);
void FillMoments(SpanTable* table);
void FillSoftmax(SpanTable* table);
void FillTranspose(SpanTable* table);
void FillPower(SpanTable* table);
void FillTyped(SpanTable* table);
void FillPhilox(SpanTable* table);
void FillArg(SpanTable* table);
void FillProduct(SpanTable* table);
void FillRecurrent(SpanTable* table);
void FillWindow(SpanTable* table);
void FillWinograd(SpanTable* table);

// The first n lanes, fewer than all of a vector; the others are 0.
template <typename DT, typename T>
HWY_INLINE hn::Vec<DT> LoadPart(DT d, const T* x, size_t n) {
#if HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, n), d, x);
#else
  HWY_ALIGN T part[hn::MaxLanes(d)] = {};
  for (size_t k = 0; k < n; ++k) part[k] = x[k];
  return hn::Load(d, part);
#endif
}

template <typename DT, typename T>
HWY_INLINE void StorePart(hn::Vec<DT> v, DT d, T* y, size_t n) {
#if HWY_TARGET <= HWY_AVX2
  hn::BlendedStore(v, hn::FirstN(d, n), d, y);
#else
  HWY_ALIGN T part[hn::MaxLanes(d)];
  hn::Store(v, d, part);
  for (size_t k = 0; k < n; ++k) y[k] = part[k];
#endif
}

// y[i] = f(x[i]). f sees whole vectors, the last of which may be padded with zeros.
template <typename F>
HWY_INLINE void MapUnary(const float* x, float* y, size_t n, const F& f) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, x + i)), d, y + i);
  if (i < n) StorePart(f(LoadPart(d, x + i, n - i)), d, y + i, n - i);
}

template <typename F>
HWY_INLINE void MapBinary(const float* a, const float* b, float* y, size_t n, const F& f) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(f(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  }
  if (i < n) {
    StorePart(f(LoadPart(d, a + i, n - i), LoadPart(d, b + i, n - i)), d, y + i, n - i);
  }
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
