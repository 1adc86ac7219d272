// tf_mlc_plugin/kernel/generator.h: the random number generator that a stateful kernel owns.
#pragma once

#include <cstdint>
#include <mutex>

namespace tf_mlc {

// Where in the sequence of a Philox generator a run begins, as the Program's inputs want it.
struct RandomPlace {
  uint64_t key[1];
  uint64_t counter[2];
};

// As TensorFlow's kernels own one: it begins where the attributes `seed` and `seed2` say, at an
// arbitrary place when both are 0, and every run takes its numbers from behind those of the runs
// before.
class Generator {
 public:
  Generator(int64_t seed, int64_t seed2);

  // The place of a run that needs up to `blocks` blocks of four words; moves on by as many.
  RandomPlace Reserve(uint64_t blocks);

 private:
  std::mutex mutex_;
  RandomPlace next_;
};

}  // namespace tf_mlc
