// Batch normalization and its gradient, composed of elementwise operations and reductions. The
// 16-bit types are normalized in float32; scale, offset and statistics are float32 always.
#include "kernels/op_row.h"
#include "kernels/window.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

// The arithmetic of one batch normalization. Vectors are over channels.
class Normalization {
 public:
  explicit Normalization(BuildContext& c, int x) : c_(c) {
    const Shape& shape = c.shape(x);
    if (shape.rank() != 4 && shape.rank() != 5) {
      throw InvalidArgument("x must be 4 or 5-dimensional, not ", shape.ToString());
    }
    const DataFormat format = DataFormatOf(c.node, shape.rank() - 2);
    channels_last_ = format.channels_last;
    rank_ = shape.rank();
    channels_ = shape[format.channel_axis()];
    for (int axis = 0; axis < rank_; ++axis) {
      if (axis == format.channel_axis()) continue;
      axes_.push_back(axis);
      count_ *= shape[axis];
    }
    epsilon_ = Number(c.node.Float("epsilon"));
  }

  int64_t channels() const { return channels_; }
  int64_t count() const { return count_; }  // elements per channel

  Value Wide(Value v) const { return To(v, DataType::kFloat32); }
  Value To(Value v, DataType type) const {
    return c_.program.type(v).dtype == type ? v : c_.Append(Op::kCast, {v}, {{"to", type}});
  }
  Value Number(double value) const { return c_.program.AddScalar(DataType::kFloat32, value); }
  Value Add(Value a, Value b) const { return c_.Append(Op::kAdd, {a, b}); }
  Value Sub(Value a, Value b) const { return c_.Append(Op::kSub, {a, b}); }
  Value Mul(Value a, Value b) const { return c_.Append(Op::kMul, {a, b}); }
  Value Reduce(Op op, Value v) const {
    return c_.Append(op, {v}, {{"axes", axes_}, {"keep_dims", false}});
  }
  // A vector over channels, to meet a tensor of x's shape.
  Value Wise(Value vector) const { return AlongChannels(c_, vector, channels_last_, rank_); }
  Value InverseDeviation(Value variance) const {
    return c_.Append(Op::kRsqrt, {Add(variance, epsilon_)});
  }
  void CheckVector(int i, const char* name) const {
    if (c_.shape(i) != Shape{channels_}) {
      throw InvalidArgument(name, " must have the same number of elements as the channels of x, ",
                            "got ", c_.shape(i).ToString(), " and ", channels_);
    }
  }

 private:
  BuildContext& c_;
  bool channels_last_;
  int rank_;
  int64_t channels_;
  int64_t count_ = 1;
  std::vector<int64_t> axes_;
  Value epsilon_;
};

double AverageFactor(const Node& node) {
  return node.Find("exponential_avg_factor") ? node.Float("exponential_avg_factor") : 1.0;
}

// (x, scale, offset, mean, variance) -> y, mean, variance, and what the gradient wants: mean and
// variance of the batch. `spare` outputs follow: other devices keep workspace in them.
template <int spare>
void BuildForward(BuildContext& c) {
  const Normalization n(c, 0);
  n.CheckVector(1, "scale");
  n.CheckVector(2, "offset");
  const bool training = c.node.Bool("is_training");
  const double factor = AverageFactor(c.node);
  if (!training || factor != 1.0) {
    n.CheckVector(3, "mean");
    n.CheckVector(4, "variance");
  }
  const Value x = n.Wide(c.input(0));
  Value mean = c.input(3);
  Value variance = c.input(4);
  Value new_mean = mean;
  Value new_variance = variance;
  if (training) {
    mean = n.Reduce(Op::kReduceMean, x);
    variance = n.Reduce(Op::kReduceMean, c.Append(Op::kSquaredDifference, {x, n.Wise(mean)}));
    // The running variance is that of the population the batch is a sample of.
    const double others = static_cast<double>(n.count() > 1 ? n.count() - 1 : 1);
    const Value unbiased = n.Mul(variance, n.Number(static_cast<double>(n.count()) / others));
    const auto average = [&](Value old, Value now) {
      if (factor == 1.0) return now;
      return n.Add(n.Mul(old, n.Number(1.0 - factor)), n.Mul(now, n.Number(factor)));
    };
    new_mean = average(c.input(3), mean);
    new_variance = average(c.input(4), unbiased);
  }
  const Value scale = n.Mul(n.InverseDeviation(variance), c.input(1));
  const Value y = n.Add(n.Mul(n.Sub(x, n.Wise(mean)), n.Wise(scale)), n.Wise(c.input(2)));
  c.Output(n.To(y, c.type(0).dtype));
  for (const Value v : {new_mean, new_variance, mean, variance}) c.Output(v);
  for (int i = 0; i < spare; ++i) c.Output(n.Number(0));
}

// (dy, x, scale, mean, variance, ...) -> dx, dscale, doffset and two unused scalars
void BuildGrad(BuildContext& c) {
  if (c.shape(0) != c.shape(1)) {
    throw InvalidArgument("x and y_backprop must have same shape, but x has shape ",
                          c.shape(1).ToString(), " and y_backprop has shape ",
                          c.shape(0).ToString());
  }
  const Normalization n(c, 1);
  n.CheckVector(2, "scale");
  n.CheckVector(3, "reserve_space_1");
  n.CheckVector(4, "reserve_space_2");
  const Value dy = n.Wide(c.input(0));
  const Value centered = n.Sub(n.Wide(c.input(1)), n.Wise(c.input(3)));
  const Value inverse = n.InverseDeviation(c.input(4));
  const Value sum_dy = n.Reduce(Op::kReduceSum, dy);
  const Value sum_dy_x = n.Reduce(Op::kReduceSum, n.Mul(dy, centered));
  Value dx = dy;
  if (c.node.Bool("is_training")) {
    const Value share = n.Number(n.count() > 0 ? 1.0 / static_cast<double>(n.count()) : 0.0);
    const Value slope = n.Mul(n.Mul(sum_dy_x, share), n.Mul(inverse, inverse));
    dx = n.Sub(n.Sub(dy, n.Wise(n.Mul(sum_dy, share))), n.Mul(centered, n.Wise(slope)));
  }
  dx = n.Mul(dx, n.Wise(n.Mul(c.input(2), inverse)));
  c.Output(n.To(dx, c.type(1).dtype));
  c.Output(n.Mul(sum_dy_x, inverse));
  c.Output(sum_dy);
  c.Output(n.Number(0));
  c.Output(n.Number(0));
}

}  // namespace

const Rows& BatchNormRows() {
  static const Rows rows = [] {
    const Types wide = {DataType::kFloat32};
    const TypeAttr narrow = {"T", {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16}};
    return Rows{
        {"FusedBatchNorm", BuildForward<0>, {{"T", wide}}},
        {"FusedBatchNormV2", BuildForward<0>, {narrow, {"U", wide}}},
        {"FusedBatchNormV3", BuildForward<1>, {narrow, {"U", wide}}},
        {"FusedBatchNormGrad", BuildGrad, {{"T", wide}}},
        {"FusedBatchNormGradV2", BuildGrad, {narrow, {"U", wide}}},
        {"FusedBatchNormGradV3", BuildGrad, {narrow, {"U", wide}}},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
