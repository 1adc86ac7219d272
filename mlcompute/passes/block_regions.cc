#include "mlcompute/passes/block_regions.h"

#include <algorithm>
#include <map>

#include "mlcompute/passes/block_rules.h"
#include "mlcompute/passes/elementwise.h"

namespace mlcompute {
namespace {

bool IsMovement(Op op) { return op == Op::kReshape || op == Op::kTranspose; }

// How a product's result reaches an operation: by operations that keep to blocks, and by others.
struct Reach {
  std::vector<bool> in_blocks, otherwise;
};

class Finder {
 public:
  Finder(const Program& program, const Abilities& can)
      : program_(program), operations_(program.operations()), readers_(program), can_(can) {}

  std::vector<BlockRegion> Find() {
    for (size_t i = 0; i < operations_.size(); ++i) {
      if (IsSeed(i)) AddSeed(i);
    }
    for (BlockRegion& region : regions_) {
      AddBetween(&region);
      while (AddBefore(&region) || AddBehind(&region)) {
      }
    }
    for (size_t i = 0; i < operations_.size(); ++i) {
      const Op op = operations_[i].op;
      if (op == Op::kMaxPool || op == Op::kAvgPool) AddPooling(i);
      if (op == Op::kMaxPoolGrad || op == Op::kAvgPoolGrad) AddPoolingGradient(i);
    }
    for (BlockRegion& region : regions_) {
      AddSums(&region);
      region.blocks = BlocksOf(region);
    }
    regions_.erase(std::remove_if(regions_.begin(), regions_.end(),
                                  [](const BlockRegion& region) { return region.blocks == 0; }),
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
    return a.rank() > 2 && a[0] > 1 && KeepsBlocks(i, a[0]);
  }

  int64_t RowsOf(size_t seed) const { return program_.type(operations_[seed].inputs[0]).shape[0]; }

  bool KeepsBlocks(size_t i, int64_t n) const {
    const auto rule = RuleOf(program_, operations_[i], n);
    return rule && !rule->is_sum;
  }

  // Whether `i` reads the results of `from` block by block, to make blocks or, else, a sum.
  bool ReadsBlocks(size_t i, int from, int64_t n, bool for_sum = false) const {
    const auto rule = RuleOf(program_, operations_[i], n);
    if (!rule || rule->is_sum != for_sum) return false;
    for (size_t k = 0; k < operations_[i].inputs.size(); ++k) {
      if (ProducerOf(operations_[i].inputs[k]) == from && !rule->split[k]) return false;
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
    const auto fits = [&](const BlockRegion& region) {
      bool is_near = false;
      for (const size_t seed : region.seeds) {
        const Reach& reach = reach_.at(seed);
        if (reach.otherwise[i]) return false;
        if (reach.in_blocks[i]) is_near = true;
        for (const Value v : Sources(seed)) is_near = is_near || sources.count(v) > 0;
      }
      return is_near;
    };
    BlockRegion* home = nullptr;
    for (BlockRegion& region : regions_) {
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
  void AddBetween(BlockRegion* region) const {
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

  // What a copy gives may be read elsewhere too, by the one that it is a copy of.
  bool IsReadInsideAlone(const BlockRegion& region, size_t i) const {
    const std::vector<int>& readers = readers_.readers[i];
    return !readers_.is_output[i] && std::all_of(readers.begin(), readers.end(), [&](int reader) {
      const auto r = static_cast<size_t>(reader);
      return region.members.count(r) > 0 ||
             (region.copies.count(r) > 0 && IsReadInsideAlone(region, r));
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
  bool AddBefore(BlockRegion* region) const {
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
  bool AddBehind(BlockRegion* region) const {
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

  bool IsConvolutionForBlocks(size_t i) const {
    const Operation& operation = operations_[i];
    const bool is_convolution = operation.op == Op::kConvolution ||
                                operation.op == Op::kConvolutionGradInput ||
                                operation.op == Op::kConvolutionGradFilter;
    return is_convolution && can_.convolve_blocks &&
           can_.convolve_blocks(View(program_, operation));
  }

  // Halves are converted for it, which pays only where a filter's gradient needs that as well.
  bool IsSumForBlocks(size_t i) const {
    const Value x = operations_[i].inputs[0];
    if (program_.type(x).dtype == DataType::kFloat32) return true;
    const std::vector<int>& readers = readers_.readers[static_cast<size_t>(ProducerOf(x))];
    return std::any_of(readers.begin(), readers.end(), [&](int r) {
      const auto reader = static_cast<size_t>(r);
      return operations_[reader].op == Op::kConvolutionGradFilter && IsConvolutionForBlocks(reader);
    });
  }

  // Pooling, the convolution before it and elementwise operations between the two.
  void AddPooling(size_t i) {
    BlockRegion region;
    region.n = program_.type(operations_[i].inputs[0]).shape[0];
    for (size_t at = i; operations_[at].op != Op::kConvolution;) {
      if (region.n < 2 || !KeepsBlocks(at, region.n)) return;
      region.members.insert(at);
      const auto rule = RuleOf(program_, operations_[at], region.n);
      const auto from = std::find(rule->split.begin(), rule->split.end(), true);
      if (from == rule->split.end()) return;
      const int p =
          ProducerOf(operations_[at].inputs[static_cast<size_t>(from - rule->split.begin())]);
      if (p < 0) return;
      at = static_cast<size_t>(p);
      if (IsElementwise(operations_[at].op)) continue;
      if (operations_[at].op != Op::kConvolution || !IsConvolutionForBlocks(at)) return;
      region.members.insert(at);
      region.seeds = {at};
    }
    const size_t first = region.seeds[0];
    const Reach reach = ReachOf(first, region.n);
    for (const size_t member : region.members) {
      if (reach.otherwise[member]) return;
    }
    AddRegion(region, reach);
  }

  // The gradient of pooling, elementwise operations on it, and the convolution's gradients.
  void AddPoolingGradient(size_t i) {
    BlockRegion region;
    region.n = program_.type(operations_[i].results[0]).shape[0];
    if (region.n < 2 || !KeepsBlocks(i, region.n)) return;
    region.seeds = {i};
    region.members = {i};
    const Reach reach = ReachOf(i, region.n);
    bool is_near_filter = false;
    for (bool grows = true; grows;) {
      grows = false;
      for (const size_t member :
           std::vector<size_t>(region.members.begin(), region.members.end())) {
        for (const int reader : readers_.readers[member]) {
          const auto r = static_cast<size_t>(reader);
          const Op op = operations_[r].op;
          if (op == Op::kConvolutionGradFilter && IsConvolutionForBlocks(r)) is_near_filter = true;
          const bool fits =
              IsElementwise(op) || (op == Op::kConvolutionGradInput && IsConvolutionForBlocks(r));
          if (!fits || reach.otherwise[r] || !reach.in_blocks[r]) continue;
          grows = region.members.insert(r).second || grows;
        }
      }
    }
    if (is_near_filter) AddRegion(region, reach);
  }

  void AddRegion(const BlockRegion& region, const Reach& reach) {
    for (const BlockRegion& other : regions_) {
      for (const size_t i : region.members) {
        if (other.Holds(i)) return;
      }
    }
    regions_.push_back(region);
    reach_.emplace(region.seeds[0], reach);
  }

  // Sums over all blocks of what it makes, of bias and filters, if nothing else they read waits for
  // the region.
  void AddSums(BlockRegion* region) const {
    const auto waits = [&](size_t i) {
      return std::any_of(region->seeds.begin(), region->seeds.end(), [&](size_t seed) {
        const Reach& reach = reach_.at(seed);
        return reach.in_blocks[i] || reach.otherwise[i];
      });
    };
    const std::vector<size_t> all(region->members.begin(), region->members.end());
    for (const size_t i : all) {
      for (const int reader : readers_.readers[i]) {
        const auto r = static_cast<size_t>(reader);
        if (!ReadsBlocks(r, static_cast<int>(i), region->n, true)) continue;
        if (operations_[r].op == Op::kReduceSum ? !IsSumForBlocks(r) : !IsConvolutionForBlocks(r)) {
          continue;
        }
        const std::vector<Value>& inputs = operations_[r].inputs;
        const bool fits = std::all_of(inputs.begin(), inputs.end(), [&](Value v) {
          const int p = ProducerOf(v);
          return p < 0 || region->members.count(static_cast<size_t>(p)) > 0 ||
                 !waits(static_cast<size_t>(p));
        });
        if (fits) region->members.insert(r);
      }
    }
  }

  // What is read inside need not be read from memory, and not be written if nobody else reads it.
  int64_t BlocksOf(const BlockRegion& region) const {
    size_t saved = 0, most = 0;
    for (const size_t i : region.members) {
      const Operation& operation = operations_[i];
      size_t bytes = 0;
      for (const Value v : operation.results) bytes += program_.type(v).bytes();
      const std::vector<int>& readers = readers_.readers[i];
      const bool is_read = std::any_of(readers.begin(), readers.end(), [&](int reader) {
        return region.members.count(static_cast<size_t>(reader)) > 0;
      });
      if (!IsMovement(operation.op) && is_read) {
        saved += IsReadInsideAlone(region, i) ? 2 * bytes : bytes;
      }
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
  std::vector<BlockRegion> regions_;
  std::map<size_t, Reach> reach_;  // by product
};

}  // namespace

std::vector<BlockRegion> FindBlockRegions(const Program& program, const Abilities& can) {
  return Finder(program, can).Find();
}

}  // namespace mlcompute
