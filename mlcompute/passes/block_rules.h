// mlcompute/passes/block_rules.h: which operations can be run on some rows of a batch alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mlcompute/program/program.h"

namespace mlcompute {

// Whether the type's first axis can be cut into `n` equal blocks.
bool Splits(const TensorType& type, int64_t n);

// What a block of an operation's results depends on.
struct BlockRule {
  std::vector<bool> split;  // by input: the same block of it alone, else all of it
  bool is_sum = false;      // the result is the sum, made in float32, of what the blocks give
};

// The rule for the first axis cut into `n` blocks; nothing if a block depends on others.
std::optional<BlockRule> RuleOf(const Program& program, const Operation& operation, int64_t n);

// The operation's attributes for one of `n` blocks.
Attributes OfBlock(const Operation& operation, int64_t n);

// The type of one of `n` blocks.
TensorType BlockType(const TensorType& type, int64_t n);

}  // namespace mlcompute
