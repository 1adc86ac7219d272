// mlcompute/portable/tiled_product.h: float32 products of two matrices by compiled tiles.
//
// In cache oneDNN's products are as fast, near the processor's peak. In a step their operands
// mostly are in memory, or in the last cache, and these bring in what comes next while they
// compute.
#pragma once

#include <memory>
#include <optional>

#include "mlcompute/backend/step.h"

namespace mlcompute::portable {

// c [m, n] = a b, a [m, k] or [k, m] if transposed, b [k, n] or [n, k].
struct ProductShape {
  int64_t m, k, n;
  bool transpose_a, transpose_b;
};

// What the threads share out: rows of c, columns, or products, whose sums are added in the end.
enum class ProductSplit { kRows, kColumns, kDepth };

struct ProductPlan {
  ProductSplit split;
  // A thread takes a panel of b through all rows, rather than some rows through all panels: with
  // kColumns always, with kRows never.
  bool panels_first;
  int64_t depth;  // of blocks of k
};

// How to compute a product with so many threads; nothing where oneDNN's is better.
std::optional<ProductPlan> PlanOf(const ProductShape& shape, int64_t threads);

// nullptr where tiles cannot be compiled (see ProductTile). No size is 0.
std::unique_ptr<Step> MakeTiledProduct(const ProductShape& shape, const ProductPlan& plan);

// A kMatMul, if there is a plan for it.
std::unique_ptr<Step> MakeTiledProduct(const OperationView& view);

}  // namespace mlcompute::portable
