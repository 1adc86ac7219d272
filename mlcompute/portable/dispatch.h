// mlcompute/portable/dispatch.h: the span functions for this CPU.
#pragma once

#include <memory>
#include <string_view>

#include "mlcompute/portable/simd/table.h"

namespace mlcompute::portable {

// The table of the best instruction set the CPU has, chosen once. TF_MLC_MAX_ISA (sse4, avx2,
// avx512) lowers the choice.
const SpanTable& Spans();

// "sse4", "avx2", "avx512" or "neon".
std::string_view InstructionSet();

// The table of one set, nullptr when the CPU lacks it: for tests.
std::unique_ptr<const SpanTable> SpansOf(std::string_view isa);

}  // namespace mlcompute::portable
