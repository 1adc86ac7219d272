// mlcompute/portable/abilities.h: what passes may make of programs for this backend.
#pragma once

#include "mlcompute/passes/passes.h"
#include "mlcompute/portable/blocked.h"
#include "mlcompute/portable/fused.h"
#include "mlcompute/portable/joined_convolution.h"
#include "mlcompute/portable/moments.h"
#include "mlcompute/portable/pool_grad.h"
#include "mlcompute/portable/product.h"

namespace mlcompute::portable {

constexpr Abilities kAbilities = {CanFuse,       CanJoin,           CanReduce,
                                  CanReduceRows, IsWorthJoining,    IsApart,
                                  BlocksFor,     CanConvolveBlocks, CanTakeMoments};

}  // namespace mlcompute::portable
