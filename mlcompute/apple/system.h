// mlcompute/apple/system.h: which members of MLCompute the running system has.
#pragma once

namespace mlcompute::apple {

// Comparison, selection, minimum, maximum, the arithmetic without NaN and reductions of several
// axes came with macOS 11.3.
bool HasMacOS11_3();

// For tests: true makes the question above answer no.
void PretendMacOS11_0(bool pretend);

}  // namespace mlcompute::apple
