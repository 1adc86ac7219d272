// mlcompute/portable/epilogue.h: elementwise operations on what a step makes, run on each part of
// it while that is in the cache.
#pragma once

#include <cstdint>
#include <vector>

#include "mlcompute/portable/fused_tiles.h"
#include "mlcompute/program/program.h"

namespace mlcompute::portable {

class Epilogue {
 public:
  // `operations` of the body of a kFused operation, which read `made` and inputs of the body: of
  // its shape, one number, or one for each element of its last axis. They give all outputs.
  Epilogue(const Program& body, const std::vector<const Operation*>& operations, Value made);

  // Whether result `result` of the kFused may be written to its input `input`. The caller has to
  // say no for what it reads itself.
  bool CanShare(int result, int input) const;

  // What a thread works with, for one set of inputs and results.
  class Worker {
   public:
    Worker(const Epilogue& epilogue, const void* const* inputs, void* const* results)
        : epilogue_(epilogue), inputs_(inputs), results_(results), memory_(epilogue.tiles_) {}
    ~Worker() { epilogue_.tiles_.Finish(); }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Elements [start, start + size) of the results, whole rows of the last axis, from those of
    // `made`, the first of which is at `from`.
    void Run(int64_t start, int64_t size, const void* from);

   private:
    const Epilogue& epilogue_;
    const void* const* inputs_;
    void* const* results_;
    const FusedTiles::Memory memory_;
    bool held_ = false;
  };

 private:
  struct Reads {
    std::vector<Value> values;  // by the operations and not made by them
    std::vector<int> sources;   // by value: which input of the body, -1 for what is made
  };
  static Reads ReadsOf(const Program& body, const std::vector<const Operation*>& operations);

  const Reads reads_;
  const FusedTiles tiles_;
  const int64_t row_;
  const int64_t size_;  // of an element of what is made, in bytes
};

}  // namespace mlcompute::portable
