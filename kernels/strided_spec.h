// kernels/strided_spec.h: what StridedSlice's begin, end, strides and masks mean for one shape.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/node.h"

namespace tf_mlc {

// One entry per axis of the sliced tensor, as the operation kSlice wants it, and the shape of the
// result after axes of size 1 were dropped and added.
struct StridedSpec {
  std::vector<int64_t> begin;
  std::vector<int64_t> strides;
  std::vector<int64_t> sizes;
  Shape result;
};

// Throws Error(kInvalidArgument) for an index out of bounds, a stride of 0, more than one ellipsis
// or more entries than axes. The node's masks are read from its attributes.
StridedSpec ResolveStridedSlice(const Node& node, const Shape& shape,
                                const std::vector<int64_t>& begin, const std::vector<int64_t>& end,
                                const std::vector<int64_t>& strides);

}  // namespace tf_mlc
