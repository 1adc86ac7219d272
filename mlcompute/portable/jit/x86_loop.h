// mlcompute/portable/jit/x86_loop.h: compiled loops in AVX2 and AVX-512.
#pragma once

#include <memory>

#include "mlcompute/portable/jit/loop.h"

namespace mlcompute::portable {

bool CanCompileX86(Op op, DataType from);
std::unique_ptr<CompiledLoop> CompileX86(const LoopBody& body);

}  // namespace mlcompute::portable
