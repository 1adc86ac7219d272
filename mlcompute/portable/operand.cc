#include "mlcompute/portable/operand.h"

#include <algorithm>

#include "mlcompute/portable/dispatch.h"

namespace mlcompute::portable {

const float* Operand::Load(const TilePlan& plan, const void* data, TilePlan::Tile tile,
                           float* buffer, std::byte* raw, bool held) const {
  const auto* bytes = static_cast<const std::byte*>(data);
  switch (plan.walk(index_)) {
    case Walk::kDense:
      return Widen(bytes + static_cast<size_t>(tile.start) * size_, tile.size, buffer);
    case Walk::kScalar:
      if (!held) {
        float value;
        const float* wide = Widen(bytes, 1, &value);
        Spans().fill(*wide, buffer, static_cast<size_t>(kTile));
      }
      return buffer;
    case Walk::kRow: {
      const int64_t row = plan.row();
      const std::byte* at = bytes + static_cast<size_t>(plan.Offset(index_, tile.start)) * size_;
      if (row > kTile / 2) return Widen(at, tile.size, buffer);  // a tile lies inside one row
      if (!held) {
        for (int64_t k = 0; k + row <= kTile; k += row) {
          const float* wide = Widen(bytes, row, buffer + k);
          if (wide != buffer + k) std::copy_n(wide, row, buffer + k);
        }
      }
      return buffer;
    }
    case Walk::kMixed:
      if (plan.RepeatsAlongRows(index_)) {
        for (int64_t i = 0, n = 0; i < tile.size; i += n) {
          const int64_t at = tile.start + i;
          n = std::min(plan.row() - at % plan.row(), tile.size - i);
          float value;
          const std::byte* element = bytes + static_cast<size_t>(at / plan.row()) * size_;
          Spans().fill(*Widen(element, 1, &value), buffer + i, static_cast<size_t>(n));
        }
        return buffer;
      }
      if (dtype_ == DataType::kFloat32) {
        plan.Gather(index_, bytes, size_, tile.start, tile.size,
                    reinterpret_cast<std::byte*>(buffer));
        return buffer;
      }
      plan.Gather(index_, bytes, size_, tile.start, tile.size, raw);
      return Widen(raw, tile.size, buffer);
  }
  return nullptr;
}

const uint8_t* Operand::LoadBytes(const TilePlan& plan, const void* data, TilePlan::Tile tile,
                                  std::byte* raw) const {
  const auto* bytes = static_cast<const std::byte*>(data);
  if (plan.walk(index_) == Walk::kDense) {
    return reinterpret_cast<const uint8_t*>(bytes + tile.start);
  }
  plan.Gather(index_, bytes, 1, tile.start, tile.size, raw);
  return reinterpret_cast<const uint8_t*>(raw);
}

const float* Operand::Widen(const std::byte* x, int64_t n, float* buffer) const {
  if (dtype_ == DataType::kFloat32) return reinterpret_cast<const float*>(x);
  const auto* halves = reinterpret_cast<const uint16_t*>(x);
  const auto widen = dtype_ == DataType::kFloat16 ? Spans().from_float16 : Spans().from_bfloat16;
  widen(halves, buffer, static_cast<size_t>(n));
  return buffer;
}

}  // namespace mlcompute::portable
