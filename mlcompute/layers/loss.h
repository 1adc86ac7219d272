// mlcompute/layers/loss.h: how far predictions are from labels (MLCLossLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/types.h"

namespace mlcompute {

// With y a prediction, t its label, w its weight (1 if there are none); sums go over classes, the
// last axis of predictions [N, T, C], else axis 1:
//
//   MeanAbsoluteError        w |y - t|
//   MeanSquaredError         w (y - t)^2
//   SoftmaxCrossEntropy      -sum w t log softmax(y)
//   SigmoidCrossEntropy      w (max(y, 0) - y t + log(1 + exp(-|y|)))
//   CategoricalCrossEntropy  -sum w t log y; 0 where t is 0
//   Hinge                    w max(1 - (2 t - 1) y, 0)
//   Huber                    w (|d| <= delta ? d^2 / 2 : delta (|d| - delta / 2)), d = y - t
//   CosineDistance           1 - sum w t y
//   Log                      -w (t log(y + epsilon) + (1 - t) log(1 - y + epsilon))
//
// Labels are smoothed before: softmax and categorical cross-entropy t (1 - s) + s / class_count,
// sigmoid cross-entropy t (1 - s) + s / 2. The reduction None leaves these values, [N, ...] with an
// axis of 1 where there was a sum over classes; Sum and Mean give their sum and mean as [1]. All is
// multiplied by `weight`. (Formulas as documented for MPS and BNNS; where those differ, as in
// TensorFlow: means divide by the number of values, and hinge labels are 0 and 1.)
struct LossDescriptor {
  explicit LossDescriptor(LossType type, ReductionType reduction_type = ReductionType::kMean)
      : type(type), reduction_type(reduction_type) {}

  LossType type;
  ReductionType reduction_type;  // None, Sum or Mean
  float weight = 1;
  float label_smoothing = 0;
  int64_t class_count = 1;
  float epsilon = 1e-7f;
  float delta = 1;
};

// Sources: predictions (floating-point), labels of their type and shape (axes of 1 may be left
// out), and perhaps weights that broadcast against them. In a training graph that the layer is
// given to, the last two are its loss labels and their weights.
class LossLayer : public Layer {
 public:
  // `weights`: for all executions, broadcast against the predictions; may be null. Throws
  // Error(kInvalidArgument) for numbers that make no sense.
  explicit LossLayer(const LossDescriptor& descriptor, TensorPtr weights = nullptr);

  const LossDescriptor& descriptor() const { return descriptor_; }
  const TensorPtr& weights() const { return weights_; }
  bool is_loss() const override { return true; }

 protected:
  std::string Detail() const override { return std::string(NameOf(descriptor_.type)); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const LossDescriptor descriptor_;
  const TensorPtr weights_;
};

// The reduction of all of `values`, times `weight`; Sum and Mean give [1].
Value ReducedLoss(Lowering& to, Value values, ReductionType reduction_type, double weight);

}  // namespace mlcompute
