// python/mlcompute/layers_indexed.cc: layers that pick by indices, and dropout.
#include "mlcompute/layers/dropout.h"
#include "mlcompute/layers/embedding.h"
#include "mlcompute/layers/gather.h"
#include "mlcompute/layers/scatter.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {

void BindIndexedLayers(py::module_& m) {
  LayerClass<DropoutLayer>(m, "dropout_layer", R"(Its source, as inference drops nothing.

dropout_layer(rate, seed=0): rate is the probability of dropping an element, in [0, 1).)")
      .def(py::init<float, uint64_t>(), py::arg("rate"), py::arg("seed") = 0)
      .def_property_readonly("rate", &DropoutLayer::rate)
      .def_property_readonly("seed", &DropoutLayer::seed);

  LayerClass<EmbeddingLayer>(m, "embedding_layer", R"(Rows of a table, picked by indices.

Sources of int32 or int64 and rank 1 to 3; the result has one axis more, of embedding_dimension.
weights: [count, dimension] or [1, count, dimension]. padding_index: a row that counts as zeros.
maximum_norm: rows whose p_norm is larger are scaled to it. scales_gradient_by_frequency concerns
gradients alone. An index out of range is a ValueError of execute().)")
      .def(py::init([](const TensorPtr& weights, int64_t count, int64_t dimension,
                       std::optional<int64_t> padding_index, std::optional<float> maximum_norm,
                       float p_norm, bool scales_gradient_by_frequency) {
             return std::make_shared<EmbeddingLayer>(
                 EmbeddingDescriptor{count, dimension, padding_index, maximum_norm, p_norm,
                                     scales_gradient_by_frequency},
                 weights);
           }),
           py::arg("weights"), py::kw_only(), py::arg("embedding_count"),
           py::arg("embedding_dimension"), py::arg("padding_index") = py::none(),
           py::arg("maximum_norm") = py::none(), py::arg("p_norm") = 2,
           py::arg("scales_gradient_by_frequency") = false)
      .def_property_readonly("weights", &EmbeddingLayer::weights)
      .def_property_readonly("weights_parameter",
                             [](const EmbeddingLayer& l) { return ParameterOf(l, l.weights()); })
      .def_property_readonly("embedding_count",
                             [](const EmbeddingLayer& l) { return l.descriptor().embedding_count; })
      .def_property_readonly(
          "embedding_dimension",
          [](const EmbeddingLayer& l) { return l.descriptor().embedding_dimension; })
      .def_property_readonly("padding_index",
                             [](const EmbeddingLayer& l) { return l.descriptor().padding_index; })
      .def_property_readonly("maximum_norm",
                             [](const EmbeddingLayer& l) { return l.descriptor().maximum_norm; })
      .def_property_readonly("p_norm",
                             [](const EmbeddingLayer& l) { return l.descriptor().p_norm; })
      .def_property_readonly("scales_gradient_by_frequency", [](const EmbeddingLayer& l) {
        return l.descriptor().scales_gradient_by_frequency;
      });

  LayerClass<GatherLayer>(m, "gather_layer", R"(Elements picked along a dimension.

Sources [x, indices] of one rank, indices int32 or int64 and no longer than x along the other axes.
The result has the shape of indices; for dimension 0 of three it is x[indices[i, j, k], j, k]. An
index out of range is a ValueError of execute().)")
      .def(py::init<int>(), py::arg("dimension"))
      .def_property_readonly("dimension", &GatherLayer::dimension);

  LayerClass<ScatterLayer>(m, "scatter_layer", R"(A copy with elements written along a dimension.

Sources [x, indices, copy_from]: indices (int32 or int64) have x's shape, copy_from its rank. The
result is copy_from; for dimension 0 of three, element [indices[i, j, k], j, k] becomes x[i, j, k].
reduction_type: "none", the last of equal indices wins, or "sum" adds. An index out of range is a
ValueError of execute().)")
      .def(py::init([](int dimension, const py::object& type) {
             return std::make_shared<ScatterLayer>(dimension,
                                                   ToEnum<ReductionType>(type, "reduction type"));
           }),
           py::arg("dimension"), py::arg("reduction_type") = "none")
      .def_property_readonly("dimension", &ScatterLayer::dimension)
      .def_property_readonly("reduction_type",
                             [](const ScatterLayer& l) { return NameOf(l.reduction_type()); });
}

}  // namespace mlcompute::python
