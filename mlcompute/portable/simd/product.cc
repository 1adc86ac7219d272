// mlcompute/portable/simd/product.cc: products of small matrices on one thread.
#include <cstring>

#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

const D d;
constexpr size_t kVectors = 4;  // of a row of a tile
// Rows of a tile, by the registers that accumulate: 32 with AVX-512, else 16.
constexpr size_t kRows = HWY_TARGET <= HWY_AVX3 ? 6 : 3;

// R rows of one panel.
template <size_t R>
void Tile(const float* a, size_t lda, const float* b, const float* init, size_t ldi, float* c,
          size_t ldc, size_t k) {
  const size_t lanes = hn::Lanes(d);
  for (size_t column = 0; column < kPanel; column += kVectors * lanes) {
    V sum[R][kVectors];
    for (size_t r = 0; r < R; ++r) {
      for (size_t v = 0; v < kVectors; ++v) {
        sum[r][v] = hn::LoadU(d, init + r * ldi + column + v * lanes);
      }
    }
    const float* row = b + column;
    for (size_t i = 0; i < k; ++i, row += kPanel) {
      V right[kVectors];
      for (size_t v = 0; v < kVectors; ++v) right[v] = hn::LoadU(d, row + v * lanes);
      for (size_t r = 0; r < R; ++r) {
        const V left = hn::Set(d, a[r * lda + i]);
        for (size_t v = 0; v < kVectors; ++v) {
          sum[r][v] = hn::MulAdd(left, right[v], sum[r][v]);
        }
      }
    }
    for (size_t r = 0; r < R; ++r) {
      for (size_t v = 0; v < kVectors; ++v) {
        hn::StoreU(sum[r][v], d, c + r * ldc + column + v * lanes);
      }
    }
  }
}

using TileFunction = void (*)(const float*, size_t, const float*, const float*, size_t, float*,
                              size_t, size_t);
constexpr TileFunction kTiles[] = {nullptr, Tile<1>, Tile<2>, Tile<3>, Tile<4>, Tile<5>, Tile<6>};

void Product(const float* a, size_t lda, const float* b, const float* init, size_t ldi, float* c,
             size_t ldc, size_t m, size_t k, size_t n) {
  for (size_t column = 0; column < n; column += kPanel, b += k * kPanel) {
    const size_t width = n - column < kPanel ? n - column : kPanel;
    for (size_t row = 0; row < m; row += kRows) {
      const size_t rows = m - row < kRows ? m - row : kRows;
      const float* from = init + row * ldi + column;
      float* to = c + row * ldc + column;
      if (width == kPanel) {
        kTiles[rows](a + row * lda, lda, b, from, ldi, to, ldc, k);
        continue;
      }
      float padded[kRows][kPanel] = {};
      for (size_t r = 0; r < rows; ++r) {
        std::memcpy(padded[r], from + r * ldi, width * sizeof(float));
      }
      kTiles[rows](a + row * lda, lda, b, padded[0], kPanel, padded[0], kPanel, k);
      for (size_t r = 0; r < rows; ++r) {
        std::memcpy(to + r * ldc, padded[r], width * sizeof(float));
      }
    }
  }
}

}  // namespace

void FillProduct(SpanTable* table) { table->product = Product; }

}  // namespace mlcompute::portable::MLC_SIMD_ISA
