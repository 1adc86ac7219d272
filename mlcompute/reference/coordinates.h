// mlcompute/reference/coordinates.h: indices [..., k] that name slices x[i0, ..., ik-1].
#pragma once

#include <cstdint>
#include <vector>

#include "mlcompute/reference/movement_families.h"

namespace mlcompute::reference {

struct Coordinates {
  int64_t count;              // slices named
  int64_t slice;              // elements of a slice
  std::vector<int64_t> from;  // by slice: its first element in x

  // Throws Error(kInvalidArgument) for an index outside x. `what` names x: "param shape".
  template <typename I>
  Coordinates(const I* indices, const Shape& shape, const Shape& x, const char* what) {
    const int depth = static_cast<int>(shape[shape.rank() - 1]);
    const std::vector<int64_t> strides = x.Strides();
    const Shape outer(std::vector<int64_t>(shape.dims().begin(), shape.dims().end() - 1));
    count = outer.elements();
    slice = 1;
    for (int axis = depth; axis < x.rank(); ++axis) slice *= x[axis];
    for (int64_t i = 0; i < count; ++i) {
      const I* index = indices + i * depth;
      int64_t at = 0;
      for (int axis = 0; axis < depth; ++axis) {
        const auto value = static_cast<int64_t>(index[axis]);
        if (value < 0 || value >= x[axis]) {
          std::string text;
          for (int k = 0; k < depth; ++k) text += StrCat(k > 0 ? ", " : "", index[k]);
          throw InvalidArgument("indices", PositionText(outer, i), " = [", text,
                                "] does not index into ", what, " ", x.ToString());
        }
        at += value * strides[static_cast<size_t>(axis)];
      }
      from.push_back(at);
    }
  }
};

}  // namespace mlcompute::reference
