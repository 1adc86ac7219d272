// mlcompute/passes/block_rules.h: which operations can be run on some rows of a batch alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mlcompute/program/program.h"

namespace mlcompute {

// Whether the type's first axis can be cut into `n` equal blocks.
bool Splits(const TensorType& type, int64_t n);

// Whether block i of the results depends on block i alone of those inputs that are true in the
// answer, for the first axis cut into `n`, and on the others as a whole. Nothing: it does not.
std::optional<std::vector<bool>> SplitInputs(const Program& program, const Operation& operation,
                                             int64_t n);

// The operation's attributes for one of `n` blocks.
Attributes OfBlock(const Operation& operation, int64_t n);

// The type of one of `n` blocks.
TensorType BlockType(const TensorType& type, int64_t n);

}  // namespace mlcompute
