// python/mlcompute/layers_movement.cc
#include "mlcompute/layers/concatenation.h"
#include "mlcompute/layers/padding.h"
#include "mlcompute/layers/reshape.h"
#include "mlcompute/layers/slice.h"
#include "mlcompute/layers/split.h"
#include "mlcompute/layers/transpose.h"
#include "mlcompute/layers/upsample.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {

void BindMovementLayers(py::module_& m) {
  LayerClass<ConcatenationLayer>(m, "concatenation_layer",
                                 "Sources one after the other along a dimension.")
      .def(py::init<int>(), py::arg("dimension") = 1)
      .def_property_readonly("dimension", &ConcatenationLayer::dimension);

  LayerClass<PaddingLayer>(m, "padding_layer", R"(Rows and columns around images [N, C, H, W].

padding_layer(type, padding, constant_value=0): type is "zero", "reflect" (what is inside the edge),
"symmetric" (the edge first) or "constant"; padding is one amount for all sides, [left, right], or
[top, bottom, left, right].)")
      .def(py::init([](const py::object& type, const py::object& padding, float constant_value) {
             return std::make_shared<PaddingLayer>(ToEnum<PaddingType>(type, "padding type"),
                                                   ToNumbers(padding), constant_value);
           }),
           py::arg("type"), py::arg("padding"), py::arg("constant_value") = 0)
      .def_property_readonly("padding_type",
                             [](const PaddingLayer& l) { return NameOf(l.padding_type()); })
      .def_property_readonly("padding_top", &PaddingLayer::padding_top)
      .def_property_readonly("padding_bottom", &PaddingLayer::padding_bottom)
      .def_property_readonly("padding_left", &PaddingLayer::padding_left)
      .def_property_readonly("padding_right", &PaddingLayer::padding_right)
      .def_property_readonly("constant_value", &PaddingLayer::constant_value);

  LayerClass<ReshapeLayer>(m, "reshape_layer", R"(The same elements in another shape.

reshape_layer(shape): with the batch as its first size it follows execute()'s batch_size.)")
      .def(py::init([](const std::vector<int64_t>& shape) {
             return std::make_shared<ReshapeLayer>(Shape(shape));
           }),
           py::arg("shape"))
      .def_property_readonly("shape",
                             [](const ReshapeLayer& l) { return ToTuple(l.shape().dims()); });

  LayerClass<SliceLayer>(m, "slice_layer", R"(Elements start, start + stride, ... before end.

slice_layer(start, end, stride=None): a number for each axis; strides are 1 if not given.)")
      .def(py::init([](const std::vector<int64_t>& start, const std::vector<int64_t>& end,
                       const py::object& stride) {
             return std::make_shared<SliceLayer>(
                 start, end, stride.is_none() ? std::vector<int64_t>{} : ToNumbers(stride));
           }),
           py::arg("start"), py::arg("end"), py::arg("stride") = py::none())
      .def_property_readonly("start", [](const SliceLayer& l) { return ToTuple(l.start()); })
      .def_property_readonly("end", [](const SliceLayer& l) { return ToTuple(l.end()); })
      .def_property_readonly("stride", [](const SliceLayer& l) { return ToTuple(l.stride()); });

  LayerClass<SplitLayer>(m, "split_layer", R"(Parts of a source along a dimension.

split_layer(parts, dimension=1): their number, or a list of their lengths. graph.split() returns
all results; with add_layer() the others are graph.result_tensors(layer).)")
      .def(py::init([](const py::object& parts, int dimension) {
             if (py::isinstance<py::int_>(parts)) {
               return std::make_shared<SplitLayer>(parts.cast<int64_t>(), dimension);
             }
             return std::make_shared<SplitLayer>(parts.cast<std::vector<int64_t>>(), dimension);
           }),
           py::arg("parts"), py::arg("dimension") = 1)
      .def_property_readonly("dimension", &SplitLayer::dimension)
      .def_property_readonly("split_count", &SplitLayer::split_count)
      .def_property_readonly("split_section_lengths", &SplitLayer::split_section_lengths);

  LayerClass<TransposeLayer>(m, "transpose_layer",
                             "Axis k of the result is axis dimensions[k] of the source.")
      .def(py::init<std::vector<int64_t>>(), py::arg("dimensions"))
      .def_property_readonly("dimensions",
                             [](const TransposeLayer& l) { return ToTuple(l.dimensions()); });

  LayerClass<UpsampleLayer>(m, "upsample_layer", R"(Larger images [N, C, H, W].

upsample_layer(shape, sample_mode="nearest", aligns_corners=False): shape is [H, W] of the result;
"nearest" or "linear", which interpolates between the centres of elements or between the corners.)")
      .def(py::init([](const py::object& shape, const py::object& mode, bool aligns_corners) {
             return std::make_shared<UpsampleLayer>(Yx(ToNumbers(shape), "upsample shape"),
                                                    ToEnum<SampleMode>(mode, "sample mode"),
                                                    aligns_corners);
           }),
           py::arg("shape"), py::arg("sample_mode") = "nearest", py::arg("aligns_corners") = false)
      .def_property_readonly("shape",
                             [](const UpsampleLayer& l) { return ToTuple(l.shape().numbers()); })
      .def_property_readonly("sample_mode",
                             [](const UpsampleLayer& l) { return NameOf(l.sample_mode()); })
      .def_property_readonly("aligns_corners", &UpsampleLayer::aligns_corners);
}

}  // namespace mlcompute::python
