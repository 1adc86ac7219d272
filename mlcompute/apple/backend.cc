#include "mlcompute/apple/backend.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "mlcompute/apple/copy_permuted.h"
#include "mlcompute/apple/distinct.h"
#include "mlcompute/apple/flops.h"
#include "mlcompute/apple/graph_group.h"
#include "mlcompute/apple/group_builder.h"
#include "mlcompute/apple/rules.h"
#include "mlcompute/apple/training_planner.h"
#include "mlcompute/error.h"

namespace mlcompute::apple {
namespace {

// A run of operations on one side: a graph, a phase of a training graph, or a part of the Program
// for the portable backend.
struct Segment {
  enum class Kind { kPortable, kInference, kForward, kGradient };
  Kind kind = Kind::kPortable;
  int training = -1;
  std::vector<int> operations;
  std::vector<Value> inputs;
  std::vector<Value> outputs;
  std::unique_ptr<Executable> portable;
  GraphPlan plan;
  std::unique_ptr<GraphGroup> graph;
  bool has_parameters = false;
  bool has_varying_parameters = false;
  bool has_run = false;
};

// By operation: whether an output depends on it.
std::vector<bool> LiveOf(const Program& program) {
  std::set<Value> needed(program.outputs().begin(), program.outputs().end());
  std::vector<bool> live(program.operations().size());
  for (size_t i = live.size(); i-- > 0;) {
    const Operation& operation = program.operations()[i];
    live[i] = std::any_of(operation.results.begin(), operation.results.end(),
                          [&](Value v) { return needed.count(v) != 0; });
    if (live[i]) needed.insert(operation.inputs.begin(), operation.inputs.end());
  }
  return live;
}

class Planned : public AppleExecutable {
 public:
  Planned(const Program& program, const Options& options)
      : AppleExecutable(program),
        distinct_(Distinct(program)),
        program_(distinct_.program),
        options_(options),
        live_(LiveOf(program_)),
        training_(program_, live_, options),
        in_graph_(live_.size()),
        why_(live_.size()) {
    DecideAll();
    while (!PlanSegments()) segments_.clear();
    Prepare();
    Describe();
  }

  int graph_count() const override { return graph_count_; }
  int training_graph_count() const override {
    return static_cast<int>(training_.trainings().size());
  }
  int64_t operations_run_in_graphs() const override { return run_in_graphs_; }
  bool CanShare(int /*output*/, int /*input*/) const override { return false; }

  void Run(const void* const* inputs, void* const* outputs) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (size_t i = 0; i < program_.inputs().size(); ++i) At(program_.inputs()[i]) = inputs[i];
    for (Segment& segment : segments_) {
      switch (segment.kind) {
        case Segment::Kind::kPortable:
          RunPortable(segment);
          break;
        case Segment::Kind::kInference:
          RunGraph(segment);
          break;
        case Segment::Kind::kForward:
          RunForward(segment);
          break;
        case Segment::Kind::kGradient:
          RunGradient(segment);
          break;
      }
    }
    for (size_t i = 0; i < program_.outputs().size(); ++i) {
      const Value v = program_.outputs()[i];
      if (const size_t bytes = program_.type(v).bytes()) std::memcpy(outputs[i], At(v), bytes);
    }
  }

 private:
  const void*& At(Value v) { return addresses_[static_cast<size_t>(v)]; }
  const Operation& OperationAt(int index) const {
    return program_.operations()[static_cast<size_t>(index)];
  }

  void DecideAll() {
    for (size_t i = 0; i < live_.size(); ++i) {
      if (!live_[i]) continue;
      Decision decision = Decide(program_, program_.operations()[i]);
      in_graph_[i] = decision.in_graph && !training_.Has(i);
      why_[i] = training_.Has(i) ? training_.why(i) : std::move(decision.why);
    }
  }

  // False when the framework refused something; that is portable from then on.
  bool PlanSegments() {
    std::set<Value> there(program_.inputs().begin(), program_.inputs().end());
    for (Value v = 0; v < program_.value_count(); ++v) {
      if (program_.constant(v)) there.insert(v);
    }
    const std::vector<bool> images = ImagesOf(program_, in_graph_);
    std::vector<bool> done(live_.size());
    std::vector<std::string> why_not(live_.size());
    const auto is_ready = [&](size_t i) {
      const auto& inputs = program_.operations()[i].inputs;
      return live_[i] && !done[i] && !training_.Has(i) &&
             std::all_of(inputs.begin(), inputs.end(), [&](Value v) { return there.count(v); });
    };
    const auto take = [&](size_t i) {
      done[i] = true;
      const auto& results = program_.operations()[i].results;
      there.insert(results.begin(), results.end());
    };
    const std::vector<Training>& trainings = training_.trainings();
    std::vector<Segment::Kind> next(trainings.size(), Segment::Kind::kForward);
    // Adds phases that can run. Whether there were any.
    const auto add_phases = [&] {
      bool any = false;
      for (size_t k = 0; k < trainings.size(); ++k) {
        const Training& training = trainings[k];
        const bool forward = next[k] == Segment::Kind::kForward;
        const auto& inputs = forward ? training.forward_inputs : training.gradient_inputs;
        if (next[k] == Segment::Kind::kPortable ||
            !std::all_of(inputs.begin(), inputs.end(), [&](Value v) { return there.count(v); })) {
          continue;
        }
        Segment segment;
        segment.kind = next[k];
        segment.training = static_cast<int>(k);
        segment.operations = forward ? training.forward : training.gradient;
        for (const int index : segment.operations) take(static_cast<size_t>(index));
        segments_.push_back(std::move(segment));
        next[k] = forward ? Segment::Kind::kGradient : Segment::Kind::kPortable;  // no more
        any = true;
      }
      return any;
    };
    // Graphs follow graphs where operations do not fit into one.
    for (bool more = true; more;) {
      more = add_phases();
      for (const bool in_graph : {false, true}) {
        Segment segment;
        GroupBuilder builder(program_, images);
        for (size_t i = 0; i < live_.size(); ++i) {
          if (in_graph_[i] != in_graph || !is_ready(i)) continue;
          if (in_graph) why_not[i] = builder.Add(static_cast<int>(i));
          if (!why_not[i].empty()) continue;
          segment.operations.push_back(static_cast<int>(i));
          take(i);
        }
        if (segment.operations.empty()) continue;
        more = true;
        FindEdges(&segment);
        if (in_graph) {
          segment.kind = Segment::Kind::kInference;
          segment.plan = builder.Finish(segment.outputs);
          if (!MakeGraph(&segment)) return false;
        }
        segments_.push_back(std::move(segment));
      }
    }
    // Nothing fits into a graph of its own that was decided to.
    bool complete = true;
    for (size_t i = 0; i < live_.size(); ++i) {
      if (!is_ready(i)) continue;
      complete = false;
      in_graph_[i] = false;
      why_[i] = why_not[i];
    }
    return complete;
  }

  void FindEdges(Segment* segment) const {
    std::set<Value> made;
    std::set<Value> taken;
    const std::set<int> inside(segment->operations.begin(), segment->operations.end());
    for (const int index : segment->operations) {
      for (const Value v : OperationAt(index).inputs) {
        if (!made.count(v) && taken.insert(v).second) segment->inputs.push_back(v);
      }
      made.insert(OperationAt(index).results.begin(), OperationAt(index).results.end());
    }
    std::set<Value> wanted(program_.outputs().begin(), program_.outputs().end());
    for (size_t i = 0; i < live_.size(); ++i) {
      if (!live_[i] || inside.count(static_cast<int>(i))) continue;
      const auto& inputs = program_.operations()[i].inputs;
      wanted.insert(inputs.begin(), inputs.end());
    }
    std::set_intersection(made.begin(), made.end(), wanted.begin(), wanted.end(),
                          std::back_inserter(segment->outputs));
  }

  Program PartOf(const Segment& segment) const {
    Program part;
    std::map<Value, Value> to;
    for (const Value v : segment.inputs) {
      const std::byte* constant = program_.constant(v);
      to[v] =
          constant ? part.AddConstant(program_.type(v), constant) : part.AddInput(program_.type(v));
    }
    for (const int index : segment.operations) {
      Copy(OperationAt(index), &to, &part);
    }
    for (const Value v : segment.outputs) part.AddOutput(to.at(v));
    return part;
  }

  bool MakeGraph(Segment* segment) {
    Refusal refusal;
    segment->graph = GraphGroup::Make(segment->plan, options_.device, &refusal);
    if (segment->graph) return true;
    CheckMayTakeOver(options_, program_, refusal, segment->operations);
    std::vector<int> refused = segment->operations;
    if (refusal.operation >= 0) refused = {refusal.operation};
    for (const int index : refused) {
      in_graph_[static_cast<size_t>(index)] = false;
      why_[static_cast<size_t>(index)] = "refused: " + refusal.reason;
    }
    return false;
  }

  void Prepare() {
    addresses_.resize(static_cast<size_t>(program_.value_count()));
    for (Value v = 0; v < program_.value_count(); ++v) {
      if (program_.constant(v)) At(v) = program_.constant(v);
    }
    for (const Training& training : training_.trainings()) {
      for (const GraphEdge& edge : training.plan.forward.outputs) Allocate(edge.value);
      for (const auto* list : {&training.plan.gradients, &training.plan.parameters}) {
        for (const ResultEdge& one : *list) Allocate(one.edge.value);
      }
    }
    for (Segment& segment : segments_) {
      if (segment.training >= 0) continue;
      for (const Value v : segment.outputs) Allocate(v);
      if (!segment.graph) {
        segment.portable = PortableBackend().Compile(PartOf(segment));
        continue;
      }
      for (size_t i = 0; i < segment.plan.inputs.size(); ++i) {
        const GraphEdge& edge = segment.plan.inputs[i];
        segment.has_parameters |= edge.is_parameter;
        if (edge.value < 0) {
          std::memcpy(segment.graph->input(i), &edge.fill, sizeof edge.fill);
        } else if (program_.constant(edge.value)) {
          CopyIn(edge, segment.graph->input(i));
        } else {
          segment.has_varying_parameters |= edge.is_parameter;
        }
      }
    }
  }

  void Allocate(Value v) {
    buffers_.emplace_back(program_.type(v).bytes());
    At(v) = buffers_.back().data();
  }

  // Between a value and the tensor that holds it.
  void CopyIn(const GraphEdge& edge, void* to) {
    CopyPermuted(At(edge.value), edge.shape, edge.permutation,
                 SizeOf(program_.type(edge.value).dtype), to);
  }
  void CopyOut(const GraphEdge& edge, const void* from) {
    CopyPermuted(from, edge.shape, edge.permutation, SizeOf(program_.type(edge.value).dtype),
                 const_cast<void*>(At(edge.value)));
  }

  [[noreturn]] void Fail(const Segment& segment, const char* what, const std::string& reason) {
    throw Internal("a ", what, " of ", segment.operations.size(), " operations from ",
                   Name(OperationAt(segment.operations[0]).op), " on: MLCompute failed: ", reason);
  }

  const Training& TrainingOf(const Segment& segment) const {
    return training_.trainings()[static_cast<size_t>(segment.training)];
  }

  void RunForward(const Segment& segment) {
    const Training& training = TrainingOf(segment);
    const GraphPlan& plan = training.plan.forward;
    for (size_t i = 0; i < plan.inputs.size(); ++i)
      CopyIn(plan.inputs[i], training.graph->input(i));
    const std::string reason = training.graph->ExecuteForward();
    if (!reason.empty()) Fail(segment, "training graph", reason);
    run_in_graphs_ += static_cast<int64_t>(segment.operations.size());
    for (size_t i = 0; i < plan.outputs.size(); ++i) {
      CopyOut(plan.outputs[i], training.graph->output(i));
    }
  }

  void RunGradient(const Segment& segment) {
    const Training& training = TrainingOf(segment);
    const TrainingPlan& plan = training.plan;
    for (size_t i = 0; i < plan.seeds.size(); ++i) CopyIn(plan.seeds[i], training.graph->seed(i));
    float rate = 0;
    if (training.rate != kNone) std::memcpy(&rate, At(training.rate), sizeof rate);
    const std::string reason = training.graph->ExecuteGradient(rate);
    if (!reason.empty()) Fail(segment, "training graph", reason);
    run_in_graphs_ += static_cast<int64_t>(segment.operations.size());
    for (size_t i = 0; i < plan.gradients.size(); ++i) {
      CopyOut(plan.gradients[i].edge, training.graph->gradient(i));
    }
    for (const ResultEdge& one : plan.parameters) {
      CopyOut(one.edge, training.graph->input(one.input));
    }
  }

  void RunGraph(Segment& segment) {
    for (size_t i = 0; i < segment.plan.inputs.size(); ++i) {
      const GraphEdge& edge = segment.plan.inputs[i];
      if (edge.value >= 0 && !program_.constant(edge.value)) {
        CopyIn(edge, segment.graph->input(i));
      }
    }
    const std::string reason = segment.graph->Execute(segment.has_varying_parameters ||
                                                      (segment.has_parameters && !segment.has_run));
    if (!reason.empty()) Fail(segment, "graph", reason);
    segment.has_run = true;
    run_in_graphs_ += static_cast<int64_t>(segment.operations.size());
    for (size_t i = 0; i < segment.plan.outputs.size(); ++i) {
      CopyOut(segment.plan.outputs[i], segment.graph->output(i));
    }
  }

  void RunPortable(const Segment& segment) {
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    for (const Value v : segment.inputs) {
      if (!program_.constant(v)) inputs.push_back(At(v));
    }
    for (const Value v : segment.outputs) outputs.push_back(const_cast<void*>(At(v)));
    segment.portable->Run(inputs.data(), outputs.data());
  }

  void Describe() {
    std::map<int, int> graph_of;
    for (const Training& training : training_.trainings()) {
      for (const int index : training.plan.operations) graph_of[index] = graph_count_;
      ++graph_count_;
    }
    for (const Segment& segment : segments_) {
      if (!segment.graph) continue;
      for (const int index : segment.operations) graph_of[index] = graph_count_;
      ++graph_count_;
    }
    for (size_t i = 0; i < live_.size(); ++i) {
      if (!live_[i]) continue;
      const Operation& operation = program_.operations()[i];
      const auto found = graph_of.find(static_cast<int>(i));
      const bool is_in_graph = found != graph_of.end();
      const bool is_trained = training_.Has(i);
      const std::string& note = training_.note(i);
      placements_.push_back({distinct_.origins[i], operation.op, is_in_graph ? found->second : -1,
                             is_trained,
                             why_[i] + (note.empty() || is_trained ? "" : "; " + note)});
      const double flops = FlopsOf(program_, operation);
      flops_.all += flops;
      if (is_in_graph) flops_.in_graphs += flops;
      if (is_trained) flops_.in_training_graphs += flops;
    }
  }

  const DistinctProgram distinct_;
  const Program& program_;
  const Options options_;
  const std::vector<bool> live_;  // by operation
  const TrainingPlanner training_;
  std::vector<bool> in_graph_;  // in an inference graph
  std::vector<std::string> why_;
  std::vector<Segment> segments_;
  std::vector<std::vector<std::byte>> buffers_;
  std::vector<const void*> addresses_;  // by value
  std::mutex mutex_;
  int graph_count_ = 0;
  std::atomic<int64_t> run_in_graphs_{0};
};

}  // namespace

std::string AppleExecutable::Table() const {
  std::string table;
  for (const Placement& row : placements_) {
    const std::string where =
        row.graph < 0 ? "portable"
                      : StrCat(row.in_training_graph ? "training graph " : "graph ", row.graph);
    table += StrCat(Name(row.op), " | ", where, " | ", row.why, "\n");
  }
  return table;
}

std::unique_ptr<Executable> AppleBackend::Compile(const Program& program) {
  return std::make_unique<Planned>(program, options_);
}

std::string_view AppleBackend::StepKind(const OperationView& view) const {
  return Decide(view).in_graph ? "graph" : PortableBackend().StepKind(view);
}

}  // namespace mlcompute::apple
