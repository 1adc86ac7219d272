// Einsum: one equation over one or two tensors, as reductions, transposes and one matrix product.
#include <algorithm>
#include <string>

#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

// A label is a letter of the equation; the axes of an ellipsis are -1 (the last), -2, ...
using Label = int;
using Labels = std::vector<Label>;

bool Has(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

int Position(const Labels& labels, Label label) {
  return static_cast<int>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

Labels Joined(const Labels& a, const Labels& b, const Labels& c) {
  Labels all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  return all;
}

struct Equation {
  std::vector<std::string> inputs;
  std::string output;

  explicit Equation(const std::string& text) {
    const size_t arrow = text.find("->");
    if (arrow == std::string::npos || text.find("->", arrow + 2) != std::string::npos) {
      throw mlcompute::InvalidArgument("Expecting exactly one '->' in einsum equation: ", text);
    }
    output = text.substr(arrow + 2);
    size_t begin = 0;
    for (size_t i = 0; i <= arrow; ++i) {
      if (i == arrow || text[i] == ',') {
        inputs.push_back(text.substr(begin, i - begin));
        begin = i + 1;
      }
    }
  }
};

// The labels of a subscript whose ellipsis stands for `ellipsis_axes` axes.
Labels Parse(const std::string& subscript, int ellipsis_axes) {
  Labels labels;
  bool seen = false;
  for (size_t i = 0; i < subscript.size(); ++i) {
    if (std::isalpha(static_cast<unsigned char>(subscript[i]))) {
      labels.push_back(subscript[i]);
    } else if (subscript.compare(i, 3, "...") == 0 && !seen) {
      for (int axis = ellipsis_axes; axis > 0; --axis) labels.push_back(-axis);
      seen = true;
      i += 2;
    } else {
      throw mlcompute::InvalidArgument("Invalid character or second ellipsis in einsum subscript: ",
                                       subscript);
    }
  }
  return labels;
}

bool HasEllipsis(const std::string& subscript) { return subscript.find('.') != std::string::npos; }

// A tensor and the label of each of its axes.
struct Term {
  Value value;
  Labels labels;
};

class Builder {
 public:
  explicit Builder(BuildContext& c) : c_(c) {}

  const Shape& shape(const Term& term) const { return c_.program.type(term.value).shape; }
  int64_t Size(const Term& term, Label label) const {
    return shape(term)[Position(term.labels, label)];
  }

  Value Reshape(Value v, const std::vector<int64_t>& to) {
    return c_.Append(Op::kReshape, {v}, {{"shape", to}});
  }

  // The axes in the order of `order`, which holds the same labels.
  Term Ordered(const Term& term, const Labels& order) {
    if (term.labels == order) return term;
    std::vector<int64_t> perm;
    for (const Label label : order) perm.push_back(Position(term.labels, label));
    return {c_.Append(Op::kTranspose, {term.value}, {{"perm", perm}}), order};
  }

  Term Summed(const Term& term, const std::vector<int64_t>& axes) {
    if (axes.empty()) return term;
    Term result = {c_.Append(Op::kReduceSum, {term.value}, {{"axes", axes}, {"keep_dims", false}}),
                   {}};
    for (size_t axis = 0; axis < term.labels.size(); ++axis) {
      if (std::find(axes.begin(), axes.end(), axis) == axes.end()) {
        result.labels.push_back(term.labels[axis]);
      }
    }
    return result;
  }

  // True where the positions on axes `p` and `q` are equal, to broadcast against `rank` axes.
  Value Eye(int rank, int p, int q, int64_t size) {
    Value sides[2];
    for (int side = 0; side < 2; ++side) {
      const Value iota = c_.Append(Op::kIota, {},
                                   {{"shape", std::vector<int64_t>{size}},
                                    {"to", DataType::kInt32},
                                    {"start", 0.0},
                                    {"step", 1.0}});
      std::vector<int64_t> to(static_cast<size_t>(rank), 1);
      to[static_cast<size_t>(side == 0 ? p : q)] = size;
      sides[side] = Reshape(iota, to);
    }
    return c_.Append(Op::kEqual, {sides[0], sides[1]});
  }

  Value Masked(Value mask, Value v) {
    const Value zero = c_.Append(Op::kCast,
                                 {c_.Append(Op::kIota, {},
                                            {{"shape", std::vector<int64_t>{1}},
                                             {"to", DataType::kInt32},
                                             {"start", 0.0},
                                             {"step", 1.0}})},
                                 {{"to", c_.program.type(v).dtype}});
    return c_.Append(Op::kSelect, {mask, v, zero});
  }

  // A label twice in an input reads the diagonal: the rest is made zero and summed away, which
  // adds nothing but zeros to each element.
  Term WithoutRepeats(Term term) {
    for (int q = static_cast<int>(term.labels.size()) - 1; q > 0; --q) {
      const int p = Position(term.labels, term.labels[static_cast<size_t>(q)]);
      if (p == q) continue;
      const Shape& from = shape(term);
      term.value = Masked(Eye(from.rank(), p, q, from[p]), term.value);
      term = Summed(term, {q});
    }
    return term;
  }

  // A label twice in the output writes the diagonal of zeros.
  Term WithRepeats(const Term& term, const Labels& output) {
    std::vector<int64_t> to;
    std::vector<std::pair<int, int>> pairs;
    for (size_t axis = 0; axis < output.size(); ++axis) {
      const int first = Position(output, output[axis]);
      const bool repeats = first != static_cast<int>(axis);
      to.push_back(repeats ? 1 : Size(term, output[axis]));
      if (repeats) pairs.push_back({first, static_cast<int>(axis)});
    }
    if (pairs.empty()) return term;
    Value value = Reshape(term.value, to);
    for (const auto& [p, q] : pairs) {
      value = Masked(Eye(static_cast<int>(to.size()), p, q, to[static_cast<size_t>(p)]), value);
    }
    return {value, output};
  }

  // Sums over the labels that neither `a` nor `b` has.
  Term WithoutUnused(const Term& term, const Labels& a, const Labels& b) {
    std::vector<int64_t> axes;
    for (size_t axis = 0; axis < term.labels.size(); ++axis) {
      if (!Has(a, term.labels[axis]) && !Has(b, term.labels[axis])) {
        axes.push_back(static_cast<int64_t>(axis));
      }
    }
    return Summed(term, axes);
  }

  int64_t Product(const Term& term, const Labels& labels) const {
    int64_t product = 1;
    for (const Label label : labels) product *= Size(term, label);
    return product;
  }

  BuildContext& c_;
};

// How the two terms become matrices and what remains to be transposed.
struct Layout {
  Labels batch, contracted, free_a, free_b;
  bool swap = false;         // b x a instead of a x b
  bool transpose_a = false;  // of the stored matrices
  bool transpose_b = false;

  Labels OrderA() const {
    return transpose_a ? Joined(batch, contracted, free_a) : Joined(batch, free_a, contracted);
  }
  Labels OrderB() const {
    return transpose_b ? Joined(batch, free_b, contracted) : Joined(batch, contracted, free_b);
  }
  Labels Result() const {
    return swap ? Joined(batch, free_b, free_a) : Joined(batch, free_a, free_b);
  }
};

Labels Sorted(Labels labels, const Labels& like) {
  std::sort(labels.begin(), labels.end(),
            [&](Label a, Label b) { return Position(like, a) < Position(like, b); });
  return labels;
}

// The layout that moves the fewest elements in transposes.
Layout BestLayout(const Builder& b, const Term& x, const Term& y, const Labels& output) {
  Layout base;
  for (const Label label : x.labels) {
    if (!Has(y.labels, label)) {
      base.free_a.push_back(label);
    } else {
      (Has(output, label) ? base.batch : base.contracted).push_back(label);
    }
  }
  // An ellipsis may have more axes in one term; those of the other are inserted by the caller.
  for (const Label label : y.labels) {
    if (!Has(x.labels, label)) base.free_b.push_back(label);
  }
  const double size_x = static_cast<double>(b.shape(x).elements());
  const double size_y = static_cast<double>(b.shape(y).elements());
  double size_out = 1;
  for (const Label label : output) {
    int64_t size = Has(x.labels, label) ? b.Size(x, label) : 1;
    if (Has(y.labels, label)) size = std::max(size, b.Size(y, label));
    size_out *= static_cast<double>(size);
  }
  Layout best;
  double least = -1;
  for (int choice = 0; choice < 128; ++choice) {
    Layout layout = base;
    layout.batch = Sorted(base.batch, choice & 1 ? output : x.labels);
    layout.contracted = Sorted(base.contracted, choice & 2 ? y.labels : x.labels);
    layout.free_a = Sorted(base.free_a, choice & 4 ? output : x.labels);
    layout.free_b = Sorted(base.free_b, choice & 8 ? output : y.labels);
    layout.swap = choice & 16;
    layout.transpose_a = choice & 32;
    layout.transpose_b = choice & 64;
    double moved = 0;
    if (layout.OrderA() != x.labels) moved += size_x;
    if (layout.OrderB() != y.labels) moved += size_y;
    if (layout.Result() != output) moved += size_out;
    if (least < 0 || moved < least) {
      least = moved;
      best = layout;
    }
  }
  return best;
}

Term Contract(Builder& b, const Term& x, const Term& y, const Labels& output) {
  const Layout layout = BestLayout(b, x, y, output);
  const Term left = b.Ordered(x, layout.OrderA());
  const Term right = b.Ordered(y, layout.OrderB());
  std::vector<int64_t> result, to_a, to_b;
  for (const Label label : layout.batch) {
    to_a.push_back(b.Size(x, label));
    to_b.push_back(b.Size(y, label));
    // Of sizes 1 and n the result has n, of 1 and 0 it has 0.
    result.push_back(to_a.back() == 1 ? to_b.back() : to_a.back());
  }
  const int64_t m = b.Product(x, layout.free_a);
  const int64_t n = b.Product(y, layout.free_b);
  const int64_t k = b.Product(x, layout.contracted);
  const auto matrix = [](std::vector<int64_t> batch, int64_t rows, int64_t columns) {
    batch.insert(batch.end(), {rows, columns});
    return batch;
  };
  const bool outer = layout.contracted.empty();
  const bool turn_a = layout.transpose_a && !outer;
  const bool turn_b = layout.transpose_b && !outer;
  // Stored matrices; those of an outer product are placed to broadcast.
  const bool row_a = outer ? layout.swap : turn_a;
  const bool column_b = outer ? layout.swap : turn_b;
  const Value a = b.Reshape(left.value, row_a ? matrix(to_a, k, m) : matrix(to_a, m, k));
  const Value c = b.Reshape(right.value, column_b ? matrix(to_b, n, k) : matrix(to_b, k, n));
  Value product;
  if (outer) {
    product = b.c_.Append(Op::kMul, {a, c});
  } else if (layout.swap) {
    product =
        b.c_.Append(Op::kMatMul, {c, a}, {{"transpose_a", !turn_b}, {"transpose_b", !turn_a}});
  } else {
    product = b.c_.Append(Op::kMatMul, {a, c}, {{"transpose_a", turn_a}, {"transpose_b", turn_b}});
  }
  for (const Labels* free : {layout.swap ? &layout.free_b : &layout.free_a,
                             layout.swap ? &layout.free_a : &layout.free_b}) {
    for (const Label label : *free) {
      result.push_back(b.Size(free == &layout.free_a ? x : y, label));
    }
  }
  return b.Ordered({b.Reshape(product, result), layout.Result()}, output);
}

// Named labels must have one size; those of an ellipsis may also be 1.
void CheckSizes(const Builder& b, const Term& x, const Term& y) {
  for (const Label label : x.labels) {
    if (!Has(y.labels, label)) continue;
    const int64_t p = b.Size(x, label);
    const int64_t q = b.Size(y, label);
    if (p == q || (label < 0 && (p == 1 || q == 1))) continue;
    throw mlcompute::InvalidArgument(
        "Expected dimensions with the same label to be equal in einsum: ", p, " and ", q,
        " in shapes ", b.shape(x).ToString(), " and ", b.shape(y).ToString());
  }
}

// Where an ellipsis that is summed over has size 1 in one term alone, the sum repeats that term.
Term Repeated(Builder& b, const Term& term, const Term& other, const Labels& output) {
  std::vector<int64_t> to;
  bool differs = false;
  for (const Label label : term.labels) {
    int64_t size = b.Size(term, label);
    if (Has(other.labels, label) && !Has(output, label) && size == 1) {
      size = b.Size(other, label);
      differs |= size != 1;
    }
    to.push_back(size);
  }
  if (!differs) return term;
  return {b.c_.Append(Op::kBroadcastTo, {term.value}, {{"shape", to}}), term.labels};
}

void BuildEinsum(BuildContext& c) {
  const std::string& text = c.node.String("equation");
  const Equation equation(text);
  const int count = c.input_count();
  if (count != static_cast<int>(equation.inputs.size())) {
    throw mlcompute::InvalidArgument("Expected ", equation.inputs.size(),
                                     " inputs for einsum equation ", text, " but got ", count);
  }
  if (count < 1 || count > 2) {
    throw mlcompute::InvalidArgument("Expecting 1 or 2 operands in einsum equation: ", text);
  }
  Builder b(c);
  std::vector<Term> terms;
  int widest = 0;
  for (int i = 0; i < count; ++i) {
    const std::string& subscript = equation.inputs[static_cast<size_t>(i)];
    const int rank = c.shape(i).rank();
    const int named = static_cast<int>(Parse(subscript, 0).size());
    const bool ellipsis = HasEllipsis(subscript);
    if (ellipsis ? rank < named : rank != named) {
      throw mlcompute::InvalidArgument("Expected input ", i, " of einsum equation ", text,
                                       " to have rank ", ellipsis ? "at least " : "", named,
                                       " but got shape ", c.shape(i).ToString());
    }
    if (ellipsis) widest = std::max(widest, rank - named);
    Term term = {c.input(i), Parse(subscript, rank - named)};
    for (size_t q = 1; q < term.labels.size(); ++q) {
      const int p = Position(term.labels, term.labels[q]);
      if (c.shape(i)[p] != c.shape(i)[static_cast<int>(q)]) {
        throw mlcompute::InvalidArgument(
            "Expected repeated labels of input ", i, " of einsum equation ", text,
            " to have equal dimensions but got shape ", c.shape(i).ToString());
      }
    }
    terms.push_back(b.WithoutRepeats(term));
  }
  const Labels output = Parse(equation.output, widest);
  for (const Label label : output) {
    if (!Has(terms[0].labels, label) && !(count == 2 && Has(terms[1].labels, label))) {
      throw mlcompute::InvalidArgument("Label of the output is in no input in einsum equation: ",
                                       text);
    }
  }
  Labels once;  // the output with each label once
  for (const Label label : output) {
    if (!Has(once, label)) once.push_back(label);
  }
  Term result;
  if (count == 1) {
    result = b.Ordered(b.WithoutUnused(terms[0], once, {}), once);
  } else {
    CheckSizes(b, terms[0], terms[1]);
    const Term x = b.WithoutUnused(terms[0], once, terms[1].labels);
    const Term y = b.WithoutUnused(terms[1], once, terms[0].labels);
    result = Contract(b, Repeated(b, x, y, once), Repeated(b, y, x, once), once);
  }
  c.Output(b.WithRepeats(result, output).value);
}

}  // namespace

const Rows& EinsumRows() {
  static const Rows rows = {
      {"Einsum", BuildEinsum, {{"T", Join(Floats(), IndexTypes())}}},
  };
  return rows;
}

}  // namespace tf_mlc
