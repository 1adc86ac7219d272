// mlcompute/layers/yolo_loss.h: the loss of an object detector (MLCYOLOLossLayer; Redmon and
// Farhadi 2016, "YOLO9000").
#pragma once

#include <vector>

#include "mlcompute/layer.h"

namespace mlcompute {

struct YoloLossDescriptor {
  // Width and height of each anchor box, in cells.
  explicit YoloLossDescriptor(std::vector<float> anchor_boxes)
      : anchor_boxes(std::move(anchor_boxes)) {}

  std::vector<float> anchor_boxes;
  bool should_rescore = true;
  float scale_spatial_position_loss = 10;
  float scale_spatial_size_loss = 10;
  float scale_no_object_confidence_loss = 5;
  float scale_object_confidence_loss = 100;
  float scale_class_loss = 2;
  float minimum_iou_for_object_presence = 0.7f;
  float maximum_iou_for_object_absence = 0.3f;

  int64_t anchor_box_count() const { return static_cast<int64_t>(anchor_boxes.size() / 2); }
};

// Sources: predictions and labels [N, A (5 + C), H, W] for A anchor boxes and C classes: for each
// anchor box x, y, w, h, confidence and the classes. A predicted box has its centre at sigmoid(x),
// sigmoid(y) inside its cell and the size anchor * exp(w, h). Labels hold the centre inside the
// cell, the logarithms of the size by the anchor's, 1 or 0 for whether there is an object, and its
// class one-hot.
//
// With o for the labels' object, u the largest intersection over union of a predicted box with the
// labelled boxes of its cell, the result for each sample, [N, 1], is the sum over cells and anchors
// of
//   position * o ((sigmoid(x) - tx)^2 + (sigmoid(y) - ty)^2)
//   size * o (huber(w - tw) + huber(h - th)), delta 1
//   object_confidence * p sigmoid_cross_entropy(confidence, target): p where there is an object or
//     u > minimum_iou_for_object_presence; the target is u if should_rescore (no gradient passes
//     through it), else 1
//   no_object_confidence * sigmoid_cross_entropy(confidence, 0) where there is no object and
//     u < maximum_iou_for_object_absence
//   class * o softmax_cross_entropy(classes)
// The kinds of terms are BNNS's; MLCompute does not say how it finds u.
class YoloLossLayer : public Layer {
 public:
  // Throws Error(kInvalidArgument) unless there are pairs of positive sizes.
  explicit YoloLossLayer(const YoloLossDescriptor& descriptor);

  const YoloLossDescriptor& descriptor() const { return descriptor_; }
  bool is_loss() const override { return true; }

 protected:
  std::string Detail() const override;
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const YoloLossDescriptor descriptor_;
};

}  // namespace mlcompute
