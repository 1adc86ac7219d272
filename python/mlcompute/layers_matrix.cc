// python/mlcompute/layers_matrix.cc
#include "mlcompute/layers/fully_connected.h"
#include "mlcompute/layers/gram_matrix.h"
#include "mlcompute/layers/matmul.h"
#include "mlcompute/layers/reduction.h"
#include "mlcompute/layers/softmax.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {

void BindMatrixLayers(py::module_& m) {
  LayerClass<FullyConnectedLayer>(m, "fully_connected_layer", R"(y = W x + b over the last axis.

Sources [..., I] of rank 2 to 4, or [N, I, 1, 1]. weights: [1, O * I, 1, 1] or [1, O * I], in memory
[O, I]. biases: [1, O, 1, 1], [1, O] or None.)")
      .def(py::init<TensorPtr, TensorPtr, int64_t, int64_t>(), py::arg("weights"),
           py::arg("biases").none(true), py::kw_only(), py::arg("input_feature_channel_count"),
           py::arg("output_feature_channel_count"))
      .def_property_readonly("weights", &FullyConnectedLayer::weights)
      .def_property_readonly(
          "weights_parameter",
          [](const FullyConnectedLayer& l) { return ParameterOf(l, l.weights()); })
      .def_property_readonly("biases", &FullyConnectedLayer::biases)
      .def_property_readonly("biases_parameter", [](const FullyConnectedLayer& l) {
        return ParameterOf(l, l.biases());
      });

  LayerClass<GramMatrixLayer>(m, "gram_matrix_layer",
                              R"([N, C, H, W] to [N, 1, C, C]: products of channels.

gram_matrix_layer(scale): scale times the sums over H and W.)")
      .def(py::init<float>(), py::arg("scale"))
      .def_property_readonly("scale", &GramMatrixLayer::scale);

  LayerClass<MatMulLayer>(m, "mat_mul_layer", R"(alpha * x * y of two sources' last two axes.

Leading axes broadcast.)")
      .def(py::init<float, bool, bool>(), py::arg("alpha") = 1, py::arg("transposes_x") = false,
           py::arg("transposes_y") = false)
      .def_property_readonly("alpha", &MatMulLayer::alpha)
      .def_property_readonly("transposes_x", &MatMulLayer::transposes_x)
      .def_property_readonly("transposes_y", &MatMulLayer::transposes_y);

  LayerClass<ReductionLayer>(m, "reduction_layer",
                             R"(One number of many along dimensions, which become 1.

reduction_layer(type, dimensions): a name or ReductionType; a dimension or a list. "arg_max" and
"arg_min" take one dimension and give int64; "any" and "all" take boolean.)")
      .def(py::init([](const py::object& type, const py::object& dimensions) {
             return std::make_shared<ReductionLayer>(ToEnum<ReductionType>(type, "reduction type"),
                                                     ToNumbers(dimensions));
           }),
           py::arg("type"), py::arg("dimensions"))
      .def_property_readonly("reduction_type",
                             [](const ReductionLayer& l) { return NameOf(l.reduction_type()); })
      .def_property_readonly("dimension", &ReductionLayer::dimension)
      .def_property_readonly("dimensions",
                             [](const ReductionLayer& l) { return ToTuple(l.dimensions()); });

  LayerClass<SoftmaxLayer>(m, "softmax_layer", R"(Softmax or its logarithm along a dimension.

softmax_layer(operation="softmax", dimension=1): or "log_softmax". The default is the dimension of
channels, not the last one.)")
      .def(py::init([](const py::object& operation, int dimension) {
             return std::make_shared<SoftmaxLayer>(
                 ToEnum<SoftmaxOperation>(operation, "softmax operation"), dimension);
           }),
           py::arg("operation") = "softmax", py::arg("dimension") = 1)
      .def_property_readonly("operation",
                             [](const SoftmaxLayer& l) { return NameOf(l.operation()); })
      .def_property_readonly("dimension", &SoftmaxLayer::dimension);
}

}  // namespace mlcompute::python
