// mlcompute/debug_description.h: what MLCompute calls the values of its enumerations
// (MLCActivationTypeDebugDescription() and its sisters).
#pragma once

#include <string>

#include "mlcompute/types.h"

namespace mlcompute {

// "Log Softmax", "Use Padding Size", "L2 Norm": the words of the value's name. What the framework
// is known to write otherwise is written as it does ("Absolute Error" for kMeanAbsoluteError).
template <typename E>
std::string DebugDescription(E value);

}  // namespace mlcompute
