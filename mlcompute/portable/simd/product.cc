// mlcompute/portable/simd/product.cc: products of small matrices on one thread.
#include <cstring>

#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

const D d;
// Rows of a tile, by the registers that accumulate: 32 with AVX-512, else 16.
constexpr size_t kRows = HWY_TARGET <= HWY_AVX3 ? 6 : 3;

// R rows of `width` columns, kWide vectors at a time.
template <size_t R, size_t kWide>
void Tile(const float* a, size_t a_row, size_t a_column, const float* b, size_t ldb,
          const float* init, size_t ldi, float* c, size_t ldc, size_t k, size_t width) {
  const size_t lanes = hn::Lanes(d);
  for (size_t column = 0; column < width; column += kWide * lanes) {
    V sum[R][kWide];
    for (size_t r = 0; r < R; ++r) {
      for (size_t v = 0; v < kWide; ++v) {
        sum[r][v] = init ? hn::LoadU(d, init + r * ldi + column + v * lanes) : hn::Zero(d);
      }
    }
    const float* row = b + column;
    const float* left = a;
    for (size_t i = 0; i < k; ++i, row += ldb, left += a_column) {
      V right[kWide];
      for (size_t v = 0; v < kWide; ++v) right[v] = hn::LoadU(d, row + v * lanes);
      for (size_t r = 0; r < R; ++r) {
        const V factor = hn::Set(d, left[r * a_row]);
        for (size_t v = 0; v < kWide; ++v) {
          sum[r][v] = hn::MulAdd(factor, right[v], sum[r][v]);
        }
      }
    }
    for (size_t r = 0; r < R; ++r) {
      for (size_t v = 0; v < kWide; ++v) {
        hn::StoreU(sum[r][v], d, c + r * ldc + column + v * lanes);
      }
    }
  }
}

using TileFunction = void (*)(const float*, size_t, size_t, const float*, size_t, const float*,
                              size_t, float*, size_t, size_t, size_t);
constexpr TileFunction kTiles[] = {nullptr,    Tile<1, 4>, Tile<2, 4>, Tile<3, 4>,
                                   Tile<4, 4>, Tile<5, 4>, Tile<6, 4>};
#if HWY_TARGET <= HWY_AVX3
// Half as wide and twice as high: as many sums in registers.
constexpr TileFunction kNarrowTiles[] = {
    nullptr,    Tile<1, 2>, Tile<2, 2>, Tile<3, 2>,  Tile<4, 2>,  Tile<5, 2>, Tile<6, 2>,
    Tile<7, 2>, Tile<8, 2>, Tile<9, 2>, Tile<10, 2>, Tile<11, 2>, Tile<12, 2>};
constexpr size_t kNarrowRows = 12;
#else
constexpr const TileFunction* kNarrowTiles = kTiles;
constexpr size_t kNarrowRows = kRows;
#endif

// c = init + a b for one panel of n columns, of which b has as many as are multiplied: kPanel or
// kNarrowPanel. Without init the sums start with 0.
void Panel(const float* a, size_t a_row, size_t a_column, const float* b, size_t ldb,
           const float* init, size_t ldi, float* c, size_t ldc, size_t m, size_t k, size_t n) {
  const bool narrow = n <= kNarrowPanel;
  const size_t width = narrow ? kNarrowPanel : kPanel;
  const TileFunction* const tiles = narrow ? kNarrowTiles : kTiles;
  const size_t most = narrow ? kNarrowRows : kRows;
  // Tiles of about equal height: of low ones there are too few sums to hide how long each takes.
  const size_t count = (m + most - 1) / most;
  for (size_t tile = 0, row = 0, rows = 0; tile < count; ++tile, row += rows) {
    rows = m * (tile + 1) / count - row;
    const float* from = init ? init + row * ldi : nullptr;
    float* to = c + row * ldc;
    const float* left = a + row * a_row;
    if (n == width) {
      tiles[rows](left, a_row, a_column, b, ldb, from, ldi, to, ldc, k, width);
      continue;
    }
    float padded[kNarrowRows][kPanel] = {};
    if (from) {
      for (size_t r = 0; r < rows; ++r) std::memcpy(padded[r], from + r * ldi, n * sizeof(float));
    }
    tiles[rows](left, a_row, a_column, b, ldb, from ? padded[0] : nullptr, kPanel, padded[0],
                kPanel, k, width);
    for (size_t r = 0; r < rows; ++r) std::memcpy(to + r * ldc, padded[r], n * sizeof(float));
  }
}

void ProductPanel(const float* a, size_t a_row, size_t a_column, const float* b, size_t ldb,
                  bool adds, float* c, size_t ldc, size_t m, size_t k, size_t n) {
  Panel(a, a_row, a_column, b, ldb, adds ? c : nullptr, ldc, c, ldc, m, k, n);
}

void Product(const float* a, size_t lda, const float* b, const float* init, size_t ldi, float* c,
             size_t ldc, size_t m, size_t k, size_t n) {
  for (size_t column = 0; column < n; column += kPanel, b += k * kPanel) {
    const size_t width = n - column < kPanel ? n - column : kPanel;
    Panel(a, lda, 1, b, kPanel, init + column, ldi, c + column, ldc, m, k, width);
  }
}

}  // namespace

void FillProduct(SpanTable* table) {
  table->product = Product;
  table->product_panel = ProductPanel;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
