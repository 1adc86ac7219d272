#include "mlcompute/apple/copy_permuted.h"

#include <algorithm>
#include <cstring>

namespace mlcompute::apple {

void CopyPermuted(const void* from, const Shape& shape, const std::vector<int>& permutation,
                  size_t size, void* to) {
  if (std::is_sorted(permutation.begin(), permutation.end())) {
    std::memcpy(to, from, static_cast<size_t>(shape.elements()) * size);
    return;
  }
  const std::vector<int64_t> strides = shape.Strides();
  const size_t rank = permutation.size();
  std::vector<int64_t> index(rank, 0);
  const auto* source = static_cast<const std::byte*>(from);
  auto* target = static_cast<std::byte*>(to);
  int64_t offset = 0;
  for (int64_t n = shape.elements(); n > 0; --n) {
    std::memcpy(target, source + static_cast<size_t>(offset) * size, size);
    target += size;
    for (size_t i = rank; i-- > 0;) {
      const auto axis = static_cast<size_t>(permutation[i]);
      offset += strides[axis];
      if (++index[i] < shape[permutation[i]]) break;
      offset -= index[i] * strides[axis];
      index[i] = 0;
    }
  }
}

}  // namespace mlcompute::apple
