// mlcompute/portable/operand.h: an operand of elementwise work, brought tile by tile.
#pragma once

#include <cstddef>

#include "mlcompute/data_type.h"
#include "mlcompute/portable/tiles.h"

namespace mlcompute::portable {

// float32, float16, bfloat16: what elementwise loops compute in, or widen to, float32.
inline bool IsSimdFloat(DataType t) {
  return t == DataType::kFloat32 || t == DataType::kFloat16 || t == DataType::kBFloat16;
}

class Operand {
 public:
  Operand(size_t index, DataType dtype) : index_(index), dtype_(dtype), size_(SizeOf(dtype)) {}

  // Where the tile's elements are, in float32; `buffer` and `raw` hold kTile elements each. `held`
  // says that `buffer` still has the tile before, which is good again for scalars and rows.
  const float* Load(const TilePlan& plan, const void* data, TilePlan::Tile tile, float* buffer,
                    std::byte* raw, bool held) const;

  // The same for bool operands, as bytes.
  const uint8_t* LoadBytes(const TilePlan& plan, const void* data, TilePlan::Tile tile,
                           std::byte* raw) const;

  DataType dtype() const { return dtype_; }

 private:
  const float* Widen(const std::byte* x, int64_t n, float* buffer) const;

  size_t index_;
  DataType dtype_;
  size_t size_;
};

}  // namespace mlcompute::portable
