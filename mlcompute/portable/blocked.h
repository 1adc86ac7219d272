// mlcompute/portable/blocked.h: programs run on a few rows of a batch at a time, by one thread
// each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "mlcompute/backend/step.h"

namespace mlcompute::portable {

// Abilities::blocks: as many rows a block as a core's second-level cache holds, or 0.
int64_t BlocksFor(int64_t rows, size_t bytes, size_t saved);

// Abilities::convolve_blocks: of filters so small that it does not matter if each block packs them
// anew, by the direct algorithm.
bool CanConvolveBlocks(const OperationView& view);

// The step of a kBlocked operation.
std::unique_ptr<Step> MakeBlocked(const OperationView& view);

}  // namespace mlcompute::portable
