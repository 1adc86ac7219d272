#include "mlcompute/backend/memory_plan.h"

#include <algorithm>

#include "mlcompute/backend/arena_pool.h"
#include "mlcompute/backend/pack_blocks.h"

namespace mlcompute {
namespace {

size_t Index(Value v) { return static_cast<size_t>(v); }

// By value: the value whose memory it is, itself unless an alias made it.
std::vector<Value> Roots(const Program& program) {
  std::vector<Value> roots(Index(program.value_count()));
  for (size_t v = 0; v < roots.size(); ++v) roots[v] = static_cast<Value>(v);
  for (const Operation& operation : program.operations()) {
    if (IsAlias(operation.op))
      roots[Index(operation.results[0])] = roots[Index(operation.inputs[0])];
  }
  return roots;
}

class Planner {
 public:
  Planner(const Program& program, const std::vector<PlannedStep>& steps)
      : program_(program),
        steps_(steps),
        roots_(Roots(program)),
        lives_(roots_.size()),
        end_(static_cast<int>(steps.size())) {
    plan_.places.resize(roots_.size());
    plan_.shares.resize(program.outputs().size());
  }

  MemoryPlan Plan() {
    PlaceFixed();
    PlaceOutputs();
    FindLives();
    PlaceInArena();
    FindShares();
    for (size_t v = 0; v < roots_.size(); ++v) plan_.places[v] = PlaceOf(static_cast<Value>(v));
    return std::move(plan_);
  }

 private:
  // From the step that makes a root to the last one that reads it.
  struct Life {
    int first = -1;
    int last = -1;
  };

  Value Root(Value v) const { return roots_[Index(v)]; }
  Place& PlaceOf(Value v) { return plan_.places[Index(Root(v))]; }
  Life& LifeOf(Value v) { return lives_[Index(Root(v))]; }
  size_t Bytes(Value v) const { return program_.type(v).bytes(); }
  const Operation& operation(const PlannedStep& step) const {
    return program_.operations()[static_cast<size_t>(step.operation)];
  }

  void PlaceFixed() {
    for (size_t i = 0; i < program_.inputs().size(); ++i) {
      plan_.places[Index(program_.inputs()[i])] = {Place::kInput, i};
    }
    for (Value v = 0; v < program_.value_count(); ++v) {
      if (!program_.constant(v)) continue;
      plan_.places[Index(v)] = {Place::kConstant, plan_.constant_bytes};
      plan_.constant_bytes += AlignUp(Bytes(v));
    }
  }

  // A value that a step makes is written into its output; the same value again, inputs and
  // constants are copied.
  void PlaceOutputs() {
    for (size_t i = 0; i < program_.outputs().size(); ++i) {
      const Value v = program_.outputs()[i];
      Place& place = PlaceOf(v);
      if (place.kind == Place::kNone) {
        place = {Place::kOutput, i};
      } else {
        plan_.copies.push_back({place, i, Bytes(v)});
      }
    }
  }

  void FindLives() {
    for (int s = 0; s < end_; ++s) {
      const Operation& o = operation(steps_[static_cast<size_t>(s)]);
      for (const Value v : o.inputs) LifeOf(v).last = s;
      for (const Value v : o.results) LifeOf(v) = {s, s};
    }
    for (const Value v : program_.outputs()) LifeOf(v).last = end_;
  }

  // Whether step `s` may write `result` over the memory of `root`, which nobody reads later.
  bool MayOverwrite(int s, size_t result, Value root) {
    const PlannedStep& step = steps_[static_cast<size_t>(s)];
    const Operation& o = operation(step);
    if (LifeOf(root).last != s || Bytes(root) != Bytes(o.results[result])) return false;
    for (size_t i = 0; i < o.inputs.size(); ++i) {
      if (Root(o.inputs[i]) == root &&
          !step.step->CanShare(static_cast<int>(result), static_cast<int>(i))) {
        return false;
      }
    }
    return true;
  }

  void PlaceInArena() {
    std::vector<Block> blocks;
    std::vector<int> block_of(roots_.size(), -1);  // by root
    plan_.scratch.resize(steps_.size());
    std::vector<int> scratch_block(steps_.size(), -1);
    for (int s = 0; s < end_; ++s) {
      const PlannedStep& step = steps_[static_cast<size_t>(s)];
      const Operation& o = operation(step);
      std::vector<int> taken;
      for (size_t r = 0; r < o.results.size(); ++r) {
        const Value result = o.results[r];
        if (PlaceOf(result).kind != Place::kNone) continue;
        if (LifeOf(result).last == s && step.step->MayOmit(static_cast<int>(r))) continue;
        int& block = block_of[Index(result)];
        for (const Value input : o.inputs) {
          const int old = block_of[Index(Root(input))];
          if (old < 0 || std::find(taken.begin(), taken.end(), old) != taken.end()) continue;
          if (!MayOverwrite(s, r, Root(input))) continue;
          block = old;
          taken.push_back(old);
          break;
        }
        if (block < 0) {
          block = static_cast<int>(blocks.size());
          blocks.push_back({Bytes(result), s, s});
        }
        Block& memory = blocks[static_cast<size_t>(block)];
        memory.last = std::max(memory.last, LifeOf(result).last);
      }
      if (const size_t bytes = step.step->scratch_bytes()) {
        scratch_block[static_cast<size_t>(s)] = static_cast<int>(blocks.size());
        blocks.push_back({bytes, s, s});
      }
    }

    const Packing packing = PackBlocks(blocks);
    plan_.arena_bytes = packing.bytes;
    for (size_t v = 0; v < roots_.size(); ++v) {
      if (block_of[v] < 0) continue;
      plan_.places[v] = {Place::kArena, packing.offsets[static_cast<size_t>(block_of[v])]};
    }
    for (size_t s = 0; s < steps_.size(); ++s) {
      if (scratch_block[s] < 0) continue;
      plan_.scratch[s] = packing.offsets[static_cast<size_t>(scratch_block[s])];
    }
  }

  // An output written by a step may lie on an input that this step is the last to read, and a
  // copied output on the input it is copied from.
  void FindShares() {
    for (int s = 0; s < end_; ++s) {
      const Operation& o = operation(steps_[static_cast<size_t>(s)]);
      for (size_t r = 0; r < o.results.size(); ++r) {
        const Place place = PlaceOf(o.results[r]);
        if (place.kind != Place::kOutput) continue;
        for (const Value input : o.inputs) {
          const Place from = PlaceOf(input);
          if (from.kind == Place::kInput && MayOverwrite(s, r, Root(input))) {
            plan_.shares[place.at].push_back(static_cast<int>(from.at));
          }
        }
      }
    }
    for (const OutputCopy& copy : plan_.copies) {
      if (copy.from.kind == Place::kInput) {
        plan_.shares[copy.output].push_back(static_cast<int>(copy.from.at));
      }
    }
  }

  const Program& program_;
  const std::vector<PlannedStep>& steps_;
  const std::vector<Value> roots_;
  std::vector<Life> lives_;  // by root
  const int end_;
  MemoryPlan plan_;
};

}  // namespace

bool IsAlias(Op op) { return op == Op::kCopy || op == Op::kReshape || op == Op::kBitcast; }

std::vector<int> LiveOperations(const Program& program) {
  std::vector<bool> wanted(Index(program.value_count()));
  for (const Value v : program.outputs()) wanted[Index(v)] = true;
  std::vector<int> live;
  for (size_t i = program.operations().size(); i-- > 0;) {
    const Operation& operation = program.operations()[i];
    const bool used = std::any_of(operation.results.begin(), operation.results.end(),
                                  [&](Value v) { return wanted[Index(v)]; });
    if (!used) continue;
    for (const Value v : operation.inputs) wanted[Index(v)] = true;
    if (!IsAlias(operation.op)) live.push_back(static_cast<int>(i));
  }
  std::reverse(live.begin(), live.end());
  return live;
}

MemoryPlan PlanMemory(const Program& program, const std::vector<PlannedStep>& steps) {
  return Planner(program, steps).Plan();
}

}  // namespace mlcompute
