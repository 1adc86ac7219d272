// mlcompute/portable/bfloat16_product.h: products a^T b of two bfloat16 matrices, as gradients of
// weights are, by compiled tiles of dot products.
//
// Both operands have in rows what is summed over, and dot products want two of them next to each
// other. Blocks of both are interleaved in the second-level cache right before they are multiplied.
#pragma once

#include <cstdint>
#include <memory>

#include "mlcompute/backend/step.h"
#include "mlcompute/portable/tiled_product.h"

namespace mlcompute::portable {

// c [m, n] = a^T b, of a [k, m] and b [k, n]; sums are float32 and rounded once.
struct BFloat16ProductShape {
  int64_t m, k, n;
};

// What the threads share out; see ProductSplit.
ProductSplit SplitOf(const BFloat16ProductShape& shape, int64_t threads);

// nullptr where the processor has no dot products of bfloat16, or tiles cannot be compiled (see
// ProductTile). No size is 0.
std::unique_ptr<Step> MakeBFloat16Product(const BFloat16ProductShape& shape, ProductSplit split);

// A kMatMul, if it is such a product and oneDNN's is the slower.
std::unique_ptr<Step> MakeBFloat16Product(const OperationView& view);

}  // namespace mlcompute::portable
