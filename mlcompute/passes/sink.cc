#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

// Costs of an element, in vector instructions per vector of elements. Memory: two cores of a
// desktop's or server's CPU move a float in the time of an exponential.
constexpr int64_t kByte = 6;
constexpr int64_t kCachedByte = 3;
constexpr int64_t kCached = 1 << 20;  // bytes of a tensor that is in some cache when it is read
constexpr int64_t kRounding = 5;      // to halves

constexpr size_t kMostInputs = 32;
constexpr size_t kMostOperations = 64;

int64_t WeightOf(Op op) {
  switch (op) {
    case Op::kDiv:
    case Op::kDivNoNan:
    case Op::kXdivy:
    case Op::kFloorDiv:
    case Op::kReciprocal:
    case Op::kSqrt:
    case Op::kRsqrt:
    case Op::kSqrtGrad:
    case Op::kSoftsign:
    case Op::kSoftsignGrad:
      return 8;
    case Op::kExp:
    case Op::kExpm1:
    case Op::kElu:
    case Op::kSelu:
    case Op::kSigmoid:
    case Op::kSoftplusGrad:
      return 25;
    case Op::kLog:
    case Op::kLog1p:
    case Op::kTanh:
      return 40;
    case Op::kErf:
    case Op::kErfc:
    case Op::kSoftplus:
      return 65;
    default:
      break;
  }
  const bool is_function = op >= Op::kExp && op <= Op::kNdtri;
  const bool is_odd = op == Op::kPow || op == Op::kAtan2 || op == Op::kXlogy ||
                      op == Op::kXlog1py || op == Op::kNextAfter || op == Op::kFloorMod ||
                      op == Op::kTruncMod || op == Op::kGelu;
  return is_function || is_odd ? 200 : 1;
}

class Sinker {
 public:
  Sinker(const Program& program, CanFuse can_fuse)
      : program_(program), can_fuse_(can_fuse), readers_(program), rewriter_(program) {
    const auto& operations = program.operations();
    dropped_.resize(operations.size());
    for (size_t a = 0; a < operations.size(); ++a) {
      dropped_[a].assign(operations[a].results.size(), false);
    }
  }

  Program Run() {
    const auto& operations = program_.operations();
    for (size_t a = 0; a < operations.size(); ++a) Choose(a);
    for (size_t i = 0; i < operations.size(); ++i) {
      if (Changes(i)) {
        Emit(i);
      } else {
        rewriter_.Copy(operations[i]);
      }
    }
    return rewriter_.Finish();
  }

 private:
  const Operation& At(size_t i) const { return program_.operations()[i]; }

  // Elementwise operations alone, of one shape.
  bool IsPlain(size_t i) const {
    const Operation& operation = At(i);
    if (!operation.body) {
      return IsElementwise(operation.op) && can_fuse_(View(program_, operation));
    }
    const auto& inner = operation.body->operations();
    return inner.size() <= kMostOperations &&
           std::all_of(inner.begin(), inner.end(),
                       [](const Operation& o) { return IsElementwise(o.op); });
  }

  std::vector<size_t> ReadersOf(size_t a, Value v) const {
    std::vector<size_t> list;
    for (const int r : readers_.readers[a]) {
      const std::vector<Value>& read = At(static_cast<size_t>(r)).inputs;
      if (std::count(read.begin(), read.end(), v) > 0) list.push_back(static_cast<size_t>(r));
    }
    return list;
  }

  // Drops results of `a` one by one, as long as that is worth it.
  void Choose(size_t a) {
    const Operation& operation = At(a);
    if (!operation.body || !IsPlain(a)) return;
    int64_t cost = CostOf(a);
    for (size_t k = operation.results.size(); k-- > 0;) {
      if (!CanDrop(a, operation.results[k])) continue;
      dropped_[a][k] = true;
      const int64_t now = CostOf(a);
      if (now < 0 || now >= cost) {
        dropped_[a][k] = false;
      } else {
        cost = now;
      }
    }
  }

  bool CanDrop(size_t a, Value v) const {
    const auto& outputs = program_.outputs();
    if (std::count(outputs.begin(), outputs.end(), v) > 0) return false;
    const std::vector<size_t> list = ReadersOf(a, v);
    return !list.empty() && std::all_of(list.begin(), list.end(), [&](size_t r) {
      return IsPlain(r) && program_.type(At(r).results[0]).shape == program_.type(v).shape;
    });
  }

  // What the reader of dropped results of `a` computes and reads for them.
  struct Chain {
    std::set<Value> computed;  // values of the body of `a`
    std::set<Value> read;      // values of the program
    bool is_possible = true;
  };

  void Follow(size_t a, size_t reader, Value inside, Chain* chain) const {
    const Operation& operation = At(a);
    const Program& body = *operation.body;
    for (size_t k = 0; k < operation.results.size(); ++k) {
      if (body.outputs()[k] == inside && !dropped_[a][k]) {
        chain->read.insert(operation.results[k]);
        return;
      }
    }
    const auto input = std::find(body.inputs().begin(), body.inputs().end(), inside);
    if (input != body.inputs().end()) {
      const Value v = operation.inputs[static_cast<size_t>(input - body.inputs().begin())];
      chain->is_possible = chain->is_possible && MayRead(reader, v);
      chain->read.insert(v);
      return;
    }
    if (body.constant(inside)) {
      chain->is_possible = false;
      return;
    }
    if (!chain->computed.insert(inside).second) return;
    for (const Value v : ProducerIn(body, inside).inputs) Follow(a, reader, v, chain);
  }

  static const Operation& ProducerIn(const Program& body, Value v) {
    const auto& inner = body.operations();
    return *std::find_if(inner.begin(), inner.end(),
                         [v](const Operation& o) { return o.results[0] == v; });
  }

  // Whether `v` may become an input of the reader: it is one, or it is small and keeps the reader
  // fit to be joined by a product.
  bool MayRead(size_t reader, Value v) const {
    constexpr int64_t kMuchSmaller = 8;
    const Operation& operation = At(reader);
    if (std::count(operation.inputs.begin(), operation.inputs.end(), v) > 0) return true;
    const Shape& whole = program_.type(operation.results[0]).shape;
    const Shape& shape = program_.type(v).shape;
    if (shape.elements() * kMuchSmaller > whole.elements()) return false;
    if (shape.elements() == 1) return true;
    if (shape.elements() == whole.dims().back() && shape.dims().back() == whole.dims().back()) {
      return true;
    }
    return std::any_of(operation.inputs.begin(), operation.inputs.end(),
                       [&](Value other) { return program_.type(other).shape == shape; });
  }

  Chain ChainOf(size_t a, size_t reader) const {
    Chain chain;
    const Operation& operation = At(a);
    const std::vector<Value>& read = At(reader).inputs;
    for (size_t k = 0; k < operation.results.size(); ++k) {
      if (std::count(read.begin(), read.end(), operation.results[k]) == 0) continue;
      if (dropped_[a][k]) {
        Follow(a, reader, operation.body->outputs()[k], &chain);
      } else {
        chain.read.insert(operation.results[k]);
      }
    }
    return chain;
  }

  std::set<Value> NeededOf(size_t a) const {
    const Program& body = *At(a).body;
    std::set<Value> needed;
    for (size_t k = 0; k < body.outputs().size(); ++k) {
      if (!dropped_[a][k]) needed.insert(body.outputs()[k]);
    }
    const auto& inner = body.operations();
    for (size_t i = inner.size(); i-- > 0;) {
      if (needed.count(inner[i].results[0]) > 0) {
        needed.insert(inner[i].inputs.begin(), inner[i].inputs.end());
      }
    }
    return needed;
  }

  static int64_t WeightOfAll(const Program& body, const std::set<Value>& values) {
    int64_t weight = 0;
    for (const Operation& inner : body.operations()) {
      if (values.count(inner.results[0]) == 0) continue;
      const bool is_half = SizeOf(body.type(inner.results[0]).dtype) == 2;
      weight += WeightOf(inner.op) + (is_half ? kRounding : 0);
    }
    return weight;
  }

  int64_t Moved(Value v, const Shape& whole) const {
    const TensorType& type = program_.type(v);
    if (type.shape != whole) return 0;
    const auto size = static_cast<int64_t>(type.bytes());
    return static_cast<int64_t>(SizeOf(type.dtype)) * (size <= kCached ? kCachedByte : kByte);
  }

  // Of an element: computing `a` and what its readers take over, writing and reading its results;
  // -1 if what is dropped cannot be.
  int64_t CostOf(size_t a) const {
    const Operation& operation = At(a);
    const Shape& whole = program_.type(operation.results[0]).shape;
    int64_t cost = WeightOfAll(*operation.body, NeededOf(a));
    for (size_t k = 0; k < operation.results.size(); ++k) {
      if (!dropped_[a][k]) cost += Moved(operation.results[k], whole);
    }
    for (const int r : readers_.readers[a]) {
      const auto reader = static_cast<size_t>(r);
      const Chain chain = ChainOf(a, reader);
      const std::vector<Value>& read = At(reader).inputs;
      if (!chain.is_possible || read.size() + chain.read.size() > kMostInputs) return -1;
      cost += WeightOfAll(*operation.body, chain.computed);
      for (const Value v : chain.read) {
        const int p = readers_.producer[static_cast<size_t>(v)];
        const bool is_new = std::count(read.begin(), read.end(), v) == 0;
        if (p == static_cast<int>(a) || is_new) cost += Moved(v, whole);
      }
    }
    return cost;
  }

  bool IsDropped(Value v) const {
    const int p = readers_.producer[static_cast<size_t>(v)];
    if (p < 0) return false;
    const std::vector<Value>& results = At(static_cast<size_t>(p)).results;
    const auto k =
        static_cast<size_t>(std::find(results.begin(), results.end(), v) - results.begin());
    return dropped_[static_cast<size_t>(p)][k];
  }

  bool Changes(size_t i) const {
    const std::vector<Value>& read = At(i).inputs;
    return std::count(dropped_[i].begin(), dropped_[i].end(), true) > 0 ||
           std::any_of(read.begin(), read.end(), [&](Value v) { return IsDropped(v); });
  }

  // A body in the making.
  struct Body {
    std::shared_ptr<Program> program = std::make_shared<Program>();
    std::map<Value, Value> inside;                     // by value of the program
    std::map<std::pair<size_t, Value>, Value> chains;  // by operation, value of its body
    std::vector<Value> inputs;                         // of the program
  };

  Value Bring(Value v, Body* to) {
    const auto known = to->inside.find(v);
    if (known != to->inside.end()) return known->second;
    Value now;
    if (IsDropped(v)) {
      const auto a = static_cast<size_t>(readers_.producer[static_cast<size_t>(v)]);
      const std::vector<Value>& results = At(a).results;
      const auto k = std::find(results.begin(), results.end(), v) - results.begin();
      now = Compute(a, At(a).body->outputs()[static_cast<size_t>(k)], to);
    } else {
      now = to->program->AddInput(program_.type(v));
      to->inputs.push_back(v);
    }
    to->inside[v] = now;
    return now;
  }

  // Value `inside` of the body of `a`, in another body.
  Value Compute(size_t a, Value inside, Body* to) {
    const auto known = to->chains.find({a, inside});
    if (known != to->chains.end()) return known->second;
    const Operation& operation = At(a);
    const Program& body = *operation.body;
    Value now = -1;
    const auto output = std::find(body.outputs().begin(), body.outputs().end(), inside);
    const auto k = static_cast<size_t>(output - body.outputs().begin());
    const auto input = std::find(body.inputs().begin(), body.inputs().end(), inside);
    if (output != body.outputs().end() && !dropped_[a][k]) {
      now = Bring(operation.results[k], to);
    } else if (input != body.inputs().end()) {
      now = Bring(operation.inputs[static_cast<size_t>(input - body.inputs().begin())], to);
    } else {
      const Operation& inner = ProducerIn(body, inside);
      std::vector<Value> read;
      for (const Value v : inner.inputs) read.push_back(Compute(a, v, to));
      now = to->program->Append(inner.op, read, inner.attributes);
    }
    to->chains[{a, inside}] = now;
    return now;
  }

  void Emit(size_t i) {
    const Operation& operation = At(i);
    Body to;
    std::vector<Value> results;  // of the body, those that stay
    std::vector<Value> stay;
    if (!operation.body) {
      std::vector<Value> read;
      for (const Value v : operation.inputs) read.push_back(Bring(v, &to));
      results.push_back(to.program->Append(operation.op, read, operation.attributes));
      stay = operation.results;
    } else {
      const Program& body = *operation.body;
      const std::set<Value> needed = NeededOf(i);
      std::map<Value, Value> now;
      for (size_t k = 0; k < body.inputs().size(); ++k) {
        if (needed.count(body.inputs()[k]) > 0) {
          now[body.inputs()[k]] = Bring(operation.inputs[k], &to);
        }
      }
      for (const Operation& inner : body.operations()) {
        if (needed.count(inner.results[0]) == 0) continue;
        std::vector<Value> read;
        for (const Value v : inner.inputs) read.push_back(now[v]);
        now[inner.results[0]] = to.program->Append(inner.op, read, inner.attributes);
      }
      for (size_t k = 0; k < body.outputs().size(); ++k) {
        if (dropped_[i][k]) continue;
        results.push_back(now[body.outputs()[k]]);
        stay.push_back(operation.results[k]);
      }
    }
    if (stay.empty()) return;
    for (const Value v : results) to.program->AddOutput(v);
    const std::vector<Value> given =
        rewriter_.result().AppendFused(rewriter_.Get(to.inputs), to.program);
    for (size_t k = 0; k < stay.size(); ++k) rewriter_.Set(stay[k], given[k]);
  }

  const Program& program_;
  const CanFuse can_fuse_;
  const Readers readers_;
  Rewriter rewriter_;
  std::vector<std::vector<bool>> dropped_;  // by operation: which of its results
};

}  // namespace

Program SinkElementwise(const Program& program, CanFuse can_fuse) {
  return Sinker(program, can_fuse).Run();
}

}  // namespace mlcompute
