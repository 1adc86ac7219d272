// mlcompute/apple/training_planner.h: the training graphs of a Program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mlcompute/apple/backend.h"
#include "mlcompute/apple/graph_plan.h"
#include "mlcompute/apple/pair_groups.h"
#include "mlcompute/apple/pairs.h"
#include "mlcompute/apple/training_group.h"

namespace mlcompute::apple {

// Throws Error(kUnimplemented) with the refusal unless `options` have portable take over from a
// graph of `operations`.
void CheckMayTakeOver(const Options& options, const Program& program, const Refusal& refusal,
                      const std::vector<int>& operations);

// A training graph, and what its two phases compute of the Program.
struct Training {
  std::vector<int> forward;   // operations
  std::vector<int> gradient;  // operations, those of updates too
  std::vector<Value> forward_inputs;
  std::vector<Value> gradient_inputs;
  Value rate = kNone;
  TrainingPlan plan;
  std::unique_ptr<TrainingGroup> graph;
};

class TrainingPlanner {
 public:
  // Makes all graphs. `program` must outlive this; `live` is by operation. Throws Error.
  TrainingPlanner(const Program& program, const std::vector<bool>& live, const Options& options);

  const std::vector<Training>& trainings() const { return trainings_; }
  // By operation: whether it is in one of them, and what it is there.
  bool Has(size_t operation) const { return has_[operation]; }
  const std::string& why(size_t operation) const { return why_[operation]; }
  // Why it is in none although it could be paired; mostly "".
  const std::string& note(size_t operation) const { return note_[operation]; }

 private:
  // False when the framework refused something; that is barred from then on.
  bool Plan();
  bool Make(const std::vector<bool>& images, const std::vector<const Pair*>& members, Value rate);
  void Bar(const Pair& pair, const std::string& reason);
  std::vector<bool> ReadOutside(const Training& training) const;
  std::vector<Value> InputsOf(const std::vector<int>& operations,
                              const std::vector<int>& earlier) const;

  const Program& program_;
  const std::vector<bool>& live_;
  const Options options_;
  const Uses uses_;
  std::vector<Training> trainings_;
  std::vector<bool> has_;  // by operation
  std::vector<bool> barred_;
  std::vector<std::string> why_;
  std::vector<std::string> note_;
};

}  // namespace mlcompute::apple
