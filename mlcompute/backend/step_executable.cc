#include "mlcompute/backend/step_executable.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>

#include "mlcompute/error.h"
#include "mlcompute/team/team.h"

namespace mlcompute {
namespace {

// Tables up to this long are on the stack, so that small programs need no memory of their own.
constexpr size_t kSmallTable = 64;

constexpr int64_t kCopyGrain = 1 << 20;

void CopyBytes(const void* from, void* to, size_t bytes) {
  if (from == to || bytes == 0) return;
  const auto* source = static_cast<const std::byte*>(from);
  auto* target = static_cast<std::byte*>(to);
  ParallelFor(static_cast<int64_t>(bytes), kCopyGrain, [&](int64_t begin, int64_t end) {
    std::memcpy(target + begin, source + begin, static_cast<size_t>(end - begin));
  });
}

}  // namespace

StepExecutable::StepExecutable(const Program& program, Maker maker, bool /*is_part*/)
    : Executable(program) {
  try {
    const std::vector<int> operations = LiveOperations(program);
    for (const int i : operations) {
      const Operation& operation = program.operations()[static_cast<size_t>(i)];
      const OperationView view = View(program, operation);
      steps_.push_back({maker(view), 0, 0, 0});
      if (ProfilesSteps()) times_.push_back(&TimeOf(view));
    }
    PlaceValues(program, operations);
  } catch (const std::bad_alloc&) {
    throw ResourceExhausted("out of memory while a program was compiled");
  }
}

void StepExecutable::PlaceValues(const Program& program, const std::vector<int>& operations) {
  std::vector<PlannedStep> planned;
  for (size_t s = 0; s < steps_.size(); ++s)
    planned.push_back({operations[s], steps_[s].step.get()});
  MemoryPlan plan = PlanMemory(program, planned);

  for (size_t s = 0; s < steps_.size(); ++s) {
    const Operation& operation = program.operations()[static_cast<size_t>(operations[s])];
    steps_[s].inputs = slots_.size();
    for (const Value v : operation.inputs) AddSlot(plan.places[static_cast<size_t>(v)], false);
    steps_[s].results = slots_.size();
    for (size_t r = 0; r < operation.results.size(); ++r) {
      AddSlot(plan.places[static_cast<size_t>(operation.results[r])],
              steps_[s].step->MayOmit(static_cast<int>(r)));
    }
    steps_[s].scratch = plan.scratch[s];
  }
  constants_ = std::make_unique<ArenaLease>(plan.constant_bytes);
  for (Value v = 0; v < program.value_count(); ++v) {
    if (const std::byte* bytes = program.constant(v)) {
      const size_t size = program.type(v).bytes();
      if (size > 0) {
        std::memcpy(constants_->data() + plan.places[static_cast<size_t>(v)].at, bytes, size);
      }
    }
  }
  copies_ = std::move(plan.copies);
  shares_ = std::move(plan.shares);
  arena_bytes_ = plan.arena_bytes;
  if (times_.empty() && IsDirect()) direct_ = steps_[0].step.get();
}

void StepExecutable::AddSlot(const Place& place, bool may_be_nowhere) {
  if (place.kind == Place::kNone && !may_be_nowhere) throw Internal("a value without a place");
  slots_.push_back(place);
}

bool StepExecutable::IsDirect() const {
  if (steps_.size() != 1 || !copies_.empty() || arena_bytes_ > 0) return false;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const bool is_input = i < steps_[0].results;
    if (slots_[i].kind != (is_input ? Place::kInput : Place::kOutput)) return false;
    if (slots_[i].at != (is_input ? i : i - steps_[0].results)) return false;
  }
  return true;
}

void* StepExecutable::Address(const Place& place, const void* const* inputs, void* const* outputs,
                              std::byte* arena) const {
  switch (place.kind) {
    case Place::kInput:
      return const_cast<void*>(inputs[place.at]);
    case Place::kOutput:
      return outputs[place.at];
    case Place::kConstant:
      return constants_->data() + place.at;
    case Place::kArena:
      return arena + place.at;
    case Place::kNone:  // see Step::MayOmit()
      break;
  }
  return nullptr;
}

void StepExecutable::Run(const void* const* inputs, void* const* outputs) {
  if (direct_) return direct_->Run(inputs, outputs, nullptr);
  if (slots_.size() <= kSmallTable) {
    void* table[kSmallTable];
    if (arena_bytes_ == 0) return RunSteps(inputs, outputs, nullptr, table);
    const ArenaLease arena(arena_bytes_);
    return RunSteps(inputs, outputs, arena.data(), table);
  }
  const ArenaLease arena(arena_bytes_ + table_bytes());
  RunIn(inputs, outputs, arena.data());
}

void StepExecutable::RunIn(const void* const* inputs, void* const* outputs,
                           std::byte* memory) const {
  RunSteps(inputs, outputs, memory, reinterpret_cast<void**>(memory + arena_bytes_));
}

void StepExecutable::RunSteps(const void* const* inputs, void* const* outputs, std::byte* arena,
                              void** table) const {
  for (size_t i = 0; i < slots_.size(); ++i) {
    table[i] = Address(slots_[i], inputs, outputs, arena);
  }
  if (times_.empty()) {
    for (const PlacedStep& s : steps_) {
      s.step->Run(table + s.inputs, table + s.results, arena + s.scratch);
    }
  } else {
    for (size_t i = 0; i < steps_.size(); ++i) {
      const PlacedStep& s = steps_[i];
      const auto start = std::chrono::steady_clock::now();
      s.step->Run(table + s.inputs, table + s.results, arena + s.scratch);
      const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start;
      // A torn sum under threads would still be a profile.
      times_[i]->nanoseconds += spent.count();
      times_[i]->fastest = std::min<int64_t>(times_[i]->fastest, spent.count());
      ++times_[i]->runs;
    }
  }
  for (const OutputCopy& copy : copies_) {
    CopyBytes(Address(copy.from, inputs, outputs, arena), outputs[copy.output], copy.bytes);
  }
}

bool StepExecutable::CanShare(int output, int input) const {
  const std::vector<int>& inputs = shares_[static_cast<size_t>(output)];
  return std::find(inputs.begin(), inputs.end(), input) != inputs.end();
}

}  // namespace mlcompute
