// A convolution or one of its gradients, as an operation of its own.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute::testing {

// `op` of the convolution that makes `y` of `x` and `filter`; `attributes` are those of
// kConvolution.
inline std::unique_ptr<OpCase> ConvolutionCase(Op op, const TensorType& x, const TensorType& filter,
                                               const TensorType& y, Attributes attributes) {
  if (op == Op::kConvolution) {
    return std::make_unique<OpCase>(op, std::vector{x, filter}, std::vector{y}, attributes);
  }
  if (op == Op::kConvolutionGradInput) {
    attributes.Set("input_shape", x.shape.dims());
    return std::make_unique<OpCase>(op, std::vector{filter, y}, std::vector{x}, attributes);
  }
  attributes.Set("filter_shape", filter.shape.dims());
  return std::make_unique<OpCase>(op, std::vector{x, y}, std::vector{filter}, attributes);
}

}  // namespace mlcompute::testing
