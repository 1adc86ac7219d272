// mlcompute/training_program.h: a training step as one Program, and its three parts. Internal to
// TrainingGraph.
//
// The whole step (forward, gradients, updates of parameters) is appended to one Program. Executed
// at once it is compiled as it is; executed in phases, each phase is the part of the Program
// between two marks, and the values that a later phase reads are kept between them.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "mlcompute/backend/backend.h"
#include "mlcompute/graph.h"
#include "mlcompute/optimizer.h"

namespace mlcompute {

// What a step is made of.
struct TrainingPlan {
  std::vector<GraphNode> nodes;       // the losses among them
  TensorMap fed;                      // inputs, labels and their weights
  std::vector<TensorPtr> kept;        // results to deliver
  std::vector<TensorPtr> parameters;  // that the optimizer updates
  std::vector<TensorPtr> stops;
  // By the id of the tensor they are gradients of:
  std::unordered_map<uint64_t, TensorPtr> user_gradients;  // given, where differentiation starts
  std::unordered_map<uint64_t, TensorPtr> gradients;       // to deliver
  std::vector<TensorPtr> differentiated;                   // the tensors of `gradients`
  std::shared_ptr<Optimizer> optimizer;                    // null: none
  Backend* backend = nullptr;
  uint64_t random_key = 0;
  bool for_inference = false;  // forward only, and layers do what they do in inference
};

class TrainingProgram {
 public:
  enum class Phase { kForward, kGradient, kUpdate, kAll };

  // Where a phase finds an input.
  enum class Source { kTensor, kUserGradient, kOptimizerState, kScalar, kRandomCounter, kEarlier };
  struct Input {
    Source source;
    TensorPtr tensor;  // the parameter of a state; of a user gradient: what it is the gradient of
    size_t index = 0;  // of a state or scalar
    Value value;       // names what an earlier phase left
    TensorType type;
  };
  // What becomes of an output. One value may have several uses.
  enum class Use { kResult, kGradient, kParameterGradient, kParameter, kState, kLater };
  struct Output {
    Use use;
    TensorPtr tensor;  // the result, the gradient; the parameter of its gradient, update or state
    size_t index = 0;
    Value value;
  };
  struct Part {
    std::shared_ptr<Executable> executable;
    std::vector<Input> inputs;
    std::vector<Value> values;    // of the executable's outputs, each once
    std::vector<Output> outputs;  // in any order, found by value
  };

  // `batch` of `full` rows, 0 and 0 for all. Throws Error as lowering and differentiation do.
  TrainingProgram(const TrainingPlan& plan, int64_t full, int64_t batch);

  // Compiled when it is first asked for.
  const Part& Get(Phase phase);

  bool updates_parameters() const { return updates_parameters_; }

 private:
  struct Range {
    size_t begin, end;
  };
  void Lower(const TrainingPlan& plan, int64_t full, int64_t batch);
  void Differentiate(const TrainingPlan& plan);
  void Update(const TrainingPlan& plan);
  Range RangeOf(Phase phase) const;
  std::unique_ptr<Part> Extract(Phase phase) const;
  // The operation that makes `v`; SIZE_MAX for inputs and constants.
  size_t MakerOf(Value v) const { return makers_[static_cast<size_t>(v)]; }

  Backend* const backend_;
  Program program_;
  std::unordered_map<Value, Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<std::pair<TensorPtr, Value>> parameter_gradients_;
  std::unordered_map<Value, Value> gradient_factors_;
  std::unordered_set<Value> gradient_stops_;
  std::unordered_map<uint64_t, Value> values_;  // of tensors, by their ids
  size_t forward_end_ = 0;                      // in operations
  size_t gradient_end_ = 0;
  std::vector<size_t> makers_;
  bool updates_parameters_ = false;
  std::unique_ptr<Part> parts_[4];
};

}  // namespace mlcompute
