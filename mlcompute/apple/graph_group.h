// mlcompute/apple/graph_group.h: an MLCInferenceGraph made of a GraphPlan.
#pragma once

#include <memory>
#include <string>

#include "mlcompute/apple/graph_plan.h"
#include "mlcompute/types.h"

namespace mlcompute::apple {

// Why the framework did not take a graph: in words, and the operation at fault, -1 if it is the
// whole graph.
struct Refusal {
  std::string reason;
  int operation = -1;
};

// Holds one buffer per edge of the plan, bound once. Neither Objective-C exceptions nor nil leave
// it. Not for two threads at once.
class GraphGroup {
 public:
  // nullptr, with *refusal, where the framework does not take the plan. The buffers of parameters
  // and inputs may be filled afterwards.
  static std::unique_ptr<GraphGroup> Make(const GraphPlan& plan, DeviceType device,
                                          Refusal* refusal);
  ~GraphGroup();
  GraphGroup(const GraphGroup&) = delete;
  GraphGroup& operator=(const GraphGroup&) = delete;

  // In the order of GraphPlan::inputs and outputs; dense, in the tensor's layout.
  void* input(size_t index) const;
  const void* output(size_t index) const;

  // Reads the inputs' buffers, and those of parameters where `parameters_changed`, and writes the
  // outputs'. Returns "", or the reason why that failed.
  std::string Execute(bool parameters_changed);

 private:
  struct State;
  GraphGroup();
  std::unique_ptr<State> state_;
};

}  // namespace mlcompute::apple
