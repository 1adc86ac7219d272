// mlcompute/portable/jit/x86_math.h: exponentials, logarithms and what is made of them, in vector
// instructions.
#pragma once

#include "mlcompute/portable/jit/x86_operations.h"

namespace mlcompute::portable {

// What simd/math.cc computes, by the same formulas and roundings: the results are its own to the
// last bit, other than what a NaN carries. nullptr if the operation is none of these.
const X86Operation* FindX86Math(Op op);

}  // namespace mlcompute::portable
