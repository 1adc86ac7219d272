// mlcompute/portable/moments.h: mean and variance in one pass.
#pragma once

#include <memory>

#include "mlcompute/backend/step.h"

namespace mlcompute::portable {

// Whether MakeMoments() takes this kMoments: of float32, over neighbouring axes of which the last
// is none. x may be empty.
bool CanTakeMoments(const OperationView& view);

// The step of a kMoments; nullptr if it is another.
std::unique_ptr<Step> MakeMoments(const OperationView& view);

// The step of a kFused operation that widens 16-bit floats for a kMoments and does nothing else;
// nullptr if it is another.
std::unique_ptr<Step> MakeWidenedMoments(const OperationView& view);

}  // namespace mlcompute::portable
