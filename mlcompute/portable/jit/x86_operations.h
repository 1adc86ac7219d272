// mlcompute/portable/jit/x86_operations.h: what operations are in vector instructions.
#pragma once

#include "mlcompute/portable/jit/x86_writer.h"
#include "mlcompute/program/op.h"

namespace mlcompute::portable {

// Writes y = op(a, b, c) of the vectors; y is none of them. Formulas and what becomes of NaN are
// those of simd/unary.cc and simd/binary.cc.
using X86Operation = void (*)(X86Writer& w, const Vector& y, const Vector& a, const Vector& b,
                              const Vector& c);

// nullptr if there is none. from: the type of the operands; of kSelect's last two.
X86Operation FindX86Operation(Op op, DataType from);

}  // namespace mlcompute::portable
