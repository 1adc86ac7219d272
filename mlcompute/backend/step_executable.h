// mlcompute/backend/step_executable.h: a Program run operation by operation.
#pragma once

#include <memory>
#include <vector>

#include "mlcompute/backend/arena_pool.h"
#include "mlcompute/backend/backend.h"
#include "mlcompute/backend/memory_plan.h"
#include "mlcompute/backend/step.h"
#include "mlcompute/backend/step_profile.h"

namespace mlcompute {

// One Step per operation that an output depends on, in order. What one step leaves for a later one
// lies in an arena that is borrowed for the time of a Run(). Keeps no reference to the Program.
class StepExecutable : public Executable {
 public:
  using Maker = std::unique_ptr<Step> (*)(const OperationView& view);

  // Throws what `maker` throws, and Error(kResourceExhausted). Its steps are in the profile unless
  // they are part of another one's.
  StepExecutable(const Program& program, Maker maker, bool is_part = false);

  void Run(const void* const* inputs, void* const* outputs) override;
  bool CanShare(int output, int input) const override;

  // Working memory of one Run(), in bytes.
  size_t arena_bytes() const { return arena_bytes_; }

  // Run() with working memory of the caller, table_bytes() more than arena_bytes().
  void RunIn(const void* const* inputs, void* const* outputs, std::byte* memory) const;
  size_t table_bytes() const { return slots_.size() * sizeof(void*); }

 private:
  struct PlacedStep {
    std::unique_ptr<Step> step;
    size_t inputs;  // where its inputs begin in slots_; its results follow them
    size_t results;
    size_t scratch;  // offset in the arena
  };

  void PlaceValues(const Program& program, const std::vector<int>& operations);
  void AddSlot(const Place& place, bool may_be_nowhere);
  bool IsDirect() const;
  void* Address(const Place& place, const void* const* inputs, void* const* outputs,
                std::byte* arena) const;
  void RunSteps(const void* const* inputs, void* const* outputs, std::byte* arena,
                void** table) const;

  std::vector<PlacedStep> steps_;
  std::vector<StepTime*> times_;  // by step, when they are profiled
  std::vector<Place> slots_;      // the buffers of all steps, in the order they are passed
  std::vector<OutputCopy> copies_;
  std::vector<std::vector<int>> shares_;  // by output
  std::unique_ptr<ArenaLease> constants_;
  size_t arena_bytes_ = 0;
  // The only step, when it takes the program's inputs and gives its outputs just as they come.
  const Step* direct_ = nullptr;
};

}  // namespace mlcompute
