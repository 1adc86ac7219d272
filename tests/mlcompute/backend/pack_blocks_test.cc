#include "mlcompute/backend/pack_blocks.h"

#include <gtest/gtest.h>

#include <random>

#include "mlcompute/backend/arena_pool.h"
#include "mlcompute/error.h"

namespace mlcompute {
namespace {

void ExpectApart(const std::vector<Block>& blocks, const Packing& packing) {
  for (size_t a = 0; a < blocks.size(); ++a) {
    EXPECT_EQ(packing.offsets[a] % kArenaAlignment, 0u);
    EXPECT_LE(packing.offsets[a] + blocks[a].bytes, packing.bytes);
    for (size_t b = 0; b < a; ++b) {
      const bool at_once = blocks[a].first <= blocks[b].last && blocks[b].first <= blocks[a].last;
      const bool apart = packing.offsets[a] + blocks[a].bytes <= packing.offsets[b] ||
                         packing.offsets[b] + blocks[b].bytes <= packing.offsets[a];
      EXPECT_TRUE(!at_once || apart || blocks[a].bytes == 0 || blocks[b].bytes == 0);
    }
  }
}

TEST(PackBlocks, ReusesMemoryOfTheDead) {
  const std::vector<Block> chain = {{640, 0, 1}, {640, 1, 2}, {640, 2, 3}, {640, 3, 4}};
  const Packing packing = PackBlocks(chain);
  ExpectApart(chain, packing);
  EXPECT_EQ(packing.bytes, 2 * 640u);
}

TEST(PackBlocks, Nothing) { EXPECT_EQ(PackBlocks({}).bytes, 0u); }

TEST(PackBlocks, RandomLives) {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    std::vector<Block> blocks;
    for (int i = 0; i < 60; ++i) {
      const int first = static_cast<int>(random() % 40);
      blocks.push_back({random() % 5000, first, first + static_cast<int>(random() % 10)});
    }
    ExpectApart(blocks, PackBlocks(blocks));
  }
}

TEST(ArenaLease, ABlockComesBack) {
  std::byte* first;
  {
    const ArenaLease lease(1000);
    first = lease.data();
    const ArenaLease other(1000);
    EXPECT_NE(other.data(), first);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % kArenaAlignment, 0u);
  }
  const ArenaLease lease(990);  // the last returned is the first taken
  EXPECT_EQ(lease.data(), first);

  EXPECT_EQ(ArenaLease(0).data(), nullptr);
}

TEST(ArenaLease, TooMuchIsAnError) {
  for (const size_t bytes : {size_t{1} << 46, ~size_t{0} - 100}) {
    try {
      const ArenaLease lease(bytes);
      ADD_FAILURE() << "no error for " << bytes;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kResourceExhausted);
    }
  }
}

}  // namespace
}  // namespace mlcompute
