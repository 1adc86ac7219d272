// mlcompute/layers/window.h: sliding windows over images, for convolution and pooling.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mlcompute/types.h"

namespace mlcompute {

// A number for each axis of an image. MLCompute's arrays are in this order too.
struct Yx {
  Yx(int64_t both) : y(both), x(both) {}  // NOLINT: a single number means both axes
  Yx(int64_t y, int64_t x) : y(y), x(x) {}
  // From one number or two. Throws Error(kInvalidArgument) naming `what` otherwise.
  Yx(const std::vector<int64_t>& numbers, const char* what);

  std::vector<int64_t> numbers() const { return {y, x}; }

  int64_t y;
  int64_t x;
};

// How a window moves and what is around the image.
struct Window {
  Yx size;
  Yx strides = 1;
  Yx dilations = 1;
  PaddingPolicy policy = PaddingPolicy::kSame;
  Yx padding = 0;  // on both sides of each axis, for kUsePaddingSize

  // Throws Error(kInvalidArgument) beginning with `layer` for sizes under 1 or padding under 0.
  void Check(const std::string& layer) const;
};

// Positions added on either side of an image.
struct Pads {
  Yx begin = 0;
  Yx end = 0;
};

// For an image `in`. kSame makes ceil(in / stride) positions; an odd amount has its larger half at
// the end, as in TensorFlow.
Pads PadsOf(const Window& window, const Yx& in);

// The image on which the window has `positions` positions: what a transposed convolution makes of
// them. kSame gives positions * stride.
Yx ImageOf(const Window& window, const Yx& positions);

}  // namespace mlcompute
