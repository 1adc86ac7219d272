// python/mlcompute/layers_loss.cc
#include "mlcompute/layers/loss.h"
#include "mlcompute/layers/yolo_loss.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {

namespace {

template <typename T>
auto Of(T YoloLossDescriptor::*member) {
  return [member](const YoloLossLayer& l) { return l.descriptor().*member; };
}

}  // namespace

void BindLossLayers(py::module_& m) {
  LayerClass<LossLayer>(m, "loss_layer", R"(How far predictions are from labels.

Sources [predictions, labels], and perhaps weights that broadcast against the predictions; labels
are floating-point and of the predictions' shape (one-hot, for classes), axes of 1 may be left out.
With prediction y, label t, weight w, and sums over classes (the last axis of [N, T, C], else axis
1):

mean_absolute_error w |y - t|; mean_squared_error w (y - t)^2; softmax_cross_entropy -sum w t log
softmax(y); sigmoid_cross_entropy w (max(y, 0) - y t + log(1 + exp(-|y|))); categorical_cross_entropy
-sum w t log y; hinge w max(1 - (2 t - 1) y, 0); huber w (d^2 / 2 up to |d| = delta, then
delta (|d| - delta / 2)), d = y - t; cosine_distance 1 - sum w t y; log -w (t log(y + epsilon) +
(1 - t) log(1 - y + epsilon)).

label_smoothing s: t becomes t (1 - s) + s / class_count (softmax and categorical), t (1 - s) + s / 2
(sigmoid). reduction_type "mean" or "sum" of all these values gives [1]; "none" keeps them. All is
multiplied by weight. `weights`: a tensor with data that every execution uses as w.)")
      .def(py::init([](const py::object& type, const py::object& reduction, float weight,
                       float label_smoothing, int64_t class_count, float epsilon, float delta,
                       const TensorPtr& weights) {
             LossDescriptor d(ToEnum<LossType>(type, "loss type"),
                              ToEnum<ReductionType>(reduction, "reduction type"));
             d.weight = weight;
             d.label_smoothing = label_smoothing;
             d.class_count = class_count;
             d.epsilon = epsilon;
             d.delta = delta;
             return std::make_shared<LossLayer>(d, weights);
           }),
           py::arg("type"), py::arg("reduction_type") = "mean", py::kw_only(),
           py::arg("weight") = 1, py::arg("label_smoothing") = 0, py::arg("class_count") = 1,
           py::arg("epsilon") = 1e-7f, py::arg("delta") = 1,
           py::arg("weights").none(true) = py::none())
      .def_property_readonly("loss_type",
                             [](const LossLayer& l) { return NameOf(l.descriptor().type); })
      .def_property_readonly(
          "reduction_type",
          [](const LossLayer& l) { return NameOf(l.descriptor().reduction_type); })
      .def_property_readonly("weight", [](const LossLayer& l) { return l.descriptor().weight; })
      .def_property_readonly("label_smoothing",
                             [](const LossLayer& l) { return l.descriptor().label_smoothing; })
      .def_property_readonly("class_count",
                             [](const LossLayer& l) { return l.descriptor().class_count; })
      .def_property_readonly("epsilon", [](const LossLayer& l) { return l.descriptor().epsilon; })
      .def_property_readonly("delta", [](const LossLayer& l) { return l.descriptor().delta; })
      .def_property_readonly("weights", &LossLayer::weights);

  using Y = YoloLossDescriptor;
  LayerClass<YoloLossLayer>(m, "yolo_loss_layer", R"(The loss of an object detector, [N, 1].

Sources [predictions, labels], both [N, A * (5 + C), H, W] for A anchor boxes and C classes: for each
anchor x, y, w, h, confidence, classes. A predicted box has its centre at sigmoid(x), sigmoid(y)
inside its cell and the size anchor * exp(w, h); labels hold the centre inside the cell, logarithms
of the size by the anchor's, 1 or 0 for an object, and its class one-hot. anchor_boxes: A pairs of
width and height in cells. For each cell and anchor, where the labels have an object: squared error
of the centre, Huber loss of the size, softmax cross-entropy of the class; sigmoid cross-entropy of
the confidence, whose target is the intersection over union with the label if should_rescore, else
1, also where that is more than minimum_iou_for_object_presence with another object of the cell; and
with target 0 where there is no object and it is less than maximum_iou_for_object_absence. Each with
its scale, summed over cells and anchors.)")
      .def(py::init([](const std::vector<std::pair<float, float>>& anchors, bool rescore,
                       float position, float size, float no_object, float object, float classes,
                       float minimum, float maximum) {
             std::vector<float> sizes;
             for (const auto& [width, height] : anchors) {
               sizes.push_back(width);
               sizes.push_back(height);
             }
             Y d(std::move(sizes));
             d.should_rescore = rescore;
             d.scale_spatial_position_loss = position;
             d.scale_spatial_size_loss = size;
             d.scale_no_object_confidence_loss = no_object;
             d.scale_object_confidence_loss = object;
             d.scale_class_loss = classes;
             d.minimum_iou_for_object_presence = minimum;
             d.maximum_iou_for_object_absence = maximum;
             return std::make_shared<YoloLossLayer>(d);
           }),
           py::arg("anchor_boxes"), py::kw_only(), py::arg("should_rescore") = true,
           py::arg("scale_spatial_position_loss") = 10, py::arg("scale_spatial_size_loss") = 10,
           py::arg("scale_no_object_confidence_loss") = 5,
           py::arg("scale_object_confidence_loss") = 100, py::arg("scale_class_loss") = 2,
           py::arg("minimum_iou_for_object_presence") = 0.7f,
           py::arg("maximum_iou_for_object_absence") = 0.3f)
      .def_property_readonly("anchor_boxes",
                             [](const YoloLossLayer& l) {
                               std::vector<std::pair<float, float>> boxes;
                               const std::vector<float>& sizes = l.descriptor().anchor_boxes;
                               for (size_t i = 0; i < sizes.size(); i += 2) {
                                 boxes.emplace_back(sizes[i], sizes[i + 1]);
                               }
                               return boxes;
                             })
      .def_property_readonly(
          "anchor_box_count",
          [](const YoloLossLayer& l) { return l.descriptor().anchor_box_count(); })
      .def_property_readonly("should_rescore", Of(&Y::should_rescore))
      .def_property_readonly("scale_spatial_position_loss", Of(&Y::scale_spatial_position_loss))
      .def_property_readonly("scale_spatial_size_loss", Of(&Y::scale_spatial_size_loss))
      .def_property_readonly("scale_no_object_confidence_loss",
                             Of(&Y::scale_no_object_confidence_loss))
      .def_property_readonly("scale_object_confidence_loss", Of(&Y::scale_object_confidence_loss))
      .def_property_readonly("scale_class_loss", Of(&Y::scale_class_loss))
      .def_property_readonly("minimum_iou_for_object_presence",
                             Of(&Y::minimum_iou_for_object_presence))
      .def_property_readonly("maximum_iou_for_object_absence",
                             Of(&Y::maximum_iou_for_object_absence));
}

}  // namespace mlcompute::python
