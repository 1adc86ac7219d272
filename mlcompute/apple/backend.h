// mlcompute/apple/backend.h: Programs on MLCompute.framework, as far as its layers go.
//
// Layers that a Program computes and differentiates become MLCTrainingGraphs, one for each
// connected set of them. Of the other operations, those that layers can express are gathered into
// as few MLCInferenceGraphs as their order allows; everything else runs on the portable backend.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "mlcompute/backend/backend.h"
#include "mlcompute/types.h"

namespace mlcompute::apple {

struct Options {
  DeviceType device = DeviceType::kCpu;
  // Whether the portable backend runs what the framework refuses although the table says it can;
  // otherwise Compile() throws Error(kUnimplemented) with the reason.
  bool portable_takes_over = true;
};

// Where an operation runs. Those that no output needs, and all but the first of equal ones, are
// left out.
struct Placement {
  int operation;  // of the Program
  Op op;
  int graph;  // counted from 0, training graphs first; -1: in portable
  bool in_training_graph;
  std::string why;
};

// Floating-point operations of products, convolutions, recurrent layers and their gradients.
struct Flops {
  double all = 0;
  double in_graphs = 0;  // of both kinds
  double in_training_graphs = 0;

  // Of `all` what ran in graphs; 0 of nothing.
  double share() const { return all > 0 ? in_graphs / all : 0; }
};

class AppleExecutable : public Executable {
 public:
  // One a line: "Add | graph 1 | MLCArithmeticLayer", "ReluGrad | training graph 0 | gradient of
  // MLCActivationLayer" or "Erf | portable | MLCompute has no ...".
  std::string Table() const;

  const std::vector<Placement>& placements() const { return placements_; }
  const Flops& flops() const { return flops_; }
  virtual int graph_count() const = 0;
  virtual int training_graph_count() const = 0;  // of those
  // How many operations all Run()s together have computed inside MLCompute graphs.
  virtual int64_t operations_run_in_graphs() const = 0;

 protected:
  using Executable::Executable;
  std::vector<Placement> placements_;
  Flops flops_;
};

class AppleBackend : public Backend {
 public:
  explicit AppleBackend(const Options& options = {}) : options_(options) {}

  std::string_view name() const override { return "apple"; }
  // The portable backend's, which computes the rest.
  std::string_view instruction_set() const override { return PortableBackend().instruction_set(); }
  // An AppleExecutable; one Run() of it at a time, others wait. What the framework says no to while
  // running is Error(kInternal) with its reason. Throws Error.
  std::unique_ptr<Executable> Compile(const Program& program) override;
  // "graph", or what the portable backend says.
  std::string_view StepKind(const OperationView& view) const override;

 private:
  Options options_;
};

}  // namespace mlcompute::apple
