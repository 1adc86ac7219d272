#include <algorithm>
#include <map>
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

constexpr size_t kMostInRows = 64;  // operations

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
      if (ReducesRows(i)) GrowRows(i);
    }
    for (size_t i = 0; i < operations.size(); ++i) {
      if (Reduces(operations[i].op) && can_.reduce && can_.reduce(View(program_, operations[i]))) {
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
    if (operation.op != Op::kFused) return false;
    const auto& inner = operation.body->operations();
    return std::all_of(inner.begin(), inner.end(),
                       [](const Operation& o) { return IsElementwise(o.op); });
  }

  // ---- reductions over the last axis

  bool ReducesRows(size_t i) const {
    const Operation& operation = program_.operations()[i];
    return Kind(operation.op) == OpKind::kReduction && can_.reduce_rows &&
           can_.reduce_rows(View(program_, operation));
  }

  // Takes in, as long as there is something, who makes or reads what the group makes or reads.
  void GrowRows(size_t reduction) {
    const auto& operations = program_.operations();
    const Shape shape = program_.type(operations[reduction].inputs[0]).shape;
    rows_.emplace(group_[reduction], shape);
    for (bool grows = true; grows;) {
      grows = false;
      const size_t group = group_[reduction];
      std::set<size_t> neighbours;
      for (const size_t member : members_[group]) {
        for (const Value v : operations[member].inputs) {
          const int p = readers_.producer[static_cast<size_t>(v)];
          if (p >= 0) neighbours.insert(static_cast<size_t>(p));
        }
        for (const int reader : readers_.readers[member]) {
          neighbours.insert(static_cast<size_t>(reader));
        }
      }
      for (const size_t i : neighbours) grows = TryJoinRows(i, group, shape) || grows;
    }
  }

  bool TryJoinRows(size_t i, size_t group, const Shape& shape) {
    const size_t other = group_[i];
    if (other == group || !FitsRows(i, shape) || SizeOf(group) + SizeOf(other) > kMostInRows) {
      return false;
    }
    const auto known = rows_.find(other);
    if (known == rows_.end() ? members_[other].size() > 1 : known->second != shape) return false;
    if (NeedsThroughOthers(group, other) || NeedsThroughOthers(other, group)) return false;
    for (const size_t member : members_[other]) group_[member] = group;
    members_[group].insert(members_[group].end(), members_[other].begin(), members_[other].end());
    members_[other].clear();
    rows_.erase(other);
    return true;
  }

  // Whether the operation works on elements or rows of a matrix of that shape.
  bool FitsRows(size_t i, const Shape& shape) const {
    const Operation& operation = program_.operations()[i];
    if (Kind(operation.op) == OpKind::kReduction) {
      return ReducesRows(i) && program_.type(operation.inputs[0]).shape == shape;
    }
    if (!is_host_[i]) return false;
    const bool is_of_rows = IsOfRows(program_.type(operation.results[0]).shape, shape);
    const auto is_simple = [](DataType type) {
      return type == DataType::kFloat32 || type == DataType::kBFloat16 ||
             type == DataType::kFloat16 || type == DataType::kBool;
    };
    if (operation.body) {
      const Program& body = *operation.body;
      for (Value v = 0; v < body.value_count(); ++v) {
        if (!is_simple(body.type(v).dtype)) return false;
      }
    }
    for (const Value v : operation.results) {
      const TensorType& type = program_.type(v);
      if (is_of_rows ? type.dtype != DataType::kFloat32 || !IsOfRows(type.shape, shape)
                     : !is_simple(type.dtype) || type.shape != shape) {
        return false;
      }
    }
    for (const Value v : operation.inputs) {
      const TensorType& type = program_.type(v);
      if (!is_simple(type.dtype)) return false;
      if (type.elements() == 1 || IsOfRows(type.shape, shape)) continue;
      if (is_of_rows || (type.shape != shape && !IsOfColumns(type.shape, shape))) return false;
    }
    return true;
  }

  // One number for each row, or for each column, of the matrix.
  static bool IsOfRows(const Shape& shape, const Shape& matrix) {
    if (shape.rank() != matrix.rank() || shape[shape.rank() - 1] != 1) return false;
    return std::equal(shape.dims().begin(), shape.dims().end() - 1, matrix.dims().begin());
  }
  static bool IsOfColumns(const Shape& shape, const Shape& matrix) {
    return shape.rank() > 0 && shape.dims().back() == matrix.dims().back() &&
           shape.elements() == matrix.dims().back();
  }

  size_t SizeOf(size_t group) const {
    size_t size = 0;
    for (const size_t member : members_[group]) {
      const Operation& operation = program_.operations()[member];
      size += operation.body ? operation.body->operations().size() : 1;
    }
    return size;
  }

  // ---- reductions over leading axes

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

  // All these reductions of a group keep as much of its shape: a row, if it works on rows.
  bool KeepsTheSame(size_t reduction, size_t host) const {
    const auto type = [&](size_t i) { return program_.type(program_.operations()[i].results[0]); };
    const size_t group = group_[host];
    const auto rows = rows_.find(group);
    if (rows != rows_.end()) {
      return program_.operations()[reduction].op != Op::kMoments &&
             type(reduction).elements() == rows->second.dims().back() &&
             type(reduction).dtype == DataType::kFloat32;
    }
    const size_t other = members_[group].back();
    return other == host || type(other).elements() == type(reduction).elements();
  }

  // Whether group `a` reads, at first or second hand, what `b` gives.
  bool Needs(size_t a, size_t b) const {
    return Sources(a).count(b) > 0 || NeedsThroughOthers(a, b);
  }

  bool NeedsThroughOthers(size_t a, size_t b) const {
    std::vector<bool> seen(members_.size(), false);
    std::vector<size_t> stack;
    for (const size_t source : Sources(a)) {
      if (source != b) stack.push_back(source);
    }
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
    std::sort(members_[group].begin(), members_[group].end());
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
  std::vector<std::vector<size_t>> members_;  // by group
  std::vector<bool> is_host_;
  std::map<size_t, Shape> rows_;  // by group that reduces over the last axis: what
};

}  // namespace

Program JoinReductions(const Program& program, const Abilities& can) {
  return Reducer(program, can).Run();
}

}  // namespace mlcompute
