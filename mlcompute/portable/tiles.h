// mlcompute/portable/tiles.h: walks a broadcast result in tiles that fit the first-level cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlcompute/shape.h"

namespace mlcompute::portable {

constexpr int64_t kTile = 2048;  // elements

// How the elements of one operand meet a run of the result.
enum class Walk {
  kDense,   // operand and result have the same order: a pointer into it will do
  kScalar,  // one element for all
  kRow,     // depends on the innermost axis only
  kMixed,   // anything else
};

// The result's axes with those merged that every operand walks alike, and each operand's strides
// along them, in elements.
class TilePlan {
 public:
  TilePlan(const std::vector<Shape>& operands, const Shape& result);

  int64_t elements() const { return elements_; }
  // Tiles cover the result in order. Each holds whole rows of the innermost axis, or lies inside
  // one row; all are of kTile elements or fewer.
  int64_t tile_count() const { return tile_count_; }
  struct Tile {
    int64_t start;
    int64_t size;
  };
  Tile tile(int64_t index) const;
  Walk walk(size_t operand) const { return walks_[operand]; }
  int64_t row() const { return dims_.back(); }

  // Whether a kMixed operand has one element for each row(), in order.
  bool RepeatsAlongRows(size_t operand) const { return repeats_[operand]; }

  // Where element `start` of the result is in a kDense, kScalar or kRow operand. For kRow, the row
  // repeats from there on.
  int64_t Offset(size_t operand, int64_t start) const;

  // Copies elements [start, start + n) of a kMixed operand, each `size` bytes, to `out`.
  void Gather(size_t operand, const std::byte* data, size_t size, int64_t start, int64_t n,
              std::byte* out) const;

 private:
  int64_t elements_;
  int64_t tile_;
  int64_t tiles_per_row_ = 0;  // 0: a tile is one row or more
  int64_t tile_count_;
  std::vector<int64_t> dims_;
  std::vector<std::vector<int64_t>> strides_;  // by operand
  std::vector<Walk> walks_;
  std::vector<bool> repeats_;
};

}  // namespace mlcompute::portable
