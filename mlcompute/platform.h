// mlcompute/platform.h: what the whole process has (MLCPlatform).
#pragma once

#include <cstdint>
#include <optional>

namespace mlcompute {

class Platform {
 public:
  // From now on random initializers and dropout layers without a seed of their own give the numbers
  // that belong to `seed`: after the same seed the same ones, in the same order.
  static void SetRngSeed(int64_t seed);
  // Nothing until a seed was set.
  static std::optional<int64_t> RngSeed();

  // The next key for random numbers: follows from the seed, else nobody can know it.
  static uint64_t NextRandomKey();
};

}  // namespace mlcompute
