// mlcompute/apple/copy_permuted.h: between a value and a tensor with the axes in another order.
#pragma once

#include <cstddef>
#include <vector>

#include "mlcompute/shape.h"

namespace mlcompute::apple {

// Elements of `from`, of `size` bytes, whose axes are `shape`, in the order of the permuted axes:
// axis i of `to` is axis permutation[i].
void CopyPermuted(const void* from, const Shape& shape, const std::vector<int>& permutation,
                  size_t size, void* to);

}  // namespace mlcompute::apple
