#include <algorithm>

#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

// The gradient of a weight that multiplies every matrix of a batch is the sum of the batch's
// products a_i^T b_i: one product of the matrices stacked along their common axis. Halves are then
// rounded once, and not each matrix of the batch before the sum.
struct Stacked {
  Value a, b;       // inputs of the product, in the old program
  int64_t k, m, n;  // of the one product
};

class Finder {
 public:
  explicit Finder(const Program& program)
      : program_(program),
        producer_(static_cast<size_t>(program.value_count()), nullptr),
        uses_(static_cast<size_t>(program.value_count()), 0) {
    for (const Operation& operation : program.operations()) {
      for (const Value v : operation.results) producer_[static_cast<size_t>(v)] = &operation;
      for (const Value v : operation.inputs) ++uses_[static_cast<size_t>(v)];
    }
    for (const Value v : program.outputs()) ++uses_[static_cast<size_t>(v)];
  }

  // Whether `sum` is the sum over all of a product's batch axes.
  bool Find(const Operation& sum, Stacked* found) const {
    if (sum.op != Op::kReduceSum || uses_[static_cast<size_t>(sum.inputs[0])] != 1) return false;
    const Operation* product = producer_[static_cast<size_t>(sum.inputs[0])];
    if (!product || product->op != Op::kMatMul) return false;
    if (!product->attributes.Bool("transpose_a") || product->attributes.Bool("transpose_b")) {
      return false;
    }
    const Shape& a = program_.type(product->inputs[0]).shape;
    const Shape& b = program_.type(product->inputs[1]).shape;
    if (a.rank() != b.rank() || a.rank() < 3) return false;
    const int batch = a.rank() - 2;
    int64_t count = 1;
    for (int axis = 0; axis < batch; ++axis) {
      if (a[axis] != b[axis]) return false;
      count *= a[axis];
    }
    const std::vector<int64_t> axes = sum.attributes.Ints("axes");
    if (static_cast<int>(axes.size()) != batch) return false;
    for (int axis = 0; axis < batch; ++axis) {
      if (axes[static_cast<size_t>(axis)] != axis) return false;
    }
    *found = {product->inputs[0], product->inputs[1], count * a[batch], a[batch + 1], b[batch + 1]};
    return true;
  }

 private:
  const Program& program_;
  std::vector<const Operation*> producer_;
  std::vector<int> uses_;
};

}  // namespace

Program StackProducts(const Program& program) {
  const Finder finder(program);
  Rewriter rewriter(program);
  for (const Operation& operation : program.operations()) {
    Stacked found;
    if (!finder.Find(operation, &found)) {
      rewriter.Copy(operation);
      continue;
    }
    Program& now = rewriter.result();
    const auto matrix = [&](Value v, int64_t columns) {
      return now.Append(Op::kReshape, {rewriter.Get(v)},
                        {{"shape", std::vector<int64_t>{found.k, columns}}});
    };
    const Value product =
        now.Append(Op::kMatMul, {matrix(found.a, found.m), matrix(found.b, found.n)},
                   {{"transpose_a", true}, {"transpose_b", false}});
    const Shape& to = program.type(operation.results[0]).shape;
    std::vector<int64_t> dims;
    for (int axis = 0; axis < to.rank(); ++axis) dims.push_back(to[axis]);
    rewriter.Set(operation.results[0], now.Append(Op::kReshape, {product}, {{"shape", dims}}));
  }
  return rewriter.Finish();
}

}  // namespace mlcompute
