// mlcompute/passes/passes.h: rewritings of a Program that keep what it computes.
#pragma once

#include <string_view>
#include <vector>

#include "mlcompute/backend/step.h"
#include "mlcompute/program/program.h"

namespace mlcompute {

// One of every set of equal operations stays (and of equal constants).
Program EliminateCommon(const Program& program);

// Elementwise operations read the source of a BroadcastTo directly: they broadcast themselves.
Program ForwardBroadcasts(const Program& program);

// The sum over a batch of float32 products a_i^T b_i is one product of the stacked matrices: the
// gradient of the weights of a dense layer on sequences.
Program StackProducts(const Program& program);

// Whether a backend can run an operation as part of a kFused one.
using CanFuse = bool (*)(const OperationView& view);

// Joins elementwise operations that have one result shape, are connected by a value, and may be
// fused, into kFused operations. Sums by segment that they read may join them.
Program FuseElementwise(const Program& program, CanFuse can_fuse);

// What TF_MLC_PASSES calls the passes, in the order they run.
const std::vector<std::string_view>& PassNames();

// All passes in order. TF_MLC_PASSES="-common,-products,-broadcast,-fuse" leaves out those named;
// TF_MLC_DUMP=folder writes the program as it comes and after each pass.
Program Optimize(const Program& program, CanFuse can_fuse);

}  // namespace mlcompute
