// mlcompute/portable/scalar_functions.h: functions of <cmath>, element by element, that have no
// SIMD version.
#pragma once

#include "mlcompute/portable/simd/table.h"

namespace mlcompute::portable {

// nullptr for an operation that is not among them.
UnarySpan ScalarUnary(Op op);
BinarySpan ScalarBinary(Op op);

}  // namespace mlcompute::portable
