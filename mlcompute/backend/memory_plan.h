// mlcompute/backend/memory_plan.h: where every value of a program lives while it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlcompute/backend/step.h"
#include "mlcompute/program/program.h"

namespace mlcompute {

struct Place {
  enum Kind : uint8_t { kNone, kInput, kOutput, kConstant, kArena };
  Kind kind = kNone;
  size_t at = 0;  // which input or output; offset in the constants or in the arena
};

// An operation that is run, and how.
struct PlannedStep {
  int operation;
  const Step* step;
};

// An output that no step writes: the bytes of `from` are copied to it when all steps have run.
struct OutputCopy {
  Place from;
  size_t output;
  size_t bytes;
};

struct MemoryPlan {
  std::vector<Place> places;    // by value; kNone for values that no step touches or reads
  std::vector<size_t> scratch;  // by step: offset in the arena
  std::vector<OutputCopy> copies;
  std::vector<std::vector<int>> shares;  // by output: inputs whose buffer it may be given
  size_t arena_bytes = 0;
  size_t constant_bytes = 0;
};

// Whether the result of `op` is its input under another type: no step is made for these.
bool IsAlias(Op op);

// The operations whose results reach an output, without aliases, in order.
std::vector<int> LiveOperations(const Program& program);

MemoryPlan PlanMemory(const Program& program, const std::vector<PlannedStep>& steps);

}  // namespace mlcompute
