// mlcompute/portable/jit/product_tile.h: the innermost loop of a matrix product, of float32 or
// bfloat16, compiled for the strides of its matrices.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "mlcompute/portable/dispatch.h"

namespace mlcompute::portable {

// Of what one call computes; as many sums as AVX-512's registers hold.
constexpr int64_t kTileRows = 14;
constexpr int64_t kTileColumns = 32;
constexpr int64_t kTileLanes = 16;

// c = a b or c += a b for `rows` x k elements of a and k x `columns` of b. Strides are in elements;
// columns of b and of c are next to each other.
struct TileShape {
  int64_t rows;     // 1 to kTileRows
  int64_t columns;  // 1 to kTileColumns
  int64_t a_row, a_column;
  int64_t b_row;
  int64_t c_row;
  // b is only read where it has columns, and its rows are copied to TileRun::kept, TileWidth() from
  // each other and padded with zeros. Otherwise rows of b have TileWidth() elements.
  bool keeps_b;
  // How a call brings memory into the second-level cache while it computes: after every four steps
  // of k, `fetch_rows` times two lines of 64 bytes, `fetch_stride` elements apart.
  int64_t fetch_rows;
  int64_t fetch_stride;
  // An element of a or b is a pair of bfloat16, that of k and that of k + 1 (in the high half),
  // whose products with those of the other matrix are summed in float32. A step of k is a pair.
  bool dots;
};

// `columns` in whole vectors.
constexpr int64_t TileWidth(int64_t columns) {
  return (columns + kTileLanes - 1) / kTileLanes * kTileLanes;
}

struct TileRun {
  const float* a;
  const float* b;
  float* c;
  int64_t k;
  int64_t adds;  // not 0: to c
  float* kept;
  const float* fetch;    // may be any address
  int64_t fetch_groups;  // of four steps of k, 0: nothing is fetched
  int64_t fetches_c;     // not 0: c is brought into the cache before it is written
};

class ProductTile {
 public:
  // Tiles that do the same are one, for as long as somebody has it. nullptr where loops are not
  // compiled (see CompiledLoop), for other sets than AVX-512, for dots also without AVX512_BF16,
  // and if a stride is too large.
  static std::shared_ptr<const ProductTile> Compile(const TileShape& shape,
                                                    std::string_view set = InstructionSet());
  virtual ~ProductTile() = default;

  void Run(const TileRun& run) const { function_(&run); }

 protected:
  void (*function_)(const TileRun*) = nullptr;
};

}  // namespace mlcompute::portable
