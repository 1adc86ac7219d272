// mlcompute/portable/product.h: float32 matrix products by our own loops.
//
// They read and write matrices in place whatever their strides, so that a transposition before or
// after needs no copy, and hand each block of rows to elementwise operations while it is in cache.
// Products that take nothing along are those of tiled_product.h and oneDNN.
#pragma once

#include "mlcompute/backend/step.h"

namespace mlcompute::portable {

// Whether MakeFused() takes a body that begins with this kMatMul (see passes/join.cc).
bool CanJoin(const OperationView& view);

// Whether a kConvolution of channels last is such a product, of its pixels with its filter.
bool IsPointwise(const OperationView& convolution);

}  // namespace mlcompute::portable
