// mlcompute/portable/jit/x86_rough_math.h: exponentials for bfloat16's precision.
#pragma once

#include "mlcompute/portable/jit/x86_operations.h"

namespace mlcompute::portable {

// In AVX-512, to 1e-5 of the result, at about half the instructions of FindX86Math. nullptr if
// there is none for the operation.
const X86Operation* FindX86RoughMath(Op op);

}  // namespace mlcompute::portable
