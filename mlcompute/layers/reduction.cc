#include "mlcompute/layers/reduction.h"

#include <algorithm>
#include <utility>

namespace mlcompute {
namespace {

using R = ReductionType;

bool IsArg(ReductionType type) { return type == R::kArgMax || type == R::kArgMin; }

Op OpOf(ReductionType type) {
  switch (type) {
    case R::kNone:
      return Op::kCopy;
    case R::kSum:
    case R::kL1Norm:
      return Op::kReduceSum;
    case R::kMean:
      return Op::kReduceMean;
    case R::kMax:
      return Op::kReduceMax;
    case R::kMin:
      return Op::kReduceMin;
    case R::kArgMax:
      return Op::kArgMax;
    case R::kArgMin:
      return Op::kArgMin;
    case R::kAny:
      return Op::kReduceAny;
    case R::kAll:
      return Op::kReduceAll;
  }
  throw InvalidArgument("there is no reduction type ", static_cast<int>(type));
}

}  // namespace

ReductionLayer::ReductionLayer(ReductionType type, std::vector<int64_t> dimensions)
    : Layer("Reduction"), type_(type), dimensions_(std::move(dimensions)) {
  std::vector<int64_t> sorted = dimensions_;
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty() || std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    throw InvalidArgument("layer ", Describe(), ": dimensions must be one or more different axes");
  }
  if (IsArg(type) && sorted.size() > 1) {
    throw InvalidArgument("layer ", Describe(), ": takes one dimension");
  }
}

std::vector<Value> ReductionLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  Shape shape = to.shape(sources[0]);
  for (const int64_t dimension : dimensions_) {
    CheckDimension(dimension, shape);
    shape[static_cast<int>(dimension)] = 1;
  }
  const Op op = OpOf(type_);
  if (type_ == R::kNone) return {to.Append(op, sources)};
  if (IsArg(type_)) {
    const Value index = to.Append(op, sources, {{"axis", dimension()}, {"to", DataType::kInt64}});
    return {to.Reshape(index, shape.dims())};
  }
  const Value x = type_ == R::kL1Norm ? to.Append(Op::kAbs, sources) : sources[0];
  std::vector<int64_t> axes = dimensions_;
  std::sort(axes.begin(), axes.end());
  return {to.Append(op, {x}, {{"axes", axes}, {"keep_dims", true}})};
}

}  // namespace mlcompute
