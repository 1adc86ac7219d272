// mlcompute/backend/pack_blocks.h: where blocks with known lifetimes go in one arena.
#pragma once

#include <cstddef>
#include <vector>

namespace mlcompute {

// Memory in use from step `first` to step `last`, both included.
struct Block {
  size_t bytes;
  int first;
  int last;
};

struct Packing {
  std::vector<size_t> offsets;  // by block, multiples of kArenaAlignment
  size_t bytes = 0;
};

// Blocks that live at the same time do not overlap. Places the largest first, each at the lowest
// offset that is free while it lives.
Packing PackBlocks(const std::vector<Block>& blocks);

}  // namespace mlcompute
