#include "mlcompute/layers/window.h"

#include <algorithm>

#include "mlcompute/error.h"
#include "mlcompute/shape.h"

namespace mlcompute {
namespace {

// Of one axis.
struct Axis {
  int64_t size, stride, dilation, padding;
  PaddingPolicy policy;

  int64_t Reach() const { return dilation * (size - 1) + 1; }

  int64_t Padding(int64_t in) const {
    switch (policy) {
      case PaddingPolicy::kValid:
        return 0;
      case PaddingPolicy::kUsePaddingSize:
        return 2 * padding;
      case PaddingPolicy::kSame:
        break;
    }
    const int64_t positions = (in + stride - 1) / stride;
    return std::max<int64_t>(0, (positions - 1) * stride + Reach() - in);
  }

  int64_t Image(int64_t positions) const {
    switch (policy) {
      case PaddingPolicy::kSame:
        return positions * stride;
      case PaddingPolicy::kValid:
        return positions * stride + std::max<int64_t>(0, Reach() - stride);
      case PaddingPolicy::kUsePaddingSize:
        break;
    }
    return (positions - 1) * stride + Reach() - 2 * padding;
  }
};

Axis AxisY(const Window& w) {
  return {w.size.y, w.strides.y, w.dilations.y, w.padding.y, w.policy};
}
Axis AxisX(const Window& w) {
  return {w.size.x, w.strides.x, w.dilations.x, w.padding.x, w.policy};
}

}  // namespace

Yx::Yx(const std::vector<int64_t>& numbers, const char* what) : y(0), x(0) {
  if (numbers.empty() || numbers.size() > 2) {
    throw InvalidArgument(what, " ", Shape(numbers).ToString(),
                          " must be one number, or two for height and width");
  }
  y = numbers.front();
  x = numbers.back();
}

void Window::Check(const std::string& layer) const {
  const auto check = [&](const Yx& numbers, int64_t low, const char* what) {
    if (numbers.y < low || numbers.x < low) {
      throw InvalidArgument(layer, ": ", what, " ", Shape(numbers.numbers()).ToString(),
                            " must be at least ", low);
    }
  };
  check(size, 1, "kernel sizes");
  check(strides, 1, "strides");
  check(dilations, 1, "dilation rates");
  check(padding, 0, "padding sizes");
}

Pads PadsOf(const Window& window, const Yx& in) {
  const int64_t y = AxisY(window).Padding(in.y);
  const int64_t x = AxisX(window).Padding(in.x);
  return {{y / 2, x / 2}, {y - y / 2, x - x / 2}};
}

Yx ImageOf(const Window& window, const Yx& positions) {
  return {AxisY(window).Image(positions.y), AxisX(window).Image(positions.x)};
}

}  // namespace mlcompute
