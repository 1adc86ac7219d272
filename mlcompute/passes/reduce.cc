#include <algorithm>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "mlcompute/passes/body_builder.h"
#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

class Reducer {
 public:
  Reducer(const Program& program, const Abilities& can)
      : program_(program),
        can_(can),
        readers_(program),
        rewriter_(program),
        members_(program.operations().size()) {
    for (size_t i = 0; i < members_.size(); ++i) {
      group_.push_back(i);
      members_[i].push_back(i);
      is_host_.push_back(IsHost(program.operations()[i]));
    }
  }

  Program Run() {
    const auto& operations = program_.operations();
    for (size_t i = 0; i < operations.size(); ++i) {
      if (Kind(operations[i].op) == OpKind::kReduction && can_.reduce &&
          can_.reduce(View(program_, operations[i]))) {
        FindHost(i);
      }
    }
    for (const size_t group : Order()) Emit(group);
    return rewriter_.Finish();
  }

 private:
  // Elementwise operations of one shape, without a product or sums by segment.
  bool IsHost(const Operation& operation) const {
    if (IsElementwise(operation.op)) return can_.fuse(View(program_, operation));
    if (!operation.body) return false;
    const auto& inner = operation.body->operations();
    return std::all_of(inner.begin(), inner.end(),
                       [](const Operation& o) { return IsElementwise(o.op); });
  }

  // The reduction joins who makes what it reduces, or else somebody who reads it too.
  void FindHost(size_t reduction) {
    const Value x = program_.operations()[reduction].inputs[0];
    const int producer = readers_.producer[static_cast<size_t>(x)];
    if (producer >= 0 && TryJoin(reduction, static_cast<size_t>(producer), x)) return;
    for (size_t i = 0; i < members_.size(); ++i) {
      const std::vector<Value>& read = program_.operations()[i].inputs;
      if (is_host_[i] && std::count(read.begin(), read.end(), x) > 0 && TryJoin(reduction, i, x)) {
        return;
      }
    }
  }

  bool TryJoin(size_t reduction, size_t host, Value x) {
    const Operation& operation = program_.operations()[host];
    if (!is_host_[host] || program_.type(operation.results[0]).shape != program_.type(x).shape ||
        !KeepsTheSame(reduction, host) || Needs(group_[host], group_[reduction])) {
      return false;
    }
    members_[group_[host]].push_back(reduction);
    members_[reduction].clear();
    group_[reduction] = group_[host];
    return true;
  }

  // All reductions of a group keep as much of its shape.
  bool KeepsTheSame(size_t reduction, size_t host) const {
    const size_t other = members_[host].back();
    const auto kept = [&](size_t i) {
      return program_.type(program_.operations()[i].results[0]).elements();
    };
    return other == host || kept(other) == kept(reduction);
  }

  // Whether group `a` reads, at first or second hand, what `b` gives.
  bool Needs(size_t a, size_t b) const {
    std::vector<bool> seen(members_.size(), false);
    std::vector<size_t> stack = {a};
    while (!stack.empty()) {
      const size_t group = stack.back();
      stack.pop_back();
      for (const size_t source : Sources(group)) {
        if (source == b) return true;
        if (seen[source]) continue;
        seen[source] = true;
        stack.push_back(source);
      }
    }
    return false;
  }

  std::set<size_t> Sources(size_t group) const {
    std::set<size_t> sources;
    for (const size_t member : members_[group]) {
      for (const Value v : program_.operations()[member].inputs) {
        const int p = readers_.producer[static_cast<size_t>(v)];
        if (p >= 0 && group_[static_cast<size_t>(p)] != group) {
          sources.insert(group_[static_cast<size_t>(p)]);
        }
      }
    }
    return sources;
  }

  // Groups after those they read from, otherwise as the operations came.
  std::vector<size_t> Order() const {
    std::vector<size_t> waits(members_.size(), 0);
    std::vector<std::vector<size_t>> wakes(members_.size());
    std::priority_queue<size_t, std::vector<size_t>, std::greater<size_t>> ready;
    for (size_t group = 0; group < members_.size(); ++group) {
      if (members_[group].empty()) continue;
      const std::set<size_t> sources = Sources(group);
      waits[group] = sources.size();
      for (const size_t source : sources) wakes[source].push_back(group);
      if (sources.empty()) ready.push(group);
    }
    std::vector<size_t> order;
    while (!ready.empty()) {
      order.push_back(ready.top());
      ready.pop();
      for (const size_t next : wakes[order.back()]) {
        if (--waits[next] == 0) ready.push(next);
      }
    }
    return order;
  }

  void Emit(size_t group) {
    const auto& operations = program_.operations();
    if (members_[group].size() == 1) return rewriter_.Copy(operations[group]);
    BodyBuilder builder(program_);
    std::vector<Value> outputs;
    for (const size_t member : members_[group]) {
      builder.Append(operations[member]);
      for (const Value v : operations[member].results) {
        if (IsReadOutside(v, group)) outputs.push_back(v);
      }
    }
    if (!outputs.empty()) builder.Finish(outputs, &rewriter_);
  }

  bool IsReadOutside(Value v, size_t group) const {
    const auto& outputs = program_.outputs();
    if (std::count(outputs.begin(), outputs.end(), v) > 0) return true;
    const int p = readers_.producer[static_cast<size_t>(v)];
    const std::vector<int>& list = readers_.readers[static_cast<size_t>(p)];
    return std::any_of(list.begin(), list.end(), [&](int reader) {
      const std::vector<Value>& read = program_.operations()[static_cast<size_t>(reader)].inputs;
      return group_[static_cast<size_t>(reader)] != group &&
             std::count(read.begin(), read.end(), v) > 0;
    });
  }

  const Program& program_;
  const Abilities can_;
  const Readers readers_;
  Rewriter rewriter_;
  std::vector<size_t> group_;                 // by operation: the host it runs with, or itself
  std::vector<std::vector<size_t>> members_;  // by group: the host, then reductions
  std::vector<bool> is_host_;
};

}  // namespace

Program JoinReductions(const Program& program, const Abilities& can) {
  return Reducer(program, can).Run();
}

}  // namespace mlcompute
