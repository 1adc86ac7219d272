#include "mlcompute/apple/pairs.h"

#include <algorithm>
#include <map>
#include <set>

#include "mlcompute/apple/rules.h"

namespace mlcompute::apple {
namespace {

bool SameInts(const Attributes& a, const Attributes& b, std::initializer_list<const char*> names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const char* name) { return a.Ints(name) == b.Ints(name); });
}

bool SameConvolution(const Attributes& a, const Attributes& b) {
  return SameInts(a, b, {"strides", "dilations", "pads_begin", "pads_end"}) &&
         a.Int("groups") == b.Int("groups") && a.Bool("channels_last") == b.Bool("channels_last");
}

bool SamePooling(const Attributes& a, const Attributes& b) {
  return SameInts(a, b, {"window", "strides", "pads_begin", "pads_end"}) &&
         a.Bool("channels_last") == b.Bool("channels_last");
}

// Activations whose gradient is an operation of (y, dy), (dy, y) or (dy, x).
struct Activation {
  Op function;
  Op gradient;
  size_t dy;  // which input of the gradient
  bool by_y;
  bool by_x;  // both: either serves
};
constexpr Activation kActivations[] = {
    {Op::kTanh, Op::kTanhGrad, 1, true, false},
    {Op::kSigmoid, Op::kSigmoidGrad, 1, true, false},
    {Op::kRelu, Op::kReluGrad, 0, true, true},
    {Op::kRelu6, Op::kRelu6Grad, 0, true, true},
    {Op::kLeakyRelu, Op::kLeakyReluGrad, 0, false, true},
    {Op::kElu, Op::kEluGrad, 0, true, false},
    {Op::kSelu, Op::kSeluGrad, 0, true, false},
    {Op::kSoftplus, Op::kSoftplusGrad, 0, false, true},
    {Op::kSoftsign, Op::kSoftsignGrad, 0, false, true},
};

const Activation* ActivationOf(Op op) {
  for (const Activation& row : kActivations) {
    if (row.function == op) return &row;
  }
  return nullptr;
}

// With y = op(a) op(b), the gradients are products again: of `left` and `right`.
enum class Factor { kA, kB, kDy };
struct ProductGradient {
  bool transpose_a, transpose_b;  // of the product
  size_t by;                      // 0: of a, 1: of b
  Factor left, right;
  bool transpose_left, transpose_right;
};
constexpr ProductGradient kProductGradients[] = {
    {false, false, 0, Factor::kDy, Factor::kB, false, true},
    {false, false, 1, Factor::kA, Factor::kDy, true, false},
    {false, true, 0, Factor::kDy, Factor::kB, false, false},
    {false, true, 1, Factor::kDy, Factor::kA, true, false},
    {true, false, 0, Factor::kB, Factor::kDy, false, true},
    {true, false, 1, Factor::kA, Factor::kDy, false, false},
    {true, true, 0, Factor::kB, Factor::kDy, true, true},
    {true, true, 1, Factor::kDy, Factor::kA, true, true},
};

class Finder {
 public:
  Finder(const Program& program, const Uses& uses, const std::vector<bool>& live,
         const std::vector<bool>& barred)
      : program_(program), uses_(uses), live_(live), taken_(barred) {}

  std::vector<Pair> Find() {
    const int count = static_cast<int>(program_.operations().size());
    // Gradients that name an operand say whose they are.
    for (int f = 0; f < count; ++f) {
      if (IsFree(f)) FindByOperands(f);
    }
    // Others only by the gradient that comes from the layer behind, so those go first.
    for (int f = count; f-- > 0;) {
      if (IsFree(f)) FindByGradient(f);
    }
    std::sort(pairs_.begin(), pairs_.end(),
              [](const Pair& a, const Pair& b) { return a.forward.back() < b.forward.back(); });
    return std::move(pairs_);
  }

 private:
  // Gradients of the first and of the second input that are made of one dy: operations, of which
  // the last makes the gradient.
  struct Option {
    Value dy;
    std::vector<int> gradients[2] = {};
    int count() const { return !gradients[0].empty() + !gradients[1].empty(); }
  };

  const Operation& At(int index) const { return program_.operations()[static_cast<size_t>(index)]; }
  const TensorType& TypeOf(Value v) const { return program_.type(v); }
  bool IsFree(int index) const {
    return live_[static_cast<size_t>(index)] && !taken_[static_cast<size_t>(index)];
  }
  const std::vector<int>& ReadersOf(Value v) const { return uses_.readers[static_cast<size_t>(v)]; }
  int MakerOf(Value v) const { return uses_.maker[static_cast<size_t>(v)]; }
  // The only operation that reads `v`; -1 if there are more or the Program gives `v` out.
  int OnlyReaderOf(Value v) const {
    if (uses_.is_output[static_cast<size_t>(v)] || ReadersOf(v).size() != 1) return -1;
    return ReadersOf(v).front();
  }

  // Whether operation g is the gradient of f by its input `by`, and of which dy. Types of results
  // are compared by the caller.
  bool IsGradient(int g, int f, size_t by, Value* dy) const {
    const Operation& of = At(f);
    const Operation& gradient = At(g);
    const auto reads = [&](size_t i, Value v) { return gradient.inputs[i] == v; };
    switch (of.op) {
      case Op::kConvolution: {
        const Op wanted = by == 0 ? Op::kConvolutionGradInput : Op::kConvolutionGradFilter;
        if (gradient.op != wanted || !reads(0, of.inputs[1 - by])) return false;
        if (!SameConvolution(gradient.attributes, of.attributes)) return false;
        *dy = gradient.inputs[1];
        return true;
      }
      case Op::kMaxPool:
        if (by != 0 || gradient.op != Op::kMaxPoolGrad || !reads(0, of.inputs[0]) ||
            !reads(1, of.results[0]) || !SamePooling(gradient.attributes, of.attributes)) {
          return false;
        }
        *dy = gradient.inputs[2];
        return true;
      case Op::kMatMul:
        return gradient.op == Op::kMatMul && IsProductGradient(gradient, of, by, dy);
      default:
        break;
    }
    const Activation* activation = ActivationOf(of.op);
    if (activation == nullptr || by != 0 || gradient.op != activation->gradient) return false;
    const size_t other = 1 - activation->dy;
    if (!(activation->by_y && reads(other, of.results[0])) &&
        !(activation->by_x && reads(other, of.inputs[0]))) {
      return false;
    }
    if (of.op == Op::kLeakyRelu &&
        of.attributes.Double("alpha") != gradient.attributes.Double("alpha")) {
      return false;
    }
    *dy = gradient.inputs[activation->dy];
    return true;
  }

  bool IsProductGradient(const Operation& gradient, const Operation& of, size_t by,
                         Value* dy) const {
    for (const ProductGradient& row : kProductGradients) {
      if (row.by != by || row.transpose_a != of.attributes.Bool("transpose_a") ||
          row.transpose_b != of.attributes.Bool("transpose_b")) {
        continue;
      }
      if (gradient.attributes.Bool("transpose_a") != row.transpose_left ||
          gradient.attributes.Bool("transpose_b") != row.transpose_right) {
        return false;
      }
      const bool dy_is_left = row.left == Factor::kDy;
      const Value other = of.inputs[1 - by];
      if (gradient.inputs[dy_is_left ? 1 : 0] != other) return false;
      *dy = gradient.inputs[dy_is_left ? 0 : 1];
      return true;
    }
    return false;
  }

  // All that may be gradients of operation f, by dy, in the order of the Program.
  std::vector<Option> OptionsFor(int f) const {
    const Operation& of = At(f);
    std::set<int> near;
    for (const auto* values : {&of.inputs, &of.results}) {
      for (const Value v : *values) near.insert(ReadersOf(v).begin(), ReadersOf(v).end());
    }
    std::vector<Option> options;
    for (const int g : near) {
      if (g <= f || !IsFree(g)) continue;
      for (size_t by = 0; by < of.inputs.size(); ++by) {
        Value dy = kNone;
        if (!IsGradient(g, f, by, &dy) || !MayBeGradientOf(of, dy, f)) continue;
        std::vector<int> made = {g};
        if (TypeOf(At(g).results[0]) != TypeOf(of.inputs[by])) {
          const int sum = of.op == Op::kMatMul && by == 1 ? SumOfBatches(g, of.inputs[1]) : -1;
          if (sum < 0) continue;
          made.push_back(sum);
        }
        auto found = std::find_if(options.begin(), options.end(),
                                  [&](const Option& option) { return option.dy == dy; });
        if (found == options.end()) found = options.insert(found, Option{dy});
        if (found->gradients[by].empty()) {
          found->gradients[by] = made;
          break;  // one operation is not two gradients
        }
      }
    }
    return options;
  }

  // The gradient of a matrix that all batches share: the sum, over the batches, of the products
  // that operation g makes. -1 where there is no such sum.
  int SumOfBatches(int g, Value matrix) const {
    const Shape& products = TypeOf(At(g).results[0]).shape;
    const Shape& shape = TypeOf(matrix).shape;
    const int batches = products.rank() - shape.rank();
    const int sum = OnlyReaderOf(At(g).results[0]);
    if (shape.rank() != 2 || batches < 1 || sum < 0 || !IsFree(sum) ||
        At(sum).op != Op::kReduceSum || products[batches] != shape[0] ||
        products[batches + 1] != shape[1]) {
      return -1;
    }
    std::vector<int64_t> axes;
    for (int axis = 0; axis < batches; ++axis) axes.push_back(axis);
    return At(sum).attributes.Ints("axes") == axes ? sum : -1;
  }

  // The gradient of a result does not come before it, unless from outside.
  bool MayBeGradientOf(const Operation& of, Value dy, int f) const {
    return TypeOf(dy) == TypeOf(of.results[0]) && (MakerOf(dy) < 0 || MakerOf(dy) > f);
  }

  void FindByOperands(int f) {
    const Operation& of = At(f);
    const bool has_layer = of.op == Op::kConvolution || of.op == Op::kMatMul ||
                           of.op == Op::kMaxPool || ActivationOf(of.op) != nullptr;
    if (!has_layer || !Decide(program_, of).in_graph) return;
    const std::vector<Option> options = OptionsFor(f);
    const auto best =
        std::max_element(options.begin(), options.end(),
                         [](const Option& a, const Option& b) { return a.count() < b.count(); });
    if (best == options.end()) return;

    Pair pair{RuleFor(of.op)->kind, of.results[0], best->dy, {}, {}, {}, {f}, {}, {}};
    const auto operand = [&](size_t i) {
      const std::vector<int>& made = best->gradients[i];
      if (made.empty()) return Operand{of.inputs[i]};
      pair.gradients.insert(pair.gradients.end(), made.begin(), made.end());
      return Operand{of.inputs[i], At(made.back()).results[0]};
    };
    pair.sources = {operand(0)};
    if (of.op == Op::kConvolution) {
      pair.weights = operand(1);
      AddBiases(&pair, of.attributes.Bool("channels_last") ? 3 : 1);
    } else if (of.op == Op::kMatMul) {
      const int rank = TypeOf(of.inputs[0]).shape.rank();
      const bool has_weights = TypeOf(of.inputs[1]).shape.rank() == 2 && rank >= 2 &&
                               !of.attributes.Bool("transpose_a") && made_.count(of.inputs[1]) == 0;
      if (has_weights) {
        pair.kind = LayerKind::kFullyConnected;
        pair.weights = operand(1);
        AddBiases(&pair, rank - 1);
      } else {
        if (!IsProductOfEqualBatches(of)) return;
        pair.sources.push_back(operand(1));
      }
    }
    Take(std::move(pair));
  }

  // A batch that is broadcast would need its gradient summed.
  bool IsProductOfEqualBatches(const Operation& of) const {
    const Shape& y = TypeOf(of.results[0]).shape;
    for (const Value v : of.inputs) {
      const Shape& shape = TypeOf(v).shape;
      if (shape.rank() != y.rank()) return false;
      for (int i = 0; i + 2 < y.rank(); ++i) {
        if (shape[i] != y[i]) return false;
      }
    }
    return true;
  }

  // An addition of one number a channel, if nothing else reads what it is added to.
  void AddBiases(Pair* pair, int channel) {
    const int add = OnlyReaderOf(pair->y);
    if (add < 0 || !IsFree(add) || At(add).op != Op::kAdd) return;
    const Operation& sum = At(add);
    const size_t which = sum.inputs[0] == pair->y ? 1 : 0;
    if (sum.inputs[which] == pair->y) return;
    const TensorType& type = TypeOf(pair->y);
    Operand biases{sum.inputs[which]};
    if (TypeOf(sum.results[0]) != type ||
        !IsAlong(TypeOf(biases.value).shape, type.shape, channel)) {
      return;
    }
    pair->forward.push_back(add);
    pair->y = sum.results[0];
    // Their shape does not matter to a layer.
    for (int reshape = MakerOf(biases.value);
         reshape >= 0 && IsFree(reshape) && At(reshape).op == Op::kReshape &&
         OnlyReaderOf(biases.value) >= 0;
         reshape = MakerOf(biases.value)) {
      pair->forward.insert(pair->forward.begin(), reshape);
      biases.value = At(reshape).inputs[0];
    }
    std::vector<int64_t> others;
    for (int axis = 0; axis < type.shape.rank(); ++axis) {
      if (axis != channel) others.push_back(axis);
    }
    for (const int g : ReadersOf(pair->dy)) {
      if (!IsFree(g) || At(g).op != Op::kReduceSum || At(g).attributes.Ints("axes") != others) {
        continue;
      }
      biases.gradient = At(g).results[0];
      pair->gradients.push_back(g);
      for (int reshape = OnlyReaderOf(biases.gradient);
           reshape >= 0 && IsFree(reshape) && At(reshape).op == Op::kReshape;
           reshape = OnlyReaderOf(biases.gradient)) {
        biases.gradient = At(reshape).results[0];
        pair->gradients.push_back(reshape);
      }
      break;
    }
    pair->biases = biases;
  }

  // Whether `shape` is that of one number for each index of `axis` of `of`.
  static bool IsAlong(const Shape& shape, const Shape& of, int axis) {
    if (shape.elements() != of[axis] || shape.rank() > of.rank()) return false;
    const int missing = of.rank() - shape.rank();
    return of[axis] == 1 || (axis >= missing && shape[axis - missing] == of[axis]);
  }

  void FindByGradient(int f) {
    const Operation& of = At(f);
    if (of.op != Op::kAvgPool && of.op != Op::kReshape) return;
    if (!Decide(program_, of).in_graph) return;
    const int g = of.op == Op::kReshape ? GradientOfReshape(of) : GradientOfAverage(of, f);
    if (g < 0 || g <= f) return;
    Pair pair{RuleFor(of.op)->kind,
              of.results[0],
              At(g).inputs[0],
              {{of.inputs[0], At(g).results[0]}},
              {},
              {},
              {f},
              {g},
              {}};
    Take(std::move(pair));
  }

  int GradientOfReshape(const Operation& of) const {
    const auto coming = coming_.find(of.results[0]);
    if (coming == coming_.end()) return -1;
    for (const int g : ReadersOf(coming->second)) {
      if (IsFree(g) && At(g).op == Op::kReshape &&
          TypeOf(At(g).results[0]) == TypeOf(of.inputs[0])) {
        return g;
      }
    }
    return -1;
  }

  int GradientOfAverage(const Operation& of, int f) const {
    const auto fits = [&](int g) {
      return IsFree(g) && At(g).op == Op::kAvgPoolGrad &&
             SamePooling(At(g).attributes, of.attributes) &&
             MayBeGradientOf(of, At(g).inputs[0], f) &&
             TypeOf(At(g).results[0]) == TypeOf(of.inputs[0]);
    };
    if (const auto coming = coming_.find(of.results[0]); coming != coming_.end()) {
      for (const int g : ReadersOf(coming->second)) {
        if (fits(g)) return g;
      }
    }
    // The last layer is differentiated first.
    for (int g = f + 1; g < static_cast<int>(live_.size()); ++g) {
      if (fits(g)) return g;
    }
    return -1;
  }

  void Take(Pair pair) {
    for (const auto* operations : {&pair.forward, &pair.gradients}) {
      for (const int index : *operations) taken_[static_cast<size_t>(index)] = true;
    }
    made_.insert(pair.y);
    for (const Operand& source : pair.sources) {
      if (source.gradient != kNone) coming_[source.value] = source.gradient;
    }
    pairs_.push_back(std::move(pair));
  }

  const Program& program_;
  const Uses& uses_;
  const std::vector<bool>& live_;
  std::vector<bool> taken_;  // by operation
  std::vector<Pair> pairs_;
  std::set<Value> made_;           // by pairs
  std::map<Value, Value> coming_;  // by value: a gradient of it that a pair makes
};

template <typename P, typename O>
std::vector<O*> OperandsOf(P& pair) {
  std::vector<O*> all;
  for (auto& source : pair.sources) all.push_back(&source);
  if (pair.weights) all.push_back(&*pair.weights);
  if (pair.biases) all.push_back(&*pair.biases);
  return all;
}

}  // namespace

std::vector<Operand*> Pair::operands() { return OperandsOf<Pair, Operand>(*this); }
std::vector<const Operand*> Pair::operands() const {
  return OperandsOf<const Pair, const Operand>(*this);
}

Uses::Uses(const Program& program, const std::vector<bool>& live)
    : maker(static_cast<size_t>(program.value_count()), -1),
      readers(static_cast<size_t>(program.value_count())),
      is_output(static_cast<size_t>(program.value_count())) {
  for (size_t i = 0; i < program.operations().size(); ++i) {
    const Operation& operation = program.operations()[i];
    for (const Value v : operation.results) maker[static_cast<size_t>(v)] = static_cast<int>(i);
    if (!live[i]) continue;
    for (const Value v : operation.inputs) {
      auto& list = readers[static_cast<size_t>(v)];
      if (list.empty() || list.back() != static_cast<int>(i)) list.push_back(static_cast<int>(i));
    }
  }
  for (const Value v : program.outputs()) is_output[static_cast<size_t>(v)] = true;
}

std::vector<Pair> FindPairs(const Program& program, const Uses& uses, const std::vector<bool>& live,
                            const std::vector<bool>& barred) {
  return Finder(program, uses, live, barred).Find();
}

std::vector<bool> ImagesOf(const Program& program, const std::vector<Pair>& pairs) {
  std::vector<bool> images(static_cast<size_t>(program.value_count()));
  const auto is = [&](Value v) { return images[static_cast<size_t>(v)]; };
  for (bool changed = true; changed;) {
    changed = false;
    for (const Pair& pair : pairs) {
      const Value x = pair.sources[0].value;
      bool image = false;
      if (pair.kind == LayerKind::kActivation) {
        image = is(x) || is(pair.y);
      } else if (pair.kind == LayerKind::kConvolution || pair.kind == LayerKind::kMaxPool ||
                 pair.kind == LayerKind::kAveragePool) {
        for (const int f : pair.forward) {
          const Operation& operation = program.operations()[static_cast<size_t>(f)];
          image |= operation.attributes.Has("channels_last") &&
                   operation.attributes.Bool("channels_last");
        }
      }
      if (!image || (is(x) && is(pair.y))) continue;
      images[static_cast<size_t>(x)] = images[static_cast<size_t>(pair.y)] = true;
      changed = true;
    }
  }
  return images;
}

}  // namespace mlcompute::apple
