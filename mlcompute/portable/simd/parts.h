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
void FillFoldFloat(SpanTable* table);
void FillFoldInteger(SpanTable* table);
void FillSoftmax(SpanTable* table);
void FillTranspose(SpanTable* table);

// y[i] = f(x[i]). The last partial vector goes through a padded copy, so that f sees whole vectors.
template <typename F>
HWY_INLINE void MapUnary(const float* x, float* y, size_t n, const F& f) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(f(hn::LoadU(d, x + i)), d, y + i);
  if (i == n) return;
  HWY_ALIGN float in[hn::MaxLanes(d)] = {};
  HWY_ALIGN float out[hn::MaxLanes(d)];
  for (size_t k = 0; i + k < n; ++k) in[k] = x[i + k];
  hn::Store(f(hn::Load(d, in)), d, out);
  for (size_t k = 0; i + k < n; ++k) y[i + k] = out[k];
}

template <typename F>
HWY_INLINE void MapBinary(const float* a, const float* b, float* y, size_t n, const F& f) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(f(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  }
  if (i == n) return;
  HWY_ALIGN float in[2][hn::MaxLanes(d)] = {};
  HWY_ALIGN float out[hn::MaxLanes(d)];
  for (size_t k = 0; i + k < n; ++k) {
    in[0][k] = a[i + k];
    in[1][k] = b[i + k];
  }
  hn::Store(f(hn::Load(d, in[0]), hn::Load(d, in[1])), d, out);
  for (size_t k = 0; i + k < n; ++k) y[i + k] = out[k];
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
