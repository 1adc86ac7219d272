// mlcompute/apple/flops.h: how much arithmetic an operation is.
#pragma once

#include "mlcompute/program/program.h"

namespace mlcompute::apple {

// Floating-point operations, a multiplication and an addition being two, of products, convolutions,
// recurrent layers and their gradients; 0 of everything else.
double FlopsOf(const Program& program, const Operation& operation);

}  // namespace mlcompute::apple
