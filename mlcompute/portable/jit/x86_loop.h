// mlcompute/portable/jit/x86_loop.h: compiled loops in AVX2 and AVX-512.
#pragma once

#include <memory>

#include "mlcompute/portable/jit/loop.h"

namespace mlcompute::portable {

// Whether loops are written for the instruction set.
bool IsX86Set(std::string_view set);
bool IsX86Operation(Op op, DataType from);
// nullptr: see CompiledLoop::Compile.
std::unique_ptr<CompiledLoop> CompileX86(const LoopBody& body, std::string_view set);

}  // namespace mlcompute::portable
