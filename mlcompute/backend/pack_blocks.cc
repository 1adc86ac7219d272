#include "mlcompute/backend/pack_blocks.h"

#include <algorithm>
#include <numeric>

#include "mlcompute/backend/arena_pool.h"

namespace mlcompute {

Packing PackBlocks(const std::vector<Block>& blocks) {
  std::vector<size_t> by_size(blocks.size());
  std::iota(by_size.begin(), by_size.end(), size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](size_t a, size_t b) { return blocks[a].bytes > blocks[b].bytes; });

  Packing packing;
  packing.offsets.resize(blocks.size());
  std::vector<size_t> placed;  // by offset
  for (const size_t b : by_size) {
    const Block& block = blocks[b];
    const size_t bytes = AlignUp(block.bytes);
    size_t offset = 0;
    for (const size_t p : placed) {
      const Block& other = blocks[p];
      if (other.last < block.first || block.last < other.first) continue;
      if (packing.offsets[p] >= offset + bytes) break;
      offset = std::max(offset, packing.offsets[p] + AlignUp(other.bytes));
    }
    packing.offsets[b] = offset;
    packing.bytes = std::max(packing.bytes, offset + bytes);
    const auto after =
        std::upper_bound(placed.begin(), placed.end(), offset,
                         [&](size_t value, size_t p) { return value < packing.offsets[p]; });
    placed.insert(after, b);
  }
  return packing;
}

}  // namespace mlcompute
