#include "mlcompute/apple/training_planner.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mlcompute/apple/group_builder.h"
#include "mlcompute/error.h"

namespace mlcompute::apple {
namespace {

size_t Index(int operation) { return static_cast<size_t>(operation); }

}  // namespace

void CheckMayTakeOver(const Options& options, const Program& program, const Refusal& refusal,
                      const std::vector<int>& operations) {
  if (options.portable_takes_over) return;
  const bool one = refusal.operation >= 0 || operations.size() == 1;
  const int first = refusal.operation >= 0 ? refusal.operation : operations[0];
  throw Unimplemented("operation ", Name(program.operations()[Index(first)].op),
                      one ? "" : " and what is with it in one graph",
                      ": MLCompute refuses: ", refusal.reason);
}

TrainingPlanner::TrainingPlanner(const Program& program, const std::vector<bool>& live,
                                 const Options& options)
    : program_(program),
      live_(live),
      options_(options),
      uses_(program, live),
      has_(live.size()),
      barred_(live.size()),
      why_(live.size()),
      note_(live.size()) {
  if (options.device == DeviceType::kAne) return;  // it does not train
  while (!Plan()) trainings_.clear();
  for (const Training& training : trainings_) {
    for (const int index : training.plan.operations) has_[Index(index)] = true;
  }
}

bool TrainingPlanner::Plan() {
  std::vector<Pair> pairs = FindPairs(program_, uses_, live_, barred_);
  const std::vector<bool> images = ImagesOf(program_, pairs);
  for (const PairGroup& group : GroupPairs(program_, uses_, live_, images, &pairs)) {
    std::vector<const Pair*> members;
    for (const int index : group.pairs) members.push_back(&pairs[Index(index)]);
    if (!Make(images, members, group.rate)) return false;
  }
  return true;
}

bool TrainingPlanner::Make(const std::vector<bool>& images, const std::vector<const Pair*>& members,
                           Value rate) {
  Training training;
  training.rate = rate;
  GroupBuilder builder(program_, images);
  for (const Pair* pair : members) {
    const std::string misfit = builder.Add(*pair);
    if (!misfit.empty()) {
      Bar(*pair, misfit);
      return false;
    }
    training.forward.insert(training.forward.end(), pair->forward.begin(), pair->forward.end());
    for (const auto* list : {&pair->gradients, &pair->updates}) {
      training.gradient.insert(training.gradient.end(), list->begin(), list->end());
    }
  }
  const std::vector<bool> is_wanted = ReadOutside(training);
  std::vector<Value> outputs;
  for (const int index : training.forward) {
    for (const Value v : program_.operations()[Index(index)].results) {
      if (is_wanted[static_cast<size_t>(v)]) outputs.push_back(v);
    }
  }
  training.plan = builder.FinishTraining(outputs, members, is_wanted);
  training.forward_inputs = InputsOf(training.forward, {});
  training.gradient_inputs = InputsOf(training.gradient, training.forward);
  Refusal refusal;
  training.graph = TrainingGroup::Make(training.plan, options_.device, &refusal);
  if (!training.graph) {
    CheckMayTakeOver(options_, program_, refusal, training.forward);
    for (const Pair* pair : members) {
      const auto& forward = pair->forward;
      if (refusal.operation < 0 ||
          std::find(forward.begin(), forward.end(), refusal.operation) != forward.end()) {
        Bar(*pair, refusal.reason);
      }
    }
    return false;
  }
  for (const Pair* pair : members) {
    const std::string layer = ClassOf(pair->kind);
    for (const int index : pair->forward) why_[Index(index)] = layer;
    for (const int index : pair->gradients) why_[Index(index)] = "gradient of " + layer;
    for (const int index : pair->updates) why_[Index(index)] = "MLCSGDOptimizer";
  }
  trainings_.push_back(std::move(training));
  return true;
}

void TrainingPlanner::Bar(const Pair& pair, const std::string& reason) {
  for (const int index : pair.forward) barred_[Index(index)] = true;
  for (const auto* list : {&pair.forward, &pair.gradients}) {
    for (const int index : *list) note_[Index(index)] = "no training graph: " + reason;
  }
}

// By value: whether it is an output, or operations read it that are not in `training`.
std::vector<bool> TrainingPlanner::ReadOutside(const Training& training) const {
  std::vector<bool> inside(live_.size());
  for (const auto* list : {&training.forward, &training.gradient}) {
    for (const int index : *list) inside[Index(index)] = true;
  }
  std::vector<bool> is_read = uses_.is_output;
  for (size_t i = 0; i < live_.size(); ++i) {
    if (!live_[i] || inside[i]) continue;
    for (const Value v : program_.operations()[i].inputs) is_read[static_cast<size_t>(v)] = true;
  }
  return is_read;
}

// What these operations read and do not make; nor do `earlier` ones.
std::vector<Value> TrainingPlanner::InputsOf(const std::vector<int>& operations,
                                             const std::vector<int>& earlier) const {
  std::set<Value> made;
  for (const auto* list : {&operations, &earlier}) {
    for (const int index : *list) {
      const auto& results = program_.operations()[Index(index)].results;
      made.insert(results.begin(), results.end());
    }
  }
  std::set<Value> read;
  for (const int index : operations) {
    for (const Value v : program_.operations()[Index(index)].inputs) {
      if (!made.count(v)) read.insert(v);
    }
  }
  return {read.begin(), read.end()};
}

}  // namespace mlcompute::apple
