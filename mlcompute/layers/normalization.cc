#include "mlcompute/layers/normalization.h"

#include <numeric>
#include <utility>

namespace mlcompute {
namespace {

// [1, C, 1, ...] of the rank of `x`.
std::vector<int64_t> PerChannel(const Shape& x) {
  std::vector<int64_t> dims(static_cast<size_t>(x.rank()), 1);
  dims[1] = x[1];
  return dims;
}

void CheckChannels(const Shape& x, int64_t channels) {
  if (x.rank() < 2 || x[1] != channels) {
    throw InvalidArgument("takes ", channels, " channels along axis 1, got ", x.ToString());
  }
}

// momentum * running + (1 - momentum) * batch
Value Running(Lowering& to, const TensorPtr& running, Value batch, double momentum) {
  const Value old = to.Afterwards(running);
  const Value now = to.Reshape(batch, to.shape(old).dims());
  return to.Append(Op::kAdd, {to.Append(Op::kMul, {old, to.Scalar(old, momentum)}),
                              to.Append(Op::kMul, {now, to.Scalar(now, 1 - momentum)})});
}

std::string Named(const Layer& layer) { return "layer " + layer.Describe(); }

}  // namespace

NormalizationLayer::NormalizationLayer(std::string_view kind, TensorPtr beta, TensorPtr gamma,
                                       float epsilon)
    : Layer(kind), beta_(std::move(beta)), gamma_(std::move(gamma)), epsilon_(epsilon) {
  if (!(epsilon >= 0)) throw InvalidArgument(Named(*this), ": epsilon ", epsilon, " is under 0");
}

std::vector<TensorPtr> NormalizationLayer::parameters() const {
  std::vector<TensorPtr> all;
  if (beta_) all.push_back(beta_);
  if (gamma_) all.push_back(gamma_);
  return all;
}

void NormalizationLayer::CheckParameters(const Shape& shape) const {
  const std::vector<Shape> shapes = {shape, {shape.elements()}};
  if (beta_) CheckParameter(beta_, shapes, "beta");
  if (gamma_) CheckParameter(gamma_, shapes, "gamma");
}

Value NormalizationLayer::Normalize(Lowering& to, Value x, Value mean, Value variance,
                                    const std::vector<int64_t>& affine) const {
  const Value stable = to.Append(Op::kAdd, {variance, to.Scalar(variance, double{epsilon_})});
  Value scale = to.Append(Op::kRsqrt, {stable});
  if (gamma_) scale = to.Append(Op::kMul, {scale, to.Reshape(to.Of(gamma_), affine)});
  Value y = to.Append(Op::kMul, {to.Append(Op::kSub, {x, mean}), scale});
  if (beta_) y = to.Append(Op::kAdd, {y, to.Reshape(to.Of(beta_), affine)});
  return y;
}

NormalizationLayer::Statistics NormalizationLayer::StatisticsOf(Lowering& to, Value x,
                                                                const std::vector<int64_t>& axes) {
  if (!IsFloating(to.dtype(x))) {
    throw InvalidArgument("takes floating point, got ", to.type(x).ToString());
  }
  const Attributes over = {{"axes", axes}, {"keep_dims", true}};
  const Value mean = to.Append(Op::kReduceMean, {x}, over);
  const Value squares = to.Append(Op::kSquaredDifference, {x, mean});
  return {mean, to.Append(Op::kReduceMean, {squares}, over)};
}

Value NormalizationLayer::NormalizeOver(Lowering& to, Value x, const std::vector<int64_t>& axes,
                                        const std::vector<int64_t>& affine) const {
  const Statistics statistics = StatisticsOf(to, x, axes);
  return Normalize(to, x, statistics.mean, statistics.variance, affine);
}

BatchNormalizationLayer::BatchNormalizationLayer(int64_t feature_channel_count, TensorPtr mean,
                                                 TensorPtr variance, TensorPtr beta,
                                                 TensorPtr gamma, float variance_epsilon,
                                                 float momentum)
    : NormalizationLayer("BatchNorm", std::move(beta), std::move(gamma), variance_epsilon),
      channels_(feature_channel_count),
      mean_(std::move(mean)),
      variance_(std::move(variance)),
      momentum_(momentum) {
  CheckParameter(mean_, {{1, channels_, 1, 1}}, "mean");
  CheckParameter(variance_, {{1, channels_, 1, 1}}, "variance");
  CheckParameters({1, channels_, 1, 1});
}

std::vector<Value> BatchNormalizationLayer::Lower(Lowering& to,
                                                  const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  CheckChannels(to.shape(sources[0]), channels_);
  const std::vector<int64_t> dims = PerChannel(to.shape(sources[0]));
  if (!to.training()) {
    return {Normalize(to, sources[0], to.Reshape(to.Of(mean_), dims),
                      to.Reshape(to.Of(variance_), dims), dims)};
  }
  std::vector<int64_t> axes = {0};
  for (int axis = 2; axis < to.shape(sources[0]).rank(); ++axis) axes.push_back(axis);
  const Statistics batch = StatisticsOf(to, sources[0], axes);
  to.SetAfterwards(mean_, Running(to, mean_, batch.mean, momentum_));
  to.SetAfterwards(variance_, Running(to, variance_, batch.variance, momentum_));
  return {Normalize(to, sources[0], batch.mean, batch.variance, dims)};
}

InstanceNormalizationLayer::InstanceNormalizationLayer(int64_t feature_channel_count,
                                                       TensorPtr mean, TensorPtr variance,
                                                       TensorPtr beta, TensorPtr gamma,
                                                       float variance_epsilon, float momentum)
    : NormalizationLayer("InstanceNorm", std::move(beta), std::move(gamma), variance_epsilon),
      channels_(feature_channel_count),
      mean_(std::move(mean)),
      variance_(std::move(variance)),
      momentum_(momentum) {
  if (mean_ || variance_) {
    CheckParameter(mean_, {{1, channels_, 1, 1}}, "mean");
    CheckParameter(variance_, {{1, channels_, 1, 1}}, "variance");
  }
  CheckParameters({1, channels_, 1, 1});
}

std::vector<Value> InstanceNormalizationLayer::Lower(Lowering& to,
                                                     const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  CheckRank(to.shape(sources[0]), 4);
  CheckChannels(to.shape(sources[0]), channels_);
  const std::vector<int64_t> dims = PerChannel(to.shape(sources[0]));
  if (mean_ && !to.training()) {
    return {Normalize(to, sources[0], to.Of(mean_), to.Of(variance_), dims)};
  }
  const Statistics own = StatisticsOf(to, sources[0], {2, 3});
  if (mean_) {
    // What is kept is the mean over the batch.
    const Attributes over = {{"axes", std::vector<int64_t>{0}}, {"keep_dims", true}};
    const auto keep = [&](const TensorPtr& running, Value statistic) {
      const Value mean = to.Append(Op::kReduceMean, {statistic}, over);
      to.SetAfterwards(running, Running(to, running, mean, momentum_));
    };
    keep(mean_, own.mean);
    keep(variance_, own.variance);
  }
  return {Normalize(to, sources[0], own.mean, own.variance, dims)};
}

GroupNormalizationLayer::GroupNormalizationLayer(int64_t feature_channel_count, int64_t group_count,
                                                 TensorPtr beta, TensorPtr gamma,
                                                 float variance_epsilon)
    : NormalizationLayer("GroupNorm", std::move(beta), std::move(gamma), variance_epsilon),
      channels_(feature_channel_count),
      groups_(group_count) {
  if (groups_ < 1 || channels_ < 1 || channels_ % groups_ != 0) {
    throw InvalidArgument(Named(*this), ": ", channels_, " channels do not divide into ", groups_,
                          " groups");
  }
  CheckParameters({1, channels_, 1, 1});
}

std::vector<Value> GroupNormalizationLayer::Lower(Lowering& to,
                                                  const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Shape shape = to.shape(sources[0]);
  CheckChannels(shape, channels_);
  // [N, groups, channels of a group, space]
  const int64_t in_group = channels_ / groups_;
  const int64_t space = shape.elements() / (shape[0] * channels_);
  const Value x = to.Reshape(sources[0], {shape[0], groups_, in_group, space});
  return {to.Reshape(NormalizeOver(to, x, {2, 3}, {1, groups_, in_group, 1}), shape.dims())};
}

LayerNormalizationLayer::LayerNormalizationLayer(Shape normalized_shape, TensorPtr beta,
                                                 TensorPtr gamma, float variance_epsilon)
    : NormalizationLayer("LayerNorm", std::move(beta), std::move(gamma), variance_epsilon),
      shape_(TensorDescriptor(std::move(normalized_shape)).shape()) {
  CheckParameters(shape_);
}

std::vector<Value> LayerNormalizationLayer::Lower(Lowering& to,
                                                  const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Shape& x = to.shape(sources[0]);
  const int first = x.rank() - shape_.rank();
  if (first < 0 ||
      std::vector<int64_t>(x.dims().begin() + first, x.dims().end()) != shape_.dims()) {
    throw InvalidArgument("takes sources whose last axes are ", shape_.ToString(), ", got ",
                          x.ToString());
  }
  std::vector<int64_t> axes(static_cast<size_t>(shape_.rank()));
  std::iota(axes.begin(), axes.end(), first);
  return {NormalizeOver(to, sources[0], axes, shape_.dims())};
}

}  // namespace mlcompute
