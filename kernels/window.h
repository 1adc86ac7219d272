// kernels/window.h: strides, dilations and padding of convolutions and pooling.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/data_format.h"

namespace tf_mlc {

// One entry per spatial axis.
struct Window {
  std::vector<int64_t> size;
  std::vector<int64_t> strides;
  std::vector<int64_t> dilations;
  std::vector<int64_t> pads_begin;
  std::vector<int64_t> pads_end;
  std::vector<int64_t> output;  // positions
};

// The spatial entries of a list with one entry per axis of the tensor; those of batch and channels
// must be 1 and all must be positive.
std::vector<int64_t> SpatialEntries(const DataFormat& format, const std::vector<int64_t>& list,
                                    std::string_view name);

std::vector<int64_t> SpatialSizes(const DataFormat& format, const Shape& shape);

// Fills in padding and output size of a window (size, strides and dilations given) over `input`
// spatial sizes, from the node's `padding` (SAME, VALID, EXPLICIT) and `explicit_paddings`.
void ResolvePadding(const Node& node, const DataFormat& format, const std::vector<int64_t>& input,
                    Window* window);

// The shape with the given sizes, in the order of `format`.
Shape ActivationShape(const DataFormat& format, int64_t batch, const std::vector<int64_t>& spatial,
                      int64_t channels);

}  // namespace tf_mlc
