// mlcompute/passes/move_into_reader.h: operations that run with the one that reads their results.
#pragma once

#include <cstddef>
#include <map>

#include "mlcompute/program/program.h"

namespace mlcompute {

// The program with each operation that is a value of `moved_of` moved into its key, which reads it
// and nobody else does: the two become one kFused operation at the reader's place. Keys and values
// are indices of operations.
Program MoveIntoReaders(const Program& program, const std::map<size_t, size_t>& moved_of);

}  // namespace mlcompute
