#include "mlcompute/layers/loss.h"

#include <numeric>
#include <utility>

#include "mlcompute/program/terms.h"

namespace mlcompute {
namespace {

using T = LossType;

std::vector<int64_t> WithoutOnes(const Shape& shape) {
  std::vector<int64_t> dims;
  for (const int64_t d : shape.dims()) {
    if (d != 1) dims.push_back(d);
  }
  return dims;
}

// Writes the values of a loss before their reduction.
class Formula {
 public:
  Formula(Lowering& to, const LossDescriptor& d, Value y, Value labels)
      : t_(to.program()), d_(d), y_(y), labels_(labels) {}

  void Weigh(Value weights) { weights_ = weights_ == kNone ? weights : t_.Mul(weights_, weights); }

  Value Write() {
    switch (d_.type) {
      case T::kMeanAbsoluteError:
        return Weighted(Unary(Op::kAbs, t_.Sub(y_, labels_)));
      case T::kMeanSquaredError:
        return Weighted(t_.Append(Op::kSquaredDifference, {y_, labels_}));
      case T::kSoftmaxCrossEntropy:
        return t_.Neg(OverClasses(t_.Mul(Smoothed(double(d_.class_count)), LogSoftmax())));
      case T::kSigmoidCrossEntropy: {
        // max(y, 0) + log(1 + exp(-|y|)) is the softplus of y.
        const Value t = Smoothed(2);
        return Weighted(t_.Sub(Unary(Op::kSoftplus, y_), t_.Mul(y_, t)));
      }
      case T::kCategoricalCrossEntropy: {
        const Value t = Smoothed(double(d_.class_count));
        return t_.Neg(OverClasses(t_.Append(Op::kXlogy, {t, y_})));
      }
      case T::kHinge: {
        const Value signs = t_.Plus(t_.Times(labels_, 2), -1);
        return Weighted(Unary(Op::kRelu, t_.Plus(t_.Neg(t_.Mul(signs, y_)), 1)));
      }
      case T::kHuber:
        return Weighted(Huber(t_.program(), t_.Sub(y_, labels_), double{d_.delta}));
      case T::kCosineDistance:
        return t_.Plus(t_.Neg(OverClasses(t_.Mul(y_, labels_))), 1);
      case T::kLog: {
        const Value yes = t_.Mul(labels_, Unary(Op::kLog, t_.Plus(y_, double{d_.epsilon})));
        const Value other = t_.Plus(t_.Neg(y_), 1 + double{d_.epsilon});
        const Value no = t_.Mul(t_.Plus(t_.Neg(labels_), 1), Unary(Op::kLog, other));
        return Weighted(t_.Neg(t_.Add(yes, no)));
      }
    }
    throw InvalidArgument("there is no loss type ", static_cast<int>(d_.type));
  }

 private:
  static constexpr Value kNone = -1;

  // d^2 / 2 up to delta, then straight on.
  static Value Huber(Program& program, Value difference, double delta) {
    const Terms t(program);
    const Value size = t.Append(Op::kAbs, {difference});
    const Value bent = t.Append(Op::kMinimum, {size, t.Number(size, delta)});
    // With b = min(|d|, delta): b (|d| - b / 2).
    return t.Mul(bent, t.Sub(size, t.Times(bent, 0.5)));
  }

  Value Unary(Op op, Value v) const { return t_.Append(op, {v}); }
  Value Weighted(Value v) const { return weights_ == kNone ? v : t_.Mul(v, weights_); }

  int Classes() const { return t_.shape(y_).rank() == 3 ? 2 : 1; }
  Value OverClasses(Value v) const { return t_.Sum(Weighted(v), {Classes()}, true); }

  Value Smoothed(double share_of) const {
    if (d_.label_smoothing == 0) return labels_;
    const double s = d_.label_smoothing;
    return t_.Plus(t_.Times(labels_, 1 - s), s / share_of);
  }

  Value LogSoftmax() const {
    const Shape shape = t_.shape(y_);
    const auto axis = static_cast<size_t>(Classes());
    int64_t inner = 1;
    for (int i = Classes() + 1; i < shape.rank(); ++i) inner *= shape[i];
    if (inner == 1) {
      const Value flat = t_.Reshape(y_, {shape.elements() / shape[Classes()], shape[Classes()]});
      return t_.Reshape(Unary(Op::kLogSoftmax, flat), shape.dims());
    }
    std::vector<int64_t> perm(static_cast<size_t>(shape.rank()));
    std::iota(perm.begin(), perm.end(), 0);
    std::swap(perm[axis], perm.back());
    return t_.Transpose(Unary(Op::kLogSoftmax, t_.Transpose(y_, perm)), perm);
  }

  const Terms t_;
  const LossDescriptor& d_;
  const Value y_;
  const Value labels_;
  Value weights_ = kNone;
};

}  // namespace

Value ReducedLoss(Lowering& to, Value values, ReductionType reduction_type, double weight) {
  const Terms t(to.program());
  if (weight != 1) values = t.Times(values, weight);
  if (reduction_type == ReductionType::kNone) return values;
  std::vector<int64_t> axes(static_cast<size_t>(t.shape(values).rank()));
  std::iota(axes.begin(), axes.end(), 0);
  const Op op = reduction_type == ReductionType::kSum ? Op::kReduceSum : Op::kReduceMean;
  const Value reduced = t.Append(op, {values}, {{"axes", axes}, {"keep_dims", false}});
  return t.Reshape(reduced, {1});
}

LossLayer::LossLayer(const LossDescriptor& descriptor, TensorPtr weights)
    : Layer("Loss"), descriptor_(descriptor), weights_(std::move(weights)) {
  const std::string layer = "layer " + Describe();
  const ReductionType reduction = descriptor.reduction_type;
  if (reduction != ReductionType::kNone && reduction != ReductionType::kSum &&
      reduction != ReductionType::kMean) {
    throw InvalidArgument(layer, ": reduction type must be none, sum or mean, got ",
                          NameOf(reduction));
  }
  if (!(descriptor.label_smoothing >= 0 && descriptor.label_smoothing <= 1)) {
    throw InvalidArgument(layer, ": label_smoothing ", descriptor.label_smoothing,
                          " is not in [0, 1]");
  }
  if (descriptor.class_count < 1) {
    throw InvalidArgument(layer, ": class_count ", descriptor.class_count, " must be positive");
  }
  if (!(descriptor.epsilon >= 0) || !(descriptor.delta >= 0)) {
    throw InvalidArgument(layer, ": epsilon ", descriptor.epsilon, " and delta ", descriptor.delta,
                          " must not be under 0");
  }
  if (weights_ && !weights_->has_data()) {
    throw InvalidArgument(layer, ": weights ", weights_->ToString(), " hold no data");
  }
}

std::vector<Value> LossLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  if (sources.size() != 2 && sources.size() != 3) {
    throw InvalidArgument("takes predictions, labels and perhaps weights, got ", sources.size(),
                          " sources");
  }
  const Value y = sources[0];
  const TensorType type = to.type(y);
  if (!IsFloating(type.dtype) || type.shape.rank() < 2) {
    throw InvalidArgument("predictions must be floating-point of rank 2 to 4, got ",
                          type.ToString());
  }
  const TensorType labels = to.type(sources[1]);
  if (labels.dtype != type.dtype || WithoutOnes(labels.shape) != WithoutOnes(type.shape)) {
    throw InvalidArgument("labels ", labels.ToString(), " must be like the predictions, ",
                          type.ToString());
  }
  Formula formula(to, descriptor_, y, to.Reshape(sources[1], type.shape.dims()));
  const auto weigh = [&](Value weights) {
    const TensorType given = to.type(weights);
    if (given.dtype != type.dtype) {
      throw InvalidArgument("weights ", given.ToString(), " must be of the type of predictions ",
                            type.ToString());
    }
    if (WithoutOnes(given.shape) == WithoutOnes(type.shape)) {
      weights = to.Reshape(weights, type.shape.dims());
    } else if (given.shape.rank() > type.shape.rank() ||
               Broadcast(given.shape, type.shape) != type.shape) {
      throw InvalidArgument("weights ", given.ToString(), " do not broadcast to predictions ",
                            type.ToString());
    }
    formula.Weigh(weights);
  };
  if (weights_) weigh(to.Of(weights_));
  if (sources.size() == 3) weigh(sources[2]);
  return {ReducedLoss(to, formula.Write(), descriptor_.reduction_type, double{descriptor_.weight})};
}

}  // namespace mlcompute
