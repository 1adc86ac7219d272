#include "mlcompute/layers/embedding.h"

#include <cmath>
#include <utility>

namespace mlcompute {

EmbeddingLayer::EmbeddingLayer(const EmbeddingDescriptor& descriptor, TensorPtr weights)
    : Layer("Embedding"), descriptor_(descriptor), weights_(std::move(weights)) {
  const int64_t count = descriptor.embedding_count;
  const int64_t dimension = descriptor.embedding_dimension;
  if (count < 1 || dimension < 1) {
    throw InvalidArgument("layer Embedding: count ", count, " and dimension ", dimension,
                          " must be positive");
  }
  const int64_t padding = descriptor.padding_index.value_or(0);
  if (padding < 0 || padding >= count) {
    throw InvalidArgument("layer Embedding: padding index ", padding, " is not in [0, ", count,
                          ")");
  }
  if (!(descriptor.p_norm > 0) || !(descriptor.maximum_norm.value_or(1) > 0)) {
    throw InvalidArgument("layer Embedding: maximum norm and p_norm must be positive");
  }
  CheckParameter(weights_, {{count, dimension}, {1, count, dimension}}, "weights");
  if (!IsFloating(weights_->type().dtype)) {
    throw InvalidArgument("layer Embedding: weights ", weights_->ToString(),
                          " must be floating-point");
  }
}

// rows [n, dimension], those beyond the maximum norm scaled to it.
Value EmbeddingLayer::Bounded(Lowering& to, Value rows) const {
  const double maximum = *descriptor_.maximum_norm;
  const double p = descriptor_.p_norm;
  const Attributes last = {{"axes", std::vector<int64_t>{1}}, {"keep_dims", true}};
  const Value size = to.Append(Op::kAbs, {rows});
  Value norm;
  if (std::isinf(p)) {
    norm = to.Append(Op::kReduceMax, {size}, last);
  } else {
    const Value powers = to.Append(Op::kPow, {size, to.Scalar(size, p)});
    norm = to.Append(Op::kReduceSum, {powers}, last);
    norm = to.Append(Op::kPow, {norm, to.Scalar(norm, 1 / p)});
  }
  const Value limit = to.Scalar(norm, maximum);
  const Value factor = to.Append(Op::kDiv, {limit, to.Append(Op::kMaximum, {norm, limit})});
  return to.Append(Op::kMul, {rows, factor});
}

// 1 / how often each index occurs, [n, 1].
Value EmbeddingLayer::Rarity(Lowering& to, Value indices, DataType type) const {
  const Value ones = to.Append(Op::kBroadcastTo, {to.program().AddScalar(DataType::kFloat32, 1)},
                               {{"shape", to.shape(indices).dims()}});
  const Value counts =
      to.Append(Op::kUnsortedSegment, {ones, indices},
                {{"segments", descriptor_.embedding_count}, {"combine", std::string("sum")}});
  const Value of_each =
      to.Append(Op::kGather, {counts, indices}, {{"axis", int64_t{0}}, {"batch_dims", int64_t{0}}});
  const Value rarity =
      to.Reshape(to.Append(Op::kReciprocal, {of_each}), {to.shape(indices).elements(), 1});
  return type == DataType::kFloat32 ? rarity : to.Append(Op::kCast, {rarity}, {{"to", type}});
}

std::vector<Value> EmbeddingLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const TensorType type = to.type(sources[0]);
  if (type.dtype != DataType::kInt32 && type.dtype != DataType::kInt64) {
    throw InvalidArgument("indices must be int32 or int64, got ", type.ToString());
  }
  if (type.shape.rank() > 3) {
    throw InvalidArgument("indices must have rank 1 to 3, got ", type.ToString());
  }
  const int64_t count = descriptor_.embedding_count;
  const int64_t dimension = descriptor_.embedding_dimension;
  const int64_t elements = type.shape.elements();
  const Value indices = to.Reshape(sources[0], {elements});
  Value rows = to.Append(Op::kGather, {to.Reshape(to.Of(weights_), {count, dimension}), indices},
                         {{"axis", int64_t{0}}, {"batch_dims", int64_t{0}}});
  if (to.training() && descriptor_.scales_gradient_by_frequency) {
    to.ScaleGradient(rows, Rarity(to, indices, to.dtype(rows)));
  }
  if (descriptor_.maximum_norm) rows = Bounded(to, rows);
  if (descriptor_.padding_index) {
    const double padding = static_cast<double>(*descriptor_.padding_index);
    const Value is_padding = to.Append(Op::kEqual, {indices, to.Scalar(indices, padding)});
    rows =
        to.Append(Op::kSelect, {to.Reshape(is_padding, {elements, 1}), to.Scalar(rows, 0), rows});
  }
  std::vector<int64_t> dims = type.shape.dims();
  dims.push_back(dimension);
  return {to.Reshape(rows, dims)};
}

}  // namespace mlcompute
