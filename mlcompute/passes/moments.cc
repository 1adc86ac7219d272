#include <map>
#include <vector>

#include "mlcompute/passes/elementwise.h"
#include "mlcompute/passes/passes.h"
#include "mlcompute/passes/rewriter.h"

namespace mlcompute {
namespace {

class Finder {
 public:
  explicit Finder(const Program& program) : program_(program), readers_(program) {}

  // The kReduceMean whose variance the operation is, or -1: of squared deviations from it that
  // nobody else reads, over the same axes.
  int MeanOf(const Operation& operation) const {
    if (operation.op != Op::kReduceMean) return -1;
    const int source = ProducerOf(operation.inputs[0]);
    if (source < 0) return -1;
    const Operation& squares = At(source);
    const auto s = static_cast<size_t>(source);
    if (readers_.readers[s].size() != 1 || readers_.is_output[s]) return -1;
    if (squares.op == Op::kSquaredDifference) return MeanOf(operation, squares);
    const bool is_square = squares.op == Op::kSquare ||
                           (squares.op == Op::kMul && squares.inputs[0] == squares.inputs[1]);
    const int deviation = is_square ? ProducerOf(squares.inputs[0]) : -1;
    if (deviation < 0 || At(deviation).op != Op::kSub) return -1;
    return MeanOf(operation, At(deviation));
  }

 private:
  const Operation& At(int i) const { return program_.operations()[static_cast<size_t>(i)]; }
  int ProducerOf(Value v) const { return readers_.producer[static_cast<size_t>(v)]; }

  int MeanOf(const Operation& variance, const Operation& difference) const {
    const Value a = difference.inputs[0], b = difference.inputs[1];
    const int mean = MeanOf(variance, a, b);
    return mean >= 0 ? mean : MeanOf(variance, b, a);
  }

  int MeanOf(const Operation& variance, Value x, Value mean) const {
    if (program_.type(variance.inputs[0]).shape != program_.type(x).shape) return -1;
    int source = ProducerOf(mean);
    while (source >= 0 && (At(source).op == Op::kReshape || At(source).op == Op::kCopy)) {
      source = ProducerOf(At(source).inputs[0]);
    }
    if (source < 0) return -1;
    const Operation& reduction = At(source);
    const bool fits = reduction.op == Op::kReduceMean && reduction.inputs[0] == x &&
                      reduction.attributes.Ints("axes") == variance.attributes.Ints("axes") &&
                      IsAligned(program_.type(mean).shape, program_.type(x).shape, reduction);
    return fits ? source : -1;
  }

  // Whether the mean, as it is broadcast to x, meets the elements that it was made of.
  static bool IsAligned(const Shape& mean, const Shape& x, const Operation& reduction) {
    std::vector<int64_t> dims = x.dims();
    for (const int64_t axis : reduction.attributes.Ints("axes")) {
      dims[static_cast<size_t>(axis)] = 1;
    }
    for (int i = 1; i <= x.rank(); ++i) {
      const int64_t size = i <= mean.rank() ? mean[mean.rank() - i] : 1;
      if (size != dims[static_cast<size_t>(x.rank() - i)]) return false;
    }
    return mean.rank() <= x.rank();
  }

  const Program& program_;
  const Readers readers_;
};

bool CanTake(const Program& program, const Operation& mean, const Abilities& can) {
  const TensorType& type = program.type(mean.results[0]);
  const Operation moments{Op::kMoments, mean.inputs, {}, mean.attributes};
  return can.moments && can.moments({moments, {program.type(mean.inputs[0])}, {type, type}});
}

}  // namespace

Program JoinMoments(const Program& program, const Abilities& can) {
  const auto& operations = program.operations();
  const Finder finder(program);
  std::vector<int> mean_of(operations.size(), -1);  // by variance
  std::map<size_t, Value> variances;                // by mean, in the new program
  for (size_t i = 0; i < operations.size(); ++i) {
    const int mean = finder.MeanOf(operations[i]);
    if (mean < 0 || !CanTake(program, operations[static_cast<size_t>(mean)], can)) continue;
    mean_of[i] = mean;
    variances.emplace(static_cast<size_t>(mean), -1);
  }
  if (variances.empty()) return program;
  Rewriter rewriter(program);
  for (size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    const Value y = operation.results.empty() ? -1 : operation.results[0];
    const auto variance = variances.find(i);
    if (variance != variances.end()) {
      const std::vector<Value> moments = rewriter.result().AppendMulti(
          Op::kMoments, rewriter.Get(operation.inputs), operation.attributes);
      rewriter.Set(y, moments[0]);
      variance->second = moments[1];
    } else if (mean_of[i] >= 0) {
      const Value v = variances[static_cast<size_t>(mean_of[i])];
      const Shape& shape = program.type(y).shape;
      const bool fits = rewriter.result().type(v).shape == shape;
      rewriter.Set(
          y, fits ? v : rewriter.result().Append(Op::kReshape, {v}, {{"shape", shape.dims()}}));
    } else {
      rewriter.Copy(operation);
    }
  }
  return rewriter.Finish();
}

}  // namespace mlcompute
