// mlcompute/portable/typed_elementwise.h: elementwise operations in double, integers and bool.
#pragma once

#include <memory>

#include "mlcompute/backend/step.h"

namespace mlcompute::portable {

// Arithmetic and comparisons of double, int32 and int64, logic of bool, selection among any but
// 16-bit floats and float32. nullptr for anything else.
std::unique_ptr<Step> MakeTypedElementwise(const OperationView& view);

}  // namespace mlcompute::portable
