#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "mlcompute/error.h"
#include "mlcompute/passes/block_rules.h"
#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

bool IsMovement(Op op) { return op == Op::kReshape || op == Op::kTranspose; }

struct Region {
  int64_t n = 0;              // the first axis of its products
  std::vector<size_t> seeds;  // products
  std::set<size_t> members;   // operations that only the region runs
  std::set<size_t> copies;    // reshapes and transpositions of what it reads, run by it as well
  int64_t blocks = 0;         // 0: not worth it

  bool Holds(size_t i) const { return members.count(i) > 0 || copies.count(i) > 0; }
};

// How a product's result reaches an operation: by operations that keep to blocks, and by others.
struct Reach {
  std::vector<bool> in_blocks, otherwise;
};

class Finder {
 public:
  Finder(const Program& program, const Abilities& can)
      : program_(program), operations_(program.operations()), readers_(program), can_(can) {}

  std::vector<Region> Find() {
    for (size_t i = 0; i < operations_.size(); ++i) {
      if (IsSeed(i)) AddSeed(i);
    }
    for (Region& region : regions_) {
      AddBetween(&region);
      while (AddBefore(&region) || AddBehind(&region)) {
      }
      region.blocks = BlocksOf(region);
    }
    regions_.erase(std::remove_if(regions_.begin(), regions_.end(),
                                  [](const Region& region) { return region.blocks == 0; }),
                   regions_.end());
    return std::move(regions_);
  }

 private:
  int ProducerOf(Value v) const { return readers_.producer[static_cast<size_t>(v)]; }

  // A product of as many matrices on either side.
  bool IsSeed(size_t i) const {
    const Operation& operation = operations_[i];
    if (operation.op != Op::kMatMul) return false;
    const Shape& a = program_.type(operation.inputs[0]).shape;
    return a.rank() > 2 && a[0] > 1 && SplitInputs(program_, operation, a[0]).has_value();
  }

  int64_t RowsOf(size_t seed) const { return program_.type(operations_[seed].inputs[0]).shape[0]; }

  bool KeepsBlocks(size_t i, int64_t n) const {
    return SplitInputs(program_, operations_[i], n).has_value();
  }

  // Whether `i` reads the result of `from` block by block.
  bool ReadsBlocks(size_t i, int from, int64_t n) const {
    const auto split = SplitInputs(program_, operations_[i], n);
    if (!split) return false;
    for (size_t k = 0; k < operations_[i].inputs.size(); ++k) {
      if (ProducerOf(operations_[i].inputs[k]) == from && !(*split)[k]) return false;
    }
    return true;
  }

  Reach ReachOf(size_t seed, int64_t n) const {
    Reach reach{std::vector<bool>(operations_.size(), false),
                std::vector<bool>(operations_.size(), false)};
    reach.in_blocks[seed] = true;
    for (size_t i = seed + 1; i < operations_.size(); ++i) {
      for (const Value v : operations_[i].inputs) {
        const int p = ProducerOf(v);
        if (p < static_cast<int>(seed)) continue;
        const auto from = static_cast<size_t>(p);
        if (reach.otherwise[from]) reach.otherwise[i] = true;
        if (!reach.in_blocks[from]) continue;
        if (ReadsBlocks(i, p, n)) {
          reach.in_blocks[i] = true;
        } else {
          reach.otherwise[i] = true;
        }
      }
    }
    return reach;
  }

  // The tensors that a product reads, before they are reshaped and transposed.
  std::set<Value> Sources(size_t seed) const {
    std::set<Value> sources;
    for (Value v : operations_[seed].inputs) {
      for (int p = ProducerOf(v); p >= 0; p = ProducerOf(v)) {
        const Operation& operation = operations_[static_cast<size_t>(p)];
        if (!IsMovement(operation.op)) break;
        v = operation.inputs[0];
      }
      sources.insert(v);
    }
    return sources;
  }

  // To a region one of whose products it reads the result of, or an operand; nothing else may lead
  // from there to it, as then the region could not be run as one.
  void AddSeed(size_t i) {
    const int64_t n = RowsOf(i);
    const std::set<Value> sources = Sources(i);
    const auto fits = [&](const Region& region) {
      bool is_near = false;
      for (const size_t seed : region.seeds) {
        const Reach& reach = reach_.at(seed);
        if (reach.otherwise[i]) return false;
        if (reach.in_blocks[i]) is_near = true;
        for (const Value v : Sources(seed)) is_near = is_near || sources.count(v) > 0;
      }
      return is_near;
    };
    Region* home = nullptr;
    for (Region& region : regions_) {
      if (region.n == n && fits(region)) home = &region;
    }
    if (!home) {
      regions_.push_back({n, {}, {}, {}, 0});
      home = &regions_.back();
    }
    home->seeds.push_back(i);
    home->members.insert(i);
    reach_.emplace(i, ReachOf(i, n));
  }

  // What leads from one of its products to another.
  void AddBetween(Region* region) const {
    std::vector<bool> leads(operations_.size(), false);
    for (size_t i = region->seeds.back() + 1; i-- > region->seeds.front();) {
      if (region->members.count(i) > 0) leads[i] = true;
      for (const int reader : readers_.readers[i]) {
        const auto r = static_cast<size_t>(reader);
        if (leads[r] && ReadsBlocks(r, static_cast<int>(i), region->n)) leads[i] = true;
      }
    }
    for (size_t i = region->seeds.front(); i < region->seeds.back(); ++i) {
      if (!leads[i]) continue;
      for (const size_t seed : region->seeds) {
        if (reach_.at(seed).in_blocks[i]) region->members.insert(i);
      }
    }
  }

  bool IsReadInsideAlone(const Region& region, size_t i) const {
    const std::vector<int>& readers = readers_.readers[i];
    return !readers_.is_output[i] && std::all_of(readers.begin(), readers.end(), [&](int reader) {
      return region.Holds(static_cast<size_t>(reader));
    });
  }

  // Whether a product or convolution gives one of its inputs, which then takes it along.
  bool FollowsProduct(size_t i) const {
    return std::any_of(operations_[i].inputs.begin(), operations_[i].inputs.end(), [&](Value v) {
      int p = ProducerOf(v);
      while (p >= 0 && operations_[static_cast<size_t>(p)].op == Op::kReshape) {
        p = ProducerOf(operations_[static_cast<size_t>(p)].inputs[0]);
      }
      if (p < 0) return false;
      const Op op = operations_[static_cast<size_t>(p)].op;
      return op == Op::kMatMul || op == Op::kConvolution;
    });
  }

  // Reshapes and transpositions of what it reads, and elementwise operations nobody else reads.
  bool AddBefore(Region* region) const {
    bool grows = false;
    std::vector<size_t> all(region->members.begin(), region->members.end());
    all.insert(all.end(), region->copies.begin(), region->copies.end());
    for (const size_t i : all) {
      for (const Value v : operations_[i].inputs) {
        if (ProducerOf(v) < 0) continue;
        const auto p = static_cast<size_t>(ProducerOf(v));
        if (region->Holds(p) || !KeepsBlocks(p, region->n) ||
            !ReadsBlocks(i, static_cast<int>(p), region->n)) {
          continue;
        }
        if (IsMovement(operations_[p].op)) {
          region->copies.insert(p);
        } else if (IsElementwise(operations_[p].op) && IsReadInsideAlone(*region, p) &&
                   !FollowsProduct(p)) {
          region->members.insert(p);
        } else {
          continue;
        }
        grows = true;
      }
    }
    return grows;
  }

  // Reshapes and transpositions of what it gives, if nothing else outside reads it.
  bool AddBehind(Region* region) const {
    bool grows = false;
    const std::vector<size_t> all(region->members.begin(), region->members.end());
    for (const size_t i : all) {
      if (readers_.is_output[i]) continue;
      std::vector<size_t> outside;
      for (const int reader : readers_.readers[i]) {
        const auto r = static_cast<size_t>(reader);
        if (region->members.count(r) == 0) outside.push_back(r);
      }
      const bool fits = std::all_of(outside.begin(), outside.end(), [&](size_t r) {
        return IsMovement(operations_[r].op) && KeepsBlocks(r, region->n);
      });
      if (outside.empty() || !fits) continue;
      region->members.insert(outside.begin(), outside.end());
      grows = true;
    }
    return grows;
  }

  int64_t BlocksOf(const Region& region) const {
    size_t saved = 0, most = 0;
    for (const size_t i : region.members) {
      const Operation& operation = operations_[i];
      size_t bytes = 0;
      for (const Value v : operation.results) bytes += program_.type(v).bytes();
      if (!IsMovement(operation.op) && IsReadInsideAlone(region, i)) saved += bytes;
      for (const Value v : operation.inputs) bytes += program_.type(v).bytes();
      most = std::max(most, bytes);
    }
    if (region.members.size() < 2) return 0;
    return can_.blocks(region.n, most / static_cast<size_t>(region.n), saved);
  }

  const Program& program_;
  const std::vector<Operation>& operations_;
  const Readers readers_;
  const Abilities& can_;
  std::vector<Region> regions_;
  std::map<size_t, Reach> reach_;  // by product
};

// Replaces regions by one operation each, in an order that what they read allows.
class Writer {
 public:
  Writer(const Program& program, const std::vector<Region>& regions)
      : program_(program),
        operations_(program.operations()),
        regions_(regions),
        readers_(program),
        rewriter_(program),
        region_of_(operations_.size(), -1),
        is_needed_(operations_.size(), false) {
    for (size_t r = 0; r < regions.size(); ++r) {
      for (const size_t i : regions[r].members) region_of_[i] = static_cast<int>(r);
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
      for (const Region& region : regions_) {
        if (region.Holds(r) && !region.Holds(i)) return true;
      }
    }
    return false;
  }

  void Emit(const Region& region) {
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
    for (const size_t i : all) {
      const Operation& operation = operations_[i];
      const std::vector<bool> split = *SplitInputs(program_, operation, region.n);
      std::vector<Value> read;
      for (size_t k = 0; k < split.size(); ++k) read.push_back(take(operation.inputs[k], split[k]));
      const std::vector<Value> made =
          body->AppendMulti(operation.op, read, OfBlock(operation, region.blocks));
      for (size_t k = 0; k < made.size(); ++k) {
        const Value v = operation.results[k];
        if (body->type(made[k]) != BlockType(program_.type(v), region.blocks)) {
          throw Internal("a block of ", Name(operation.op), " is ", body->type(made[k]).ToString());
        }
        inside[{v, true}] = made[k];
        if (region.members.count(i) > 0 && is_needed_[i]) outputs.push_back(v);
      }
    }
    for (const Value v : outputs) body->AddOutput(inside[{v, true}]);
    const std::vector<Value> results =
        rewriter_.result().AppendBlocked(inputs, body, region.blocks);
    for (size_t k = 0; k < outputs.size(); ++k) rewriter_.Set(outputs[k], results[k]);
  }

  const Program& program_;
  const std::vector<Operation>& operations_;
  const std::vector<Region>& regions_;
  const Readers readers_;
  Rewriter rewriter_;
  std::vector<int> region_of_;  // by operation
  std::vector<bool> is_needed_;
};

}  // namespace

Program RunInBlocks(const Program& program, const Abilities& can) {
  if (!can.blocks) return program;
  for (std::vector<Region> regions = Finder(program, can).Find(); !regions.empty();
       regions.pop_back()) {
    Program result;
    if (Writer(program, regions).Write(&result)) return result;
  }
  return program;
}

}  // namespace mlcompute
