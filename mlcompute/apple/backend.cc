#include "mlcompute/apple/backend.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "mlcompute/apple/graph_group.h"
#include "mlcompute/apple/group_builder.h"
#include "mlcompute/apple/rules.h"
#include "mlcompute/error.h"

namespace mlcompute::apple {
namespace {

// Elements of `from`, whose axes are `shape`, in the order of the permuted axes.
void CopyPermuted(const void* from, const Shape& shape, const std::vector<int>& permutation,
                  size_t size, void* to) {
  if (std::is_sorted(permutation.begin(), permutation.end())) {
    std::memcpy(to, from, static_cast<size_t>(shape.elements()) * size);
    return;
  }
  const std::vector<int64_t> strides = shape.Strides();
  const size_t rank = permutation.size();
  std::vector<int64_t> index(rank, 0);
  const auto* source = static_cast<const std::byte*>(from);
  auto* target = static_cast<std::byte*>(to);
  int64_t offset = 0;
  for (int64_t n = shape.elements(); n > 0; --n) {
    std::memcpy(target, source + static_cast<size_t>(offset) * size, size);
    target += size;
    for (size_t i = rank; i-- > 0;) {
      const auto axis = static_cast<size_t>(permutation[i]);
      offset += strides[axis];
      if (++index[i] < shape[permutation[i]]) break;
      offset -= index[i] * strides[axis];
      index[i] = 0;
    }
  }
}

// A run of operations on one side: a graph, or a part of the Program for the portable backend.
struct Segment {
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

class Planned : public AppleExecutable {
 public:
  Planned(const Program& program, const Options& options)
      : AppleExecutable(program), program_(program), options_(options) {
    DecideAll();
    while (!PlanSegments()) segments_.clear();
    Prepare();
    Describe();
  }

  int graph_count() const override { return graph_count_; }
  int64_t operations_run_in_graphs() const override { return run_in_graphs_; }
  bool CanShare(int /*output*/, int /*input*/) const override { return false; }

  void Run(const void* const* inputs, void* const* outputs) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (size_t i = 0; i < program_.inputs().size(); ++i) At(program_.inputs()[i]) = inputs[i];
    for (Segment& segment : segments_) {
      if (segment.graph) {
        RunGraph(segment);
      } else {
        RunPortable(segment);
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
    std::set<Value> needed(program_.outputs().begin(), program_.outputs().end());
    const auto count = program_.operations().size();
    live_.resize(count);
    in_graph_.resize(count);
    why_.resize(count);
    for (size_t i = count; i-- > 0;) {
      const Operation& operation = program_.operations()[i];
      live_[i] = std::any_of(operation.results.begin(), operation.results.end(),
                             [&](Value v) { return needed.count(v) != 0; });
      if (!live_[i]) continue;
      needed.insert(operation.inputs.begin(), operation.inputs.end());
      Decision decision = Decide(program_, operation);
      in_graph_[i] = decision.in_graph;
      why_[i] = std::move(decision.why);
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
      return live_[i] && !done[i] &&
             std::all_of(inputs.begin(), inputs.end(), [&](Value v) { return there.count(v); });
    };
    const auto take = [&](size_t i) {
      done[i] = true;
      const auto& results = program_.operations()[i].results;
      there.insert(results.begin(), results.end());
    };
    // Graphs follow graphs where operations do not fit into one.
    for (bool more = true; more;) {
      more = false;
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
      const Operation& operation = OperationAt(index);
      std::vector<Value> inputs;
      for (const Value v : operation.inputs) inputs.push_back(to.at(v));
      const std::vector<Value> results =
          operation.op == Op::kFused ? part.AppendFused(inputs, operation.body)
                                     : part.AppendMulti(operation.op, inputs, operation.attributes);
      for (size_t i = 0; i < results.size(); ++i) to[operation.results[i]] = results[i];
    }
    for (const Value v : segment.outputs) part.AddOutput(to.at(v));
    return part;
  }

  bool MakeGraph(Segment* segment) {
    Refusal refusal;
    segment->graph = GraphGroup::Make(segment->plan, options_.device, &refusal);
    if (segment->graph) return true;
    std::vector<int> refused = segment->operations;
    if (refusal.operation >= 0) refused = {refusal.operation};
    if (!options_.portable_takes_over) {
      throw Unimplemented("operation ", Name(OperationAt(refused[0]).op),
                          refused.size() > 1 ? " and what is with it in one graph" : "",
                          ": MLCompute refuses: ", refusal.reason);
    }
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
    for (Segment& segment : segments_) {
      for (const Value v : segment.outputs) {
        buffers_.emplace_back(program_.type(v).bytes());
        At(v) = buffers_.back().data();
      }
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
          FillInput(segment, i);
        } else {
          segment.has_varying_parameters |= edge.is_parameter;
        }
      }
    }
  }

  void FillInput(const Segment& segment, size_t i) {
    const GraphEdge& edge = segment.plan.inputs[i];
    CopyPermuted(At(edge.value), edge.shape, edge.permutation,
                 SizeOf(program_.type(edge.value).dtype), segment.graph->input(i));
  }

  void RunGraph(Segment& segment) {
    for (size_t i = 0; i < segment.plan.inputs.size(); ++i) {
      const Value v = segment.plan.inputs[i].value;
      if (v >= 0 && !program_.constant(v)) FillInput(segment, i);
    }
    const std::string reason = segment.graph->Execute(segment.has_varying_parameters ||
                                                      (segment.has_parameters && !segment.has_run));
    if (!reason.empty()) {
      throw Internal("a graph of ", segment.operations.size(), " operations from ",
                     Name(OperationAt(segment.operations[0]).op),
                     " on: MLCompute failed: ", reason);
    }
    segment.has_run = true;
    run_in_graphs_ += static_cast<int64_t>(segment.operations.size());
    for (size_t i = 0; i < segment.plan.outputs.size(); ++i) {
      const GraphEdge& edge = segment.plan.outputs[i];
      CopyPermuted(segment.graph->output(i), edge.shape, edge.permutation,
                   SizeOf(program_.type(edge.value).dtype), const_cast<void*>(At(edge.value)));
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
    for (const Segment& segment : segments_) {
      if (!segment.graph) continue;
      for (const int index : segment.operations) graph_of[index] = graph_count_;
      ++graph_count_;
    }
    for (size_t i = 0; i < live_.size(); ++i) {
      if (!live_[i]) continue;
      const auto found = graph_of.find(static_cast<int>(i));
      placements_.push_back({static_cast<int>(i), program_.operations()[i].op,
                             found == graph_of.end() ? -1 : found->second, why_[i]});
    }
  }

  const Program program_;
  const Options options_;
  std::vector<bool> live_;  // by operation
  std::vector<bool> in_graph_;
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
    table += StrCat(Name(row.op), " | ",
                    row.graph < 0 ? std::string("portable") : StrCat("graph ", row.graph), " | ",
                    row.why, "\n");
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
