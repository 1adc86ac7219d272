// mlcompute/reference/sliding.h: a window that slides over activations.
#pragma once

#include <array>
#include <cstdint>

#include "mlcompute/program/spatial.h"
#include "mlcompute/shape.h"

namespace mlcompute::reference {

// Where element (n, spatial, c) of activations is: always three spatial axes, the first of them of
// size 1 where the operation has fewer.
struct Activations {
  int64_t batch, channels;
  int64_t batch_stride, channel_stride;
  std::array<int64_t, 3> sizes = {1, 1, 1};
  std::array<int64_t, 3> strides = {0, 0, 0};

  Activations(const Shape& shape, const ActivationLayout& layout) {
    const std::vector<int64_t> all = shape.Strides();
    batch = shape[0];
    batch_stride = all[0];
    channels = shape[layout.channel_axis()];
    channel_stride = all[static_cast<size_t>(layout.channel_axis())];
    for (int i = 0; i < layout.spatial_rank; ++i) {
      const auto to = static_cast<size_t>(3 - layout.spatial_rank + i);
      sizes[to] = shape[layout.spatial_axis(i)];
      strides[to] = all[static_cast<size_t>(layout.spatial_axis(i))];
    }
  }
};

class Sliding {
 public:
  // From `x` to `y`, the shapes of the two sides of the window.
  Sliding(const Shape& x, const Shape& y, const Spatial& spatial, bool channels_last)
      : x_(x, {channels_last, spatial.rank()}), y_(y, {channels_last, spatial.rank()}) {
    for (size_t i = 0; i < spatial.window.size(); ++i) {
      const size_t to = 3 - spatial.window.size() + i;
      window_[to] = spatial.window[i];
      strides_[to] = spatial.strides[i];
      dilations_[to] = spatial.dilations[i];
      pads_[to] = spatial.pads_begin[i];
    }
  }

  const Activations& x() const { return x_; }
  const Activations& y() const { return y_; }

  // Calls body(x_at, y_at, tap) for every sample, position of the window and element of the window
  // that is inside x, in row-major order: x_at and y_at are where channel 0 is, tap counts the
  // elements of the window.
  template <typename Body>
  void ForEachTap(const Body& body) const {
    for (int64_t n = 0; n < y_.batch; ++n) {
      for (int64_t i = 0; i < y_.sizes[0]; ++i) {
        for (int64_t j = 0; j < y_.sizes[1]; ++j) {
          for (int64_t k = 0; k < y_.sizes[2]; ++k) {
            const std::array<int64_t, 3> at = {i, j, k};
            const int64_t y_at = n * y_.batch_stride + Dot(at, y_.strides);
            Taps(n * x_.batch_stride, y_at, at, body);
          }
        }
      }
    }
  }

 private:
  using Triple = std::array<int64_t, 3>;

  static int64_t Dot(const Triple& a, const Triple& b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  }

  template <typename Body>
  void Taps(int64_t x_base, int64_t y_at, const Triple& at, const Body& body) const {
    int64_t tap = 0;
    for (int64_t i = 0; i < window_[0]; ++i) {
      for (int64_t j = 0; j < window_[1]; ++j) {
        for (int64_t k = 0; k < window_[2]; ++k, ++tap) {
          const Triple from = {Source(0, at, i), Source(1, at, j), Source(2, at, k)};
          if (Inside(from)) body(x_base + Dot(from, x_.strides), y_at, tap);
        }
      }
    }
  }

  int64_t Source(size_t axis, const Triple& at, int64_t tap) const {
    return at[axis] * strides_[axis] - pads_[axis] + tap * dilations_[axis];
  }
  bool Inside(const Triple& from) const {
    for (size_t i = 0; i < 3; ++i) {
      if (from[i] < 0 || from[i] >= x_.sizes[i]) return false;
    }
    return true;
  }

  Activations x_, y_;
  Triple window_ = {1, 1, 1};
  Triple strides_ = {1, 1, 1};
  Triple dilations_ = {1, 1, 1};
  Triple pads_ = {0, 0, 0};
};

}  // namespace mlcompute::reference
