// mlcompute/passes/block_regions.h: what RunInBlocks() runs together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "mlcompute/passes/passes.h"
#include "mlcompute/program/program.h"

namespace mlcompute {

// Operations of a program, by index, that can be run on one block of the batch after another.
struct BlockRegion {
  int64_t n = 0;              // examples: what the first axis of all it splits is a multiple of
  std::vector<size_t> seeds;  // the products, or the one operation, it was found from
  std::set<size_t> members;   // operations that only the region runs
  std::set<size_t> copies;    // reshapes and transpositions of what it reads, run by it as well
  int64_t blocks = 0;         // in how many to run it

  bool Holds(size_t i) const { return members.count(i) > 0 || copies.count(i) > 0; }
};

// The regions that pay, by `can`; nothing outside a region leads from it back to it.
std::vector<BlockRegion> FindBlockRegions(const Program& program, const Abilities& can);

}  // namespace mlcompute
