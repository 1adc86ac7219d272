// mlcompute/portable/fused.h: elementwise operations run together, tile by tile.
#pragma once

#include <memory>

#include "mlcompute/backend/step.h"

namespace mlcompute::portable {

// Whether MakeFused() takes a body that holds this operation.
bool CanFuse(const OperationView& view);

// Whether it also takes this reduction of what the body makes: one of floats over leading axes.
bool CanReduce(const OperationView& view);

// The same for one over the last axis, with results that the body may read.
bool CanReduceRows(const OperationView& view);

// The step of a kFused operation: elementwise operations, and sums of rows by segment
// (kUnsortedSegment) that they read, of which no more than a tile is ever there. What passes
// between the operations of its body stays in the first-level cache, in float32, and is rounded as
// FusedTiles says: other than in bfloat16 the elements are those that the operations give one by
// one. Reductions come last in the body; all keep the same last axes.
std::unique_ptr<Step> MakeFused(const OperationView& view);

}  // namespace mlcompute::portable
