// mlcompute/reference/broadcast.h: walks the elements of a shape and where operands have them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlcompute/shape.h"

namespace mlcompute::reference {

// Strides that read an operand of `shape` as if it had shape `out`: 0 along broadcast axes.
inline std::vector<int64_t> BroadcastStrides(const Shape& shape, const Shape& out) {
  std::vector<int64_t> strides(static_cast<size_t>(out.rank()), 0);
  const std::vector<int64_t> own = shape.Strides();
  const int offset = out.rank() - shape.rank();
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != 1) strides[static_cast<size_t>(i + offset)] = own[static_cast<size_t>(i)];
  }
  return strides;
}

// Calls body(i, offsets) for every element of `out` in row-major order: i counts elements,
// offsets[k] is where operand k, walked with strides[k], has its element.
template <size_t N, typename Body>
void ForEach(const Shape& out, const std::array<std::vector<int64_t>, N>& strides,
             const Body& body) {
  const int64_t n = out.elements();
  std::vector<int64_t> index(static_cast<size_t>(out.rank()), 0);
  std::array<int64_t, N> offsets{};
  for (int64_t i = 0; i < n; ++i) {
    body(i, offsets);
    for (size_t axis = index.size(); axis-- > 0;) {
      const int64_t size = out[static_cast<int>(axis)];
      for (size_t k = 0; k < N; ++k) offsets[k] += strides[k][axis];
      if (++index[axis] < size) break;
      index[axis] = 0;
      for (size_t k = 0; k < N; ++k) offsets[k] -= strides[k][axis] * size;
    }
  }
}

}  // namespace mlcompute::reference
