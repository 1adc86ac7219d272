// mlcompute/apple/training_group.h: an MLCTrainingGraph made of a TrainingPlan, run by phases.
#pragma once

#include <memory>
#include <string>

#include "mlcompute/apple/graph_group.h"
#include "mlcompute/apple/graph_plan.h"
#include "mlcompute/types.h"

namespace mlcompute::apple {

// As GraphGroup: one buffer per edge, bound once, and nothing but words comes out of it. The graph
// has no loss: its gradients start from user gradients, into which `seeds` are written.
class TrainingGroup {
 public:
  // nullptr, with *refusal, where the framework does not take the plan.
  static std::unique_ptr<TrainingGroup> Make(const TrainingPlan& plan, DeviceType device,
                                             Refusal* refusal);
  ~TrainingGroup();
  TrainingGroup(const TrainingGroup&) = delete;
  TrainingGroup& operator=(const TrainingGroup&) = delete;

  // In the order of the plan's lists. A new parameter is in the buffer of its input.
  void* input(size_t index) const;
  const void* output(size_t index) const;
  void* seed(size_t index) const;
  const void* gradient(size_t index) const;

  // Reads inputs and parameters, writes outputs. "", or the reason why that failed.
  std::string ExecuteForward();
  // Reads seeds, writes gradients; and then the plan's new parameters, if it has some: this much
  // times the gradient less.
  std::string ExecuteGradient(float learning_rate);

 private:
  struct State;
  TrainingGroup();
  template <typename Call>
  std::string Guarded(Call call);
  std::unique_ptr<State> state_;
};

}  // namespace mlcompute::apple
