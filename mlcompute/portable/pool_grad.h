// mlcompute/portable/pool_grad.h: the gradient of max pooling with windows that do not overlap.
//
// Every element belongs to one window at most, so that it is written once, by any thread, and the
// gradient of a ReLU before the pooling is a factor of what its maximum gets: 0 elsewhere anyway.
// Sums of the result over positions, a bias's gradient, are sums of what the maxima get.
#pragma once

#include "mlcompute/backend/step.h"

namespace mlcompute::portable {

// Whether the steps below take this kMaxPoolGrad: of float32 or bfloat16,
// channels last, without padding.
bool IsApart(const OperationView& view);

// The step of such a kMaxPoolGrad; nullptr if it is another.
std::unique_ptr<Step> MakeApartMaxPoolGrad(const OperationView& view);

// Of a kFused whose body is a kMaxPoolGrad, a kReluGrad of its result, perhaps a kCast of that to
// float32, and perhaps a sum over all axes but the last (see passes/pools.cc); nullptr if it is
// another.
std::unique_ptr<Step> MakeJoinedMaxPoolGrad(const OperationView& view);

}  // namespace mlcompute::portable
