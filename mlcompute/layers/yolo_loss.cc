#include "mlcompute/layers/yolo_loss.h"

#include "mlcompute/program/terms.h"

namespace mlcompute {
namespace {

// Boxes [N, A, H, W] each: centres and sizes.
struct Boxes {
  Value x, y, w, h;
};

// Writes the loss of predictions [N, A, 5 + C, H, W].
class Formula {
 public:
  Formula(Lowering& to, const YoloLossDescriptor& d, Value y, Value labels)
      : to_(to), t_(to.program()), d_(d), y_(y), labels_(labels) {}

  Value Write() const {
    const Value object = Part(labels_, 4);
    const Value confidence = Part(y_, 4);
    const Boxes predicted = {Unary(Op::kSigmoid, Part(y_, 0)), Unary(Op::kSigmoid, Part(y_, 1)),
                             Part(y_, 2), Part(y_, 3)};
    const Boxes labelled = {Part(labels_, 0), Part(labels_, 1), Part(labels_, 2), Part(labels_, 3)};
    const Value overlap = Overlap(predicted, labelled, object);

    const Value position = t_.Add(t_.Append(Op::kSquaredDifference, {predicted.x, labelled.x}),
                                  t_.Append(Op::kSquaredDifference, {predicted.y, labelled.y}));
    const Value size =
        t_.Add(Huber(t_.Sub(predicted.w, labelled.w)), Huber(t_.Sub(predicted.h, labelled.h)));
    Value cells = t_.Times(t_.Mul(position, object), double{d_.scale_spatial_position_loss});
    cells = t_.Add(cells, t_.Times(t_.Mul(size, object), double{d_.scale_spatial_size_loss}));

    const Value zero = t_.Number(object, 0), one = t_.Number(object, 1);
    const Value is_object = t_.Append(Op::kGreater, {object, zero});
    const Value present = t_.Append(
        Op::kLogicalOr,
        {is_object, t_.Append(Op::kGreater,
                              {overlap, t_.Number(overlap, d_.minimum_iou_for_object_presence)})});
    const Value absent = t_.Append(
        Op::kLogicalAnd,
        {Unary(Op::kLogicalNot, is_object),
         t_.Append(Op::kLess, {overlap, t_.Number(overlap, d_.maximum_iou_for_object_absence)})});
    // The sigmoid cross-entropy of logit c and target t is softplus(c) - c t.
    const Value softplus = Unary(Op::kSoftplus, confidence);
    const Value target = d_.should_rescore ? overlap : one;
    const Value seen = t_.Sub(softplus, t_.Mul(confidence, target));
    cells = t_.Add(
        cells, t_.Times(t_.Select(present, seen, zero), double{d_.scale_object_confidence_loss}));
    cells = t_.Add(cells, t_.Times(t_.Select(absent, softplus, zero),
                                   double{d_.scale_no_object_confidence_loss}));
    if (Classes() > 0) {
      cells = t_.Add(cells, t_.Times(t_.Mul(ClassLoss(), object), double{d_.scale_class_loss}));
    }
    return t_.Reshape(t_.Sum(cells, {1, 2, 3}, false), {t_.shape(cells)[0], 1});
  }

 private:
  Value Unary(Op op, Value v) const { return t_.Append(op, {v}); }
  int64_t Classes() const { return t_.shape(y_)[2] - 5; }

  // Number `which` of each anchor, [N, A, H, W].
  Value Part(Value of, int64_t which) const {
    const Shape s = t_.shape(of);
    return t_.Reshape(t_.Slice(of, {0, 0, which, 0, 0}, {s[0], s[1], 1, s[3], s[4]}),
                      {s[0], s[1], s[3], s[4]});
  }

  // d^2 / 2 up to 1, then |d| - 1 / 2.
  Value Huber(Value d) const {
    const Value size = Unary(Op::kAbs, d);
    const Value bent = t_.Append(Op::kMinimum, {size, t_.Number(size, 1)});
    return t_.Mul(bent, t_.Sub(size, t_.Times(bent, 0.5)));
  }

  // [N, A, H, W]
  Value ClassLoss() const {
    const Shape s = t_.shape(y_);
    const auto last = [&](Value of) {
      return t_.Transpose(t_.Slice(of, {0, 0, 5, 0, 0}, {s[0], s[1], Classes(), s[3], s[4]}),
                          {0, 1, 3, 4, 2});
    };
    const Value shares = Unary(Op::kLogSoftmax, last(y_));
    return t_.Neg(t_.Sum(t_.Mul(last(labels_), shares), {4}, false));
  }

  // Anchor sizes (0: widths, 1: heights) as [A, 1, 1].
  Value Anchors(size_t which) const {
    std::vector<float> sizes;
    for (size_t i = which; i < d_.anchor_boxes.size(); i += 2) sizes.push_back(d_.anchor_boxes[i]);
    const auto count = static_cast<int64_t>(sizes.size());
    const Value constant =
        t_.program().AddConstant({DataType::kFloat32, {count, 1, 1}}, sizes.data());
    if (t_.dtype(y_) == DataType::kFloat32) return constant;
    return t_.Append(Op::kCast, {constant}, {{"to", t_.dtype(y_)}});
  }

  // The largest intersection over union of each predicted box with the labelled ones of its cell,
  // [N, A, H, W]; a constant for gradients.
  Value Overlap(const Boxes& predicted, const Boxes& labelled, Value object) const {
    const Shape s = t_.shape(object);
    // Predicted boxes along axis 1, labelled ones along axis 2.
    const auto rows = [&](Value v) { return t_.Reshape(v, {s[0], s[1], 1, s[2], s[3]}); };
    const auto columns = [&](Value v) { return t_.Reshape(v, {s[0], 1, s[1], s[2], s[3]}); };
    const auto sizes = [&](Value logarithms, size_t which) {
      return t_.Mul(Unary(Op::kExp, logarithms), Anchors(which));
    };
    const Value pw = rows(sizes(predicted.w, 0)), ph = rows(sizes(predicted.h, 1));
    const Value lw = columns(sizes(labelled.w, 0)), lh = columns(sizes(labelled.h, 1));
    const auto shared = [&](Value p, Value p_size, Value l, Value l_size) {
      const Value p_half = t_.Times(p_size, 0.5), l_half = t_.Times(l_size, 0.5);
      const Value end = t_.Append(Op::kMinimum, {t_.Add(p, p_half), t_.Add(l, l_half)});
      const Value begin = t_.Append(Op::kMaximum, {t_.Sub(p, p_half), t_.Sub(l, l_half)});
      return Unary(Op::kRelu, t_.Sub(end, begin));
    };
    const Value both = t_.Mul(shared(rows(predicted.x), pw, columns(labelled.x), lw),
                              shared(rows(predicted.y), ph, columns(labelled.y), lh));
    const Value either = t_.Sub(t_.Add(t_.Mul(pw, ph), t_.Mul(lw, lh)), both);
    const Value iou = t_.Append(Op::kDivNoNan, {both, either});
    const Value of_objects = t_.Mul(iou, columns(object));
    const Value largest = t_.Append(Op::kReduceMax, {of_objects},
                                    {{"axes", std::vector<int64_t>{2}}, {"keep_dims", false}});
    to_.StopGradient(largest);
    return largest;
  }

  Lowering& to_;
  const Terms t_;
  const YoloLossDescriptor& d_;
  const Value y_;
  const Value labels_;
};

}  // namespace

YoloLossLayer::YoloLossLayer(const YoloLossDescriptor& descriptor)
    : Layer("Loss"), descriptor_(descriptor) {
  const std::vector<float>& boxes = descriptor_.anchor_boxes;
  if (boxes.empty() || boxes.size() % 2 != 0) {
    throw InvalidArgument("layer Loss (YOLO): anchor boxes are pairs of width and height, got ",
                          boxes.size(), " numbers");
  }
  for (const float size : boxes) {
    if (!(size > 0))
      throw InvalidArgument("layer Loss (YOLO): anchor size ", size, " is not positive");
  }
}

std::string YoloLossLayer::Detail() const {
  return StrCat("YOLO, ", descriptor_.anchor_box_count(), " anchor boxes");
}

std::vector<Value> YoloLossLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 2);
  const TensorType type = to.type(sources[0]);
  CheckRank(type.shape, 4);
  const int64_t anchors = descriptor_.anchor_box_count();
  if (!IsFloating(type.dtype) || type.shape[1] % anchors != 0 || type.shape[1] / anchors < 5) {
    throw InvalidArgument("takes floating-point predictions [N, ", anchors,
                          " * (5 + classes), H, W], got ", type.ToString());
  }
  if (to.type(sources[1]) != type) {
    throw InvalidArgument("labels ", to.type(sources[1]).ToString(),
                          " must be like the predictions, ", type.ToString());
  }
  const std::vector<int64_t> split = {type.shape[0], anchors, type.shape[1] / anchors,
                                      type.shape[2], type.shape[3]};
  return {Formula(to, descriptor_, to.Reshape(sources[0], split), to.Reshape(sources[1], split))
              .Write()};
}

}  // namespace mlcompute
