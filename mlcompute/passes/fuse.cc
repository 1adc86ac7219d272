#include <algorithm>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <utility>

#include "mlcompute/error.h"
#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

// Partition of operations into groups; a group of one stays as it is.
class Groups {
 public:
  Groups(const Program& program, CanFuse can_fuse)
      : program_(program),
        producer_(static_cast<size_t>(program.value_count()), -1),
        level_(program.operations().size(), 0),
        fusable_(program.operations().size()),
        parent_(program.operations().size()) {
    const auto& operations = program.operations();
    for (size_t i = 0; i < operations.size(); ++i) {
      parent_[i] = i;
      for (const Value v : operations[i].results) {
        producer_[static_cast<size_t>(v)] = static_cast<int>(i);
      }
      fusable_[i] = (IsElementwise(operations[i].op) || IsSegment(i)) &&
                    can_fuse(View(program, operations[i]));
      level_[i] = LevelOf(i);
    }
    MoveToReaders();
    for (size_t i = 0; i < operations.size(); ++i) Connect(i);
    MergeAcrossLevels();
  }

  size_t Of(size_t operation) {
    while (parent_[operation] != operation) {
      parent_[operation] = parent_[parent_[operation]];
      operation = parent_[operation];
    }
    return operation;
  }

  int producer(Value v) const { return producer_[static_cast<size_t>(v)]; }

 private:
  // Sums by segment of rows: not elementwise in what it reads, but its result can be made a part at
  // a time for those who read that.
  bool IsSegment(size_t i) const { return program_.operations()[i].op == Op::kUnsortedSegment; }

  const Shape& ShapeOf(size_t i) const {
    return program_.type(program_.operations()[i].results[0]).shape;
  }

  bool Alike(size_t a, size_t b) const {
    return fusable_[a] && fusable_[b] && ShapeOf(a) == ShapeOf(b);
  }

  // The largest number of times a path to the operation enters fusable ground of its shape from
  // elsewhere. It never falls along a path and rises when a path leaves operations of one shape and
  // comes back, so operations of one level and shape can be merged without a cycle.
  int LevelOf(size_t i) const {
    int level = 0;
    for (const Value v : program_.operations()[i].inputs) {
      const int p = producer(v);
      if (p < 0) continue;
      const auto source = static_cast<size_t>(p);
      const bool enters = fusable_[i] && (IsSegment(i) || !Alike(source, i));
      level = std::max(level, level_[source] + (enters ? 1 : 0));
    }
    return level;
  }

  // What is cheap and read by one operation takes that one's level, to be made where it is read
  // and not where its input was. Levels stay what they have to be: they do not fall along a path,
  // and where a path comes back to the operation, the reader is one level higher as well.
  void MoveToReaders() {
    const Readers readers(program_);
    for (size_t i = program_.operations().size(); i-- > 0;) {
      if (readers.is_output[i] || readers.readers[i].size() != 1) continue;
      const auto reader = static_cast<size_t>(readers.readers[i][0]);
      if (Alike(i, reader) && !IsSegment(reader) &&
          IsCheap(program_, readers, program_.operations()[i])) {
        level_[i] = level_[reader];
      }
    }
  }

  void Join(size_t a, size_t b) { parent_[Of(a)] = Of(b); }

  void Connect(size_t i) {
    if (!fusable_[i] || IsSegment(i)) return;
    for (const Value v : program_.operations()[i].inputs) {
      const int p = producer(v);
      if (p >= 0 && Alike(static_cast<size_t>(p), i) &&
          level_[static_cast<size_t>(p)] == level_[i]) {
        Join(i, static_cast<size_t>(p));
      }
      // Reading one large value together saves reading it twice.
      if (program_.type(v).shape == ShapeOf(i) && ShapeOf(i).elements() > 1) {
        const auto [it, is_first] = readers_.emplace(std::pair(v, level_[i]), i);
        if (!is_first) Join(i, it->second);
      }
    }
  }

  // Levels keep apart some groups that no third one lies between: those are merged one by one.
  void MergeAcrossLevels() {
    const auto& operations = program_.operations();
    members_.resize(operations.size());
    consumers_.resize(operations.size());
    visited_.resize(operations.size(), 0);
    for (size_t i = 0; i < operations.size(); ++i) {
      members_[Of(i)].push_back(i);
      for (const Value v : operations[i].inputs) {
        if (producer(v) >= 0) consumers_[static_cast<size_t>(producer(v))].push_back(i);
      }
    }
    std::map<Value, size_t> readers;
    for (size_t i = 0; i < operations.size(); ++i) {
      if (!fusable_[i] || IsSegment(i)) continue;
      for (const Value v : operations[i].inputs) {
        const int p = producer(v);
        if (p >= 0 && Alike(static_cast<size_t>(p), i)) TryMerge(static_cast<size_t>(p), i);
        if (program_.type(v).shape == ShapeOf(i) && ShapeOf(i).elements() > 1) {
          const auto [it, is_first] = readers.emplace(v, i);
          if (!is_first) TryMerge(it->second, i);
        }
      }
    }
  }

  void TryMerge(size_t i, size_t k) {
    const size_t a = Of(i);
    const size_t b = Of(k);
    if (a == b || LeadsTo(a, b) || LeadsTo(b, a)) return;
    Join(a, b);
    members_[b].insert(members_[b].end(), members_[a].begin(), members_[a].end());
    std::sort(members_[b].begin(), members_[b].end());
    members_[a].clear();
  }

  // Whether a path from group `a` to group `b` leads through other groups, or into a sum by
  // segment, which needs its inputs whole.
  bool LeadsTo(size_t a, size_t b) {
    ++visit_;
    std::vector<size_t> stack = {a};
    while (!stack.empty()) {
      const size_t group = stack.back();
      stack.pop_back();
      for (const size_t member : members_[group]) {
        for (const size_t consumer : consumers_[member]) {
          const size_t next = Of(consumer);
          if (next == b && (group != a || IsSegment(consumer))) return true;
          if (next == a || next == b || visited_[next] == visit_) continue;
          visited_[next] = visit_;
          stack.push_back(next);
        }
      }
    }
    return false;
  }

  const Program& program_;
  std::vector<int> producer_;
  std::vector<int> level_;
  std::vector<bool> fusable_;
  std::vector<size_t> parent_;
  std::map<std::pair<Value, int>, size_t> readers_;
  std::vector<std::vector<size_t>> members_;    // by group, ascending
  std::vector<std::vector<size_t>> consumers_;  // by operation
  std::vector<int> visited_;                    // by group: the search that came by last
  int visit_ = 0;
};

class Fuser {
 public:
  Fuser(const Program& program, CanFuse can_fuse)
      : program_(program), rewriter_(program), groups_(program, can_fuse) {
    for (size_t i = 0; i < program.operations().size(); ++i) members_[groups_.Of(i)].push_back(i);
    for (const Value v : program.outputs()) read_outside_.insert(v);
    for (size_t i = 0; i < program.operations().size(); ++i) {
      for (const Value v : program.operations()[i].inputs) {
        const int p = groups_.producer(v);
        if (p >= 0 && groups_.Of(static_cast<size_t>(p)) != groups_.Of(i)) {
          read_outside_.insert(v);
        }
      }
    }
  }

  Program Run() {
    for (const size_t group : Order()) {
      const std::vector<size_t>& members = members_[group];
      if (members.size() == 1) {
        rewriter_.Copy(program_.operations()[members[0]]);
      } else {
        Emit(members);
      }
    }
    return rewriter_.Finish();
  }

 private:
  // Groups after those they read from, otherwise as the operations came.
  std::vector<size_t> Order() {
    std::map<size_t, std::set<size_t>> waits;
    std::map<size_t, std::vector<size_t>> wakes;
    for (const auto& [group, members] : members_) {
      for (const size_t m : members) {
        for (const Value v : program_.operations()[m].inputs) {
          const int p = groups_.producer(v);
          const size_t source = p < 0 ? group : groups_.Of(static_cast<size_t>(p));
          if (source != group && waits[group].insert(source).second) {
            wakes[source].push_back(group);
          }
        }
      }
    }
    using Ready = std::pair<size_t, size_t>;  // last member, group
    std::priority_queue<Ready, std::vector<Ready>, std::greater<Ready>> ready;
    for (const auto& [group, members] : members_) {
      if (waits[group].empty()) ready.push({members.back(), group});
    }
    std::vector<size_t> order;
    while (!ready.empty()) {
      const size_t group = ready.top().second;
      ready.pop();
      order.push_back(group);
      for (const size_t next : wakes[group]) {
        waits[next].erase(group);
        if (waits[next].empty()) ready.push({members_[next].back(), next});
      }
    }
    return order;
  }

  void Emit(const std::vector<size_t>& members) {
    auto body = std::make_shared<Program>();
    std::map<Value, Value> inside;
    std::vector<Value> inputs;
    std::vector<Value> outputs;
    std::map<std::string, Value> made;
    for (const size_t m : members) {
      const Operation& operation = program_.operations()[m];
      std::vector<Value> renamed;
      for (const Value v : operation.inputs) {
        const auto [it, is_new] = inside.emplace(v, 0);
        if (is_new) {
          it->second = body->AddInput(program_.type(v));
          inputs.push_back(rewriter_.Get(v));
        }
        renamed.push_back(it->second);
      }
      // Copies of one operation that came together are one again.
      std::string key = StrCat(static_cast<int>(operation.op), operation.attributes.ToString());
      for (const Value v : renamed) key += StrCat(' ', v);
      const auto [it, is_new] = made.emplace(std::move(key), -1);
      if (is_new) it->second = body->Append(operation.op, renamed, operation.attributes);
      inside[operation.results[0]] = it->second;
      if (read_outside_.count(operation.results[0])) outputs.push_back(operation.results[0]);
    }
    if (outputs.empty()) return;     // nothing reads any of it
    std::map<Value, size_t> places;  // by value of the body: which output it is
    for (const Value v : outputs) {
      if (places.emplace(inside[v], places.size()).second) body->AddOutput(inside[v]);
    }
    const std::vector<Value> results = rewriter_.result().AppendFused(inputs, body);
    for (const Value v : outputs) rewriter_.Set(v, results[places[inside[v]]]);
  }

  const Program& program_;
  Rewriter rewriter_;
  Groups groups_;
  std::map<size_t, std::vector<size_t>> members_;
  std::set<Value> read_outside_;
};

}  // namespace

Program FuseElementwise(const Program& program, CanFuse can_fuse) {
  return Fuser(program, can_fuse).Run();
}

}  // namespace mlcompute
