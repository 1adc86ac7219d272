// python/mlcompute/layers.cc: the layers' Python names.
#include <pybind11/stl.h>

#include "mlcompute/layers/arithmetic.h"
#include "mlcompute/layers/concatenation.h"
#include "mlcompute/layers/reshape.h"
#include "mlcompute/layers/selection.h"
#include "mlcompute/layers/split.h"
#include "mlcompute/layers/transpose.h"
#include "python/mlcompute/bindings.h"

namespace mlcompute::python {
namespace {

template <typename T>
using LayerClass = py::class_<T, Layer, std::shared_ptr<T>>;

void BindElementwise(py::module_& m) {
  LayerClass<ArithmeticLayer>(m, "arithmetic_layer", R"(Elementwise functions of one or two sources.

arithmetic_layer(operation): a name or ArithmeticOperation. "add", "subtract", "multiply",
"divide", "pow", "min", "max", "multiply_no_nan" and "divide_no_nan" take two sources, whose shapes
broadcast; the others take one.)")
      .def(py::init([](const py::object& operation) {
             return std::make_shared<ArithmeticLayer>(
                 ToEnum<ArithmeticOperation>(operation, "arithmetic operation"));
           }),
           py::arg("operation"))
      .def_property_readonly("operation",
                             [](const ArithmeticLayer& l) { return NameOf(l.operation()); });
  LayerClass<SelectionLayer>(m, "selection_layer",
                             "Sources [condition, x, y]: condition ? x : y, shapes broadcast.")
      .def(py::init<>());
}

void BindMovement(py::module_& m) {
  LayerClass<ConcatenationLayer>(m, "concatenation_layer",
                                 "Sources one after the other along a dimension.")
      .def(py::init<int>(), py::arg("dimension") = 1)
      .def_property_readonly("dimension", &ConcatenationLayer::dimension);
  LayerClass<ReshapeLayer>(m, "reshape_layer", "The same elements in another shape.")
      .def(py::init([](const std::vector<int64_t>& shape) {
             return std::make_shared<ReshapeLayer>(Shape(shape));
           }),
           py::arg("shape"))
      .def_property_readonly(
          "shape", [](const ReshapeLayer& l) { return py::tuple(py::cast(l.shape().dims())); });
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
      .def_property_readonly("dimensions", &TransposeLayer::dimensions);
}

}  // namespace

void BindLayers(py::module_& m) {
  BindElementwise(m);
  BindMovement(m);
}

}  // namespace mlcompute::python
