#include "mlcompute/portable/product_tiles.h"

#include "mlcompute/portable/dispatch.h"

namespace mlcompute::portable {

ProductTiles::ProductTiles(const Geometry& geometry, bool reads_b)
    : g_(geometry),
      tiles_((geometry.m + kTileRows - 1) / kTileRows),
      panels_((geometry.n + kTileColumns - 1) / kTileColumns),
      padded_((panels_ - 1) * kTileColumns + TileWidth(Columns(panels_ - 1))) {
  for (const bool high : {false, true}) {
    if (high && g_.m % tiles_ == 0) continue;
    for (const bool last : {false, true}) {
      if (!last && panels_ == 1) continue;
      for (const bool keeps : {false, true}) {
        if (keeps && !reads_b) continue;
        const int64_t columns = Columns(last ? panels_ - 1 : 0);
        const TileShape shape = {g_.m / tiles_ + high,
                                 columns,
                                 g_.a_row,
                                 g_.a_column,
                                 keeps ? g_.b_row : TileWidth(columns),
                                 g_.c_row,
                                 keeps,
                                 g_.fetch_rows,
                                 g_.fetch_stride,
                                 g_.dots};
        compiled_[high][last][keeps] = ProductTile::Compile(shape);
        ok_ = ok_ && compiled_[high][last][keeps];
      }
    }
  }
}

void ProductTiles::Pack(const float* b, int64_t panel, int64_t k, float* to) const {
  const int64_t columns = Columns(panel), width = TileWidth(columns);
  const float* from = b + panel * kTileColumns * g_.b_column;
  if (g_.b_column == 1) {
    for (int64_t i = 0; i < k; ++i, from += g_.b_row, to += width) {
      std::copy_n(from, columns, to);
      std::fill_n(to + columns, width - columns, 0.0f);
    }
    return;
  }
  if (columns < width) std::fill_n(to, k * width, 0.0f);
  if (g_.b_row == 1) {
    Spans().transpose[2](from, g_.b_column * 4, to, width * 4, static_cast<size_t>(columns),
                         static_cast<size_t>(k));
    return;
  }
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      to[i * width + j] = from[i * g_.b_row + j * g_.b_column];
    }
  }
}

}  // namespace mlcompute::portable
