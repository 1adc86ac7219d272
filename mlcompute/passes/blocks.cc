#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "mlcompute/error.h"
#include "mlcompute/passes/block_regions.h"
#include "mlcompute/passes/block_rules.h"
#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

Value Converted(Program* program, Value v, DataType dtype) {
  if (program->type(v).dtype == dtype) return v;
  return program->Append(Op::kCast, {v}, {{"to", dtype}});
}

// Replaces regions by one operation each, in an order that what they read allows.
class Writer {
 public:
  Writer(const Program& program, const std::vector<BlockRegion>& regions)
      : program_(program),
        operations_(program.operations()),
        regions_(regions),
        readers_(program),
        rewriter_(program),
        region_of_(operations_.size(), -1),
        is_held_(operations_.size(), false),
        is_needed_(operations_.size(), false) {
    for (size_t r = 0; r < regions.size(); ++r) {
      for (const size_t i : regions[r].members) region_of_[i] = static_cast<int>(r);
    }
    for (const BlockRegion& region : regions) {
      for (const size_t i : region.members) is_held_[i] = true;
      for (const size_t i : region.copies) is_held_[i] = true;
    }
    for (size_t i = operations_.size(); i-- > 0;) is_needed_[i] = IsNeeded(i);
  }

  // False if regions wait for each other.
  bool Write(Program* result) {
    const size_t count = operations_.size() + regions_.size();
    std::vector<std::set<size_t>> before(count), behind(count);
    const auto needs = [&](size_t node, const Operation& operation) {
      for (const Value v : operation.inputs) {
        const int p = readers_.producer[static_cast<size_t>(v)];
        if (p < 0) continue;
        const size_t from = NodeOf(static_cast<size_t>(p));
        if (from == node) continue;
        before[node].insert(from);
        behind[from].insert(node);
      }
    };
    for (size_t i = 0; i < operations_.size(); ++i) needs(NodeOf(i), operations_[i]);
    for (size_t r = 0; r < regions_.size(); ++r) {
      for (const size_t i : regions_[r].copies) needs(operations_.size() + r, operations_[i]);
    }
    using Place = std::pair<size_t, size_t>;  // where the last of a node's operations was; the node
    std::priority_queue<Place, std::vector<Place>, std::greater<Place>> ready;
    const auto place = [&](size_t node) {
      return node < operations_.size() ? node
                                       : *regions_[node - operations_.size()].members.rbegin();
    };
    size_t nodes = 0;
    for (size_t node = 0; node < count; ++node) {
      if (node < operations_.size() && region_of_[node] >= 0) continue;
      ++nodes;
      if (before[node].empty()) ready.emplace(place(node), node);
    }
    for (; !ready.empty(); --nodes) {
      const size_t node = ready.top().second;
      ready.pop();
      if (node < operations_.size()) {
        if (is_needed_[node]) rewriter_.Copy(operations_[node]);
      } else {
        Emit(regions_[node - operations_.size()]);
      }
      for (const size_t next : behind[node]) {
        before[next].erase(node);
        if (before[next].empty()) ready.emplace(place(next), next);
      }
    }
    if (nodes > 0) return false;
    *result = rewriter_.Finish();
    return true;
  }

 private:
  size_t NodeOf(size_t i) const {
    return region_of_[i] < 0 ? i : operations_.size() + static_cast<size_t>(region_of_[i]);
  }

  // Whether the operation's results are read outside its region, if it is in one: not where it is
  // copied to all that read it.
  bool IsNeeded(size_t i) const {
    if (readers_.is_output[i]) return true;
    for (const int reader : readers_.readers[i]) {
      const auto r = static_cast<size_t>(reader);
      if (region_of_[r] < 0 && is_needed_[r]) return true;
      if (!is_held_[r]) continue;
      for (const BlockRegion& region : regions_) {
        if (region.Holds(r) && !region.Holds(i)) return true;
      }
    }
    return false;
  }

  void Emit(const BlockRegion& region) {
    auto body = std::make_shared<Program>();
    std::map<std::pair<Value, bool>, Value> inside;  // by value, and whether it is a block of it
    std::vector<Value> inputs;
    const auto take = [&](Value v, bool split) {
      const auto [it, is_new] = inside.emplace(std::make_pair(v, split), -1);
      if (!is_new) return it->second;
      const TensorType& type = program_.type(v);
      if (const std::byte* bytes = program_.constant(v); bytes && !split) {
        return it->second = body->AddConstant(type, bytes);
      }
      inputs.push_back(rewriter_.Get(v));
      return it->second = body->AddInput(split ? BlockType(type, region.blocks) : type);
    };
    std::set<size_t> all = region.members;
    all.insert(region.copies.begin(), region.copies.end());
    std::vector<Value> outputs;
    std::vector<bool> sums;
    for (const size_t i : all) {
      const Operation& operation = operations_[i];
      const BlockRule rule = *RuleOf(program_, operation, region.n);
      std::vector<Value> read;
      for (size_t k = 0; k < operation.inputs.size(); ++k) {
        const Value v = take(operation.inputs[k], rule.split[k]);
        read.push_back(rule.is_sum ? Converted(body.get(), v, DataType::kFloat32) : v);
      }
      const std::vector<Value> made =
          body->AppendMulti(operation.op, read, OfBlock(operation, region.blocks));
      for (size_t k = 0; k < made.size(); ++k) {
        const Value v = operation.results[k];
        const TensorType& type = program_.type(v);
        const TensorType sum = {DataType::kFloat32, type.shape};
        if (body->type(made[k]) != (rule.is_sum ? sum : BlockType(type, region.blocks))) {
          throw Internal("a block of ", Name(operation.op), " is ", body->type(made[k]).ToString());
        }
        inside[{v, true}] = made[k];
        if (region.members.count(i) == 0 || !is_needed_[i]) continue;
        outputs.push_back(v);
        sums.push_back(rule.is_sum);
      }
    }
    for (const Value v : outputs) body->AddOutput(inside[{v, true}]);
    const std::vector<Value> results =
        rewriter_.result().AppendBlocked(inputs, body, region.blocks, sums);
    for (size_t k = 0; k < outputs.size(); ++k) {
      const DataType dtype = program_.type(outputs[k]).dtype;
      rewriter_.Set(outputs[k], Converted(&rewriter_.result(), results[k], dtype));
    }
  }

  const Program& program_;
  const std::vector<Operation>& operations_;
  const std::vector<BlockRegion>& regions_;
  const Readers readers_;
  Rewriter rewriter_;
  std::vector<int> region_of_;  // by operation
  std::vector<bool> is_held_;   // by operation: whether a region runs it
  std::vector<bool> is_needed_;
};

}  // namespace

Program RunInBlocks(const Program& program, const Abilities& can) {
  if (!can.blocks) return program;
  for (std::vector<BlockRegion> regions = FindBlockRegions(program, can); !regions.empty();
       regions.pop_back()) {
    Program result;
    if (Writer(program, regions).Write(&result)) return result;
  }
  return program;
}

}  // namespace mlcompute
