// mlcompute/program/spatial.h: the geometry of convolution and pooling, read from attributes.
#pragma once

#include <cstdint>
#include <vector>

#include "mlcompute/program/attributes.h"
#include "mlcompute/shape.h"

namespace mlcompute {

// Sizes along the r spatial axes of the sliding window and of the activations on both sides of it.
struct Spatial {
  std::vector<int64_t> window, strides, dilations, pads_begin, pads_end;

  int rank() const { return static_cast<int>(window.size()); }

  // Positions of the window along `axis` of an input `in` long; negative when it does not fit.
  int64_t Positions(int axis, int64_t in) const {
    const auto i = static_cast<size_t>(axis);
    const int64_t room = in + pads_begin[i] + pads_end[i] - dilations[i] * (window[i] - 1) - 1;
    const int64_t steps = room / strides[i] - (room % strides[i] < 0 ? 1 : 0);
    return steps + 1;
  }
};

// Names the axes of activations of rank r + 2.
struct ActivationLayout {
  bool channels_last;
  int spatial_rank;

  int channel_axis() const { return channels_last ? spatial_rank + 1 : 1; }
  int spatial_axis(int i) const { return channels_last ? i + 1 : i + 2; }

  Shape Make(int64_t n, const std::vector<int64_t>& spatial, int64_t channels) const {
    std::vector<int64_t> dims = {n};
    if (!channels_last) dims.push_back(channels);
    dims.insert(dims.end(), spatial.begin(), spatial.end());
    if (channels_last) dims.push_back(channels);
    return Shape(std::move(dims));
  }
};

// Of a convolution with a filter [spatial..., C / groups, O].
inline Spatial ConvolutionSpatial(const Attributes& attributes, const Shape& filter) {
  const auto& dims = filter.dims();
  return {std::vector<int64_t>(dims.begin(), dims.end() - 2), attributes.Ints("strides"),
          attributes.Ints("dilations"), attributes.Ints("pads_begin"), attributes.Ints("pads_end")};
}

inline Spatial PoolingSpatial(const Attributes& attributes) {
  const std::vector<int64_t>& window = attributes.Ints("window");
  return {window, attributes.Ints("strides"), std::vector<int64_t>(window.size(), 1),
          attributes.Ints("pads_begin"), attributes.Ints("pads_end")};
}

}  // namespace mlcompute
