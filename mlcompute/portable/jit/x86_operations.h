// mlcompute/portable/jit/x86_operations.h: what operations are in vector instructions.
#pragma once

#include "mlcompute/portable/jit/x86_writer.h"
#include "mlcompute/program/op.h"

namespace mlcompute::portable {

struct X86Operation {
  // Writes y = op(a, b, c) of the vectors; y is none of them. Formulas and what becomes of NaN are
  // those of simd/unary.cc, simd/binary.cc and simd/math.cc.
  void (*write)(X86Writer& w, const Vector& y, const Vector& a, const Vector& b, const Vector& c);
  int scratch = 0;  // vectors that it needs from X86Writer::scratch()
};

// nullptr if there is none. from: the type of the operands; of kSelect's last two.
const X86Operation* FindX86Operation(Op op, DataType from);

}  // namespace mlcompute::portable
