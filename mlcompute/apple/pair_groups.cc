#include "mlcompute/apple/pair_groups.h"

#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <utility>

namespace mlcompute::apple {
namespace {

using Members = std::vector<int>;  // pairs

class Grouper {
 public:
  Grouper(const Program& program, const Uses& uses, const std::vector<bool>& live,
          const std::vector<bool>& images, std::vector<Pair>* pairs)
      : program_(program), uses_(uses), live_(live), images_(images), pairs_(*pairs) {}

  std::vector<PairGroup> Group() {
    for (int i = 0; i < static_cast<int>(pairs_.size()); ++i) {
      if (Holds({i})) groups_.push_back({i});
    }
    if (!HasOrder()) AddOneByOne();
    for (int behind = 0; behind < static_cast<int>(pairs_.size()); ++behind) {
      for (const Operand& source : PairAt(behind).sources) {
        for (int ahead = 0; ahead < behind; ++ahead) {
          if (PairAt(ahead).y == source.value && IsLink(ahead, behind, source)) {
            Join(ahead, behind);
          }
        }
      }
    }
    std::vector<PairGroup> found;
    groups_.erase(std::remove_if(groups_.begin(), groups_.end(),
                                 [&](const Members& members) { return !IsWorthIt(members); }),
                  groups_.end());
    for (size_t i = 0; i < groups_.size(); ++i) {
      found.push_back({groups_[i], kNone});
      JoinUpdates(&found.back());
    }
    return found;
  }

 private:
  const Pair& PairAt(int index) const { return pairs_[static_cast<size_t>(index)]; }
  const Operation& At(int index) const { return program_.operations()[static_cast<size_t>(index)]; }
  int MakerOf(Value v) const { return uses_.maker[static_cast<size_t>(v)]; }

  // Whether the gradient that `behind` passes on to this source is the whole gradient of y of
  // `ahead`, and nobody else's: then both may be in one graph, which keeps it inside.
  bool IsLink(int ahead, int behind, const Operand& source) const {
    const Pair& to = PairAt(ahead);
    if (source.value != to.y || source.gradient == kNone || source.gradient != to.dy) return false;
    if (uses_.is_output[static_cast<size_t>(to.dy)]) return false;
    for (const int reader : uses_.readers[static_cast<size_t>(to.dy)]) {
      if (std::find(to.gradients.begin(), to.gradients.end(), reader) == to.gradients.end()) {
        return false;
      }
    }
    return Form(PairAt(behind), source.value) == images_[static_cast<size_t>(to.y)];
  }

  // Whether the layer of `pair` takes `value` as [N, C, H, W] for [N, H, W, C].
  bool Form(const Pair& pair, Value value) const {
    const bool plain = pair.kind == LayerKind::kReshape || pair.kind == LayerKind::kMatMul ||
                       pair.kind == LayerKind::kFullyConnected;
    return !plain && images_[static_cast<size_t>(value)];
  }

  // Whether what the group makes is read inside only as links say.
  bool Holds(const Members& members) const {
    std::map<Value, int> made;  // by forward operations; y only: the pair
    std::set<Value> gradients;
    for (const int index : members) {
      for (const int f : PairAt(index).forward) {
        for (const Value v : At(f).results) made[v] = -1;
      }
      for (const int g : PairAt(index).gradients) {
        gradients.insert(At(g).results.begin(), At(g).results.end());
      }
    }
    for (const int index : members) made[PairAt(index).y] = index;
    std::set<int> linked;
    for (const int index : members) {
      const Pair& pair = PairAt(index);
      for (const Operand* operand : pair.operands()) {
        const auto found = made.find(operand->value);
        if (found == made.end()) continue;
        const bool is_source =
            operand >= pair.sources.data() && operand < pair.sources.data() + pair.sources.size();
        if (!is_source || found->second < 0 || !IsLink(found->second, index, *operand) ||
            !linked.insert(found->second).second) {
          return false;
        }
      }
    }
    return std::all_of(members.begin(), members.end(), [&](int index) {
      return linked.count(index) != 0 || gradients.count(PairAt(index).dy) == 0;
    });
  }

  // Whether everything can run one after the other, each phase of a group at once. `rates` of
  // groups by their number.
  bool HasOrder(const std::map<size_t, Value>& rates = {}) const {
    const size_t operations = live_.size();
    std::vector<size_t> node(operations);
    for (size_t i = 0; i < operations; ++i) node[i] = i;
    for (size_t k = 0; k < groups_.size(); ++k) {
      const size_t forward = operations + 2 * k;
      for (const int index : groups_[k]) {
        for (const int f : PairAt(index).forward) node[static_cast<size_t>(f)] = forward;
        for (const auto* list : {&PairAt(index).gradients, &PairAt(index).updates}) {
          for (const int g : *list) node[static_cast<size_t>(g)] = forward + 1;
        }
      }
    }
    const size_t count = operations + 2 * groups_.size();
    std::vector<std::vector<size_t>> behind(count);
    std::vector<int> ahead(count);
    const auto add = [&](size_t from, size_t to) {
      if (from == to) return;
      behind[from].push_back(to);
      ++ahead[to];
    };
    for (size_t i = 0; i < operations; ++i) {
      if (!live_[i]) continue;
      for (const Value v : program_.operations()[i].inputs) {
        if (MakerOf(v) >= 0) add(node[static_cast<size_t>(MakerOf(v))], node[i]);
      }
    }
    for (size_t k = 0; k < groups_.size(); ++k) {
      add(operations + 2 * k, operations + 2 * k + 1);
      const auto rate = rates.find(k);
      if (rate != rates.end() && MakerOf(rate->second) >= 0) {
        add(node[static_cast<size_t>(MakerOf(rate->second))], operations + 2 * k + 1);
      }
    }
    std::queue<size_t> ready;
    for (size_t i = 0; i < count; ++i) {
      if (ahead[i] == 0) ready.push(i);
    }
    size_t done = 0;
    for (; !ready.empty(); ready.pop(), ++done) {
      for (const size_t next : behind[ready.front()]) {
        if (--ahead[next] == 0) ready.push(next);
      }
    }
    return done == count;
  }

  // Only those with which operations can still be put into an order.
  void AddOneByOne() {
    std::vector<Members> all;
    std::swap(all, groups_);
    for (const Members& members : all) {
      groups_.push_back(members);
      if (!HasOrder()) groups_.pop_back();
    }
  }

  size_t GroupOf(int index) const {
    for (size_t k = 0; k < groups_.size(); ++k) {
      if (std::find(groups_[k].begin(), groups_[k].end(), index) != groups_[k].end()) return k;
    }
    return groups_.size();
  }

  void Join(int a, int b) {
    size_t to = GroupOf(a);
    size_t from = GroupOf(b);
    if (to == from || to == groups_.size() || from == groups_.size()) return;
    if (from < to) std::swap(to, from);
    const std::vector<Members> before = groups_;
    Members& joined = groups_[to];
    joined.insert(joined.end(), groups_[from].begin(), groups_[from].end());
    std::sort(joined.begin(), joined.end());
    groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(from));
    if (!Holds(joined) || !HasOrder()) groups_ = before;
  }

  bool IsWorthIt(const Members& members) const {
    return std::any_of(members.begin(), members.end(), [&](int index) {
      const LayerKind kind = PairAt(index).kind;
      return kind != LayerKind::kActivation && kind != LayerKind::kReshape;
    });
  }

  // parameter - rate * gradient, where nothing else reads the product or the gradient.
  struct Update {
    Value rate = kNone;
    Value result = kNone;
    std::vector<int> operations = {};
  };
  Update UpdateOf(const Operand& parameter) const {
    const auto only_reader = [&](Value v) {
      const auto& readers = uses_.readers[static_cast<size_t>(v)];
      return uses_.is_output[static_cast<size_t>(v)] || readers.size() != 1 ? -1 : readers[0];
    };
    if (parameter.gradient == kNone) return {};
    Update update;
    int reader = only_reader(parameter.gradient);
    if (reader < 0 || At(reader).op != Op::kMul) return {};
    const auto& factors = At(reader).inputs;
    update.rate = factors[factors[0] == parameter.gradient ? 1 : 0];
    const TensorType& type = program_.type(parameter.value);
    const Value product = At(reader).results[0];
    if (update.rate == parameter.gradient || program_.type(update.rate).elements() != 1) return {};
    update.operations.push_back(reader);
    reader = only_reader(product);
    if (reader < 0 || At(reader).op != Op::kSub || At(reader).inputs[0] != parameter.value ||
        At(reader).inputs[1] != product) {
      return {};
    }
    update.operations.push_back(reader);
    update.result = At(reader).results[0];
    if (program_.type(product) != type || program_.type(update.result) != type) return {};
    return update;
  }

  void JoinUpdates(PairGroup* group) {
    const std::vector<Pair> before = pairs_;
    Value rate = kNone;
    bool all = true;
    for (const int index : group->pairs) {
      Pair& pair = pairs_[static_cast<size_t>(index)];
      for (auto* parameter : {&pair.weights, &pair.biases}) {
        if (!*parameter) continue;
        const Update update = UpdateOf(**parameter);
        all = all && update.rate != kNone && (rate == kNone || rate == update.rate);
        if (!all) break;
        rate = update.rate;
        (*parameter)->updated = update.result;
        pair.updates.insert(pair.updates.end(), update.operations.begin(), update.operations.end());
      }
    }
    if (rate != kNone) rates_[GroupOf(group->pairs[0])] = rate;
    if (all && rate != kNone && HasOrder(rates_)) {
      group->rate = rate;
      return;
    }
    rates_.erase(GroupOf(group->pairs[0]));
    pairs_ = before;
  }

  const Program& program_;
  const Uses& uses_;
  const std::vector<bool>& live_;
  const std::vector<bool>& images_;
  std::vector<Pair>& pairs_;
  std::vector<Members> groups_;
  std::map<size_t, Value> rates_;  // by group
};

}  // namespace

std::vector<PairGroup> GroupPairs(const Program& program, const Uses& uses,
                                  const std::vector<bool>& live, const std::vector<bool>& images,
                                  std::vector<Pair>* pairs) {
  return Grouper(program, uses, live, images, pairs).Group();
}

}  // namespace mlcompute::apple
