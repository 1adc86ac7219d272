// mlcompute/portable/product_tiles.h: the compiled tiles that a product c = a b consists of.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "mlcompute/portable/jit/product_tile.h"

namespace mlcompute::portable {

// What a thread or a block has of [0, n): part `i` of `parts` about equal ones.
struct Range {
  int64_t begin, end;
  Range(int64_t n, int64_t i, int64_t parts) : begin(n * i / parts), end(n * (i + 1) / parts) {}
  int64_t size() const { return end - begin; }
  Range Part(int64_t i, int64_t parts) const {
    Range part(size(), i, parts);
    part.begin += begin;
    part.end += begin;
    return part;
  }
};

// Rows of c in tiles of about equal height, columns in panels of kTileColumns, the last of which
// may be narrower. b comes as Pack() makes it, or is read where it is (TileShape::keeps_b).
class ProductTiles {
 public:
  struct Geometry {
    int64_t m, n;
    int64_t a_row, a_column;
    int64_t b_row, b_column;
    int64_t c_row;
    int64_t fetch_rows, fetch_stride;  // see TileShape
    bool dots = false;                 // as well
  };

  // Not Ok() where tiles cannot be compiled. reads_b: Run() may be told to keep b.
  ProductTiles(const Geometry& geometry, bool reads_b);

  bool Ok() const { return ok_; }
  int64_t tiles() const { return tiles_; }
  int64_t panels() const { return panels_; }
  int64_t FirstRow(int64_t tile) const { return g_.m * tile / tiles_; }
  int64_t Rows(int64_t tile) const { return FirstRow(tile + 1) - FirstRow(tile); }

  // Where panel `panel` begins in a pack of k rows, and with panels() how long that is.
  int64_t PackedAt(int64_t panel, int64_t k) const {
    return k * (panel < panels_ ? panel * kTileColumns : padded_);
  }

  // Panel `panel` of k rows of b, the first of which is at `b`: k times TileWidth() elements.
  void Pack(const float* b, int64_t panel, int64_t k, float* to) const;

  // Rows of `tile` times columns of `panel`. Of `run`, a and c are where the first row of a tile
  // is, c at the first column of c.
  void Run(int64_t tile, int64_t panel, bool keeps_b, TileRun run) const {
    run.c += panel * kTileColumns;
    RunAt(tile, panel, keeps_b, run);
  }

  // With c where the tile's first element is.
  void RunAt(int64_t tile, int64_t panel, bool keeps_b, const TileRun& run) const {
    const bool high = Rows(tile) > g_.m / tiles_;
    compiled_[high][panel + 1 == panels_][keeps_b]->Run(run);
  }

 private:
  int64_t Columns(int64_t panel) const {
    return std::min(kTileColumns, g_.n - panel * kTileColumns);
  }

  const Geometry g_;
  int64_t tiles_, panels_, padded_;
  bool ok_ = true;
  // By whether a tile is one of the higher ones, whether the panel is the last, and keeps_b.
  std::shared_ptr<const ProductTile> compiled_[2][2][2];
};

}  // namespace mlcompute::portable
