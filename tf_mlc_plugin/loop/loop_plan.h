// tf_mlc_plugin/loop/loop_plan.h: a whole while loop as a list of steps.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernels/node.h"
#include "tf_mlc_plugin/graph/graph_def.h"
#include "tf_mlc_plugin/loop/cluster_runner.h"
#include "tf_mlc_plugin/loop/list_ops.h"
#include "tf_mlc_plugin/loop/loop_value.h"

namespace tf_mlc {

// The op that a loop is run by; like a cluster's it exists in rewritten graphs only.
inline constexpr char kLoopOp[] = "_MlcLoop";
// Inside a loop: its one input, an argument, is a list that another loop gave.
inline constexpr char kListArgumentOp[] = "_MlcListArgument";

// Made from the nodes of a loop in TensorFlow's Switch/Merge form, in this order: nodes that make
// the lists it starts with; Enter; Merge; what the condition is computed from; LoopCond; Switch;
// the body; NextIteration; Exit; nodes that read the lists it ends with. Inputs from outside are
// called "_arg:i"; an argument that is a list is read by a node of kListArgumentOp. All nodes are
// free of effects, so control inputs do not count.
class LoopPlan {
 public:
  // `outputs` are names "node:port" of nodes from Exit on. Throws Error for nodes of no known kind.
  LoopPlan(const GraphDef& contents, int argument_count, const std::vector<std::string>& outputs);

  // Runs the loop. May be called from several threads. Throws Error.
  std::vector<LoopValue> Run(std::vector<LoopValue> arguments) const;

 private:
  using Slot = size_t;

  struct Step {
    Node node;
    ListFunction list_op = nullptr;  // or else a cluster
    std::unique_ptr<ClusterRunner> cluster;
    std::vector<Slot> inputs;
    std::vector<char> last;  // nobody reads the input's slot after this step
    std::vector<Slot> outputs;
  };

  // A value that the loop carries from step to step.
  struct Carried {
    Slot now;
    Slot first;
    Slot next;
    bool moves = false;  // nobody else reads `next`
  };

  Slot NewSlot(std::string_view name, int port);
  Slot SlotOf(std::string_view input) const;
  void Alias(const NodeDef& node, int port, std::string_view input);
  void AddNode(const NodeDef& def, std::vector<Step>* phase);
  void FindLastReads();
  static void RunSteps(const std::vector<Step>& steps, std::vector<LoopValue>* slots);

  std::unordered_map<std::string, Slot> slot_of_;  // "node:port"
  std::vector<LoopValue> start_;                   // slots with the constants
  size_t argument_count_;
  std::vector<Step> before_, condition_, body_, after_;
  std::vector<Carried> carried_;
  Slot goes_on_ = 0;
  std::vector<Slot> outputs_;
};

}  // namespace tf_mlc
