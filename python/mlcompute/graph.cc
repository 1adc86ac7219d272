// python/mlcompute/graph.cc: graphs and their execution.
#include "mlcompute/graph.h"

#include <pybind11/stl.h>

#include "mlcompute/error.h"
#include "mlcompute/inference_graph.h"
#include "python/mlcompute/bindings.h"

namespace mlcompute::python {
namespace {

using Tensors = std::vector<TensorPtr>;

Tensors ToTensors(const py::object& sources) {
  if (py::isinstance<Tensor>(sources)) return {sources.cast<TensorPtr>()};
  return sources.cast<Tensors>();
}

// What a tensor looks like when `batch_size` of its rows are there.
TensorType RowsOf(const Tensor& tensor, int64_t batch_size) {
  TensorType type = tensor.type();
  if (batch_size > 0 && batch_size < type.shape[0]) type.shape[0] = batch_size;
  return type;
}

// Data for the tensors of `declared`; names that are not there are left to the graph to refuse.
DataMap ToData(const py::dict& given, const TensorMap& declared, int64_t batch_size,
               const char* what) {
  DataMap data;
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    const ArrayData elements = ToArrayData(py::reinterpret_borrow<py::object>(value));
    if (const auto tensor = declared.find(name); tensor != declared.end()) {
      const std::string where = StrCat(what, " '", name, "'");
      const TensorType rows = RowsOf(*tensor->second, batch_size);
      // Of a partial batch the whole buffer may be given too.
      const bool whole = elements.shape.elements() == tensor->second->type().elements();
      CheckFits(elements, whole ? tensor->second->type() : rows, where);
    }
    data.emplace(name, elements.data);
  }
  return data;
}

bool Execute(InferenceGraph& graph, const py::dict& inputs, int64_t batch_size,
             const py::object& outputs) {
  const DataMap inputs_data = ToData(inputs, graph.inputs(), batch_size, "input");
  DataMap outputs_data;
  if (!outputs.is_none()) {
    for (const auto& [key, value] : outputs.cast<py::dict>()) {
      // A converted copy would receive the result, and nobody would see it.
      if (!py::isinstance<ArrayData>(value) && !py::isinstance<py::array>(value)) {
        throw py::type_error("outputs_data must hold arrays or tensor_data, got " +
                             py::repr(value).cast<std::string>());
      }
      if (py::isinstance<py::array>(value) &&
          !value.attr("flags").attr("c_contiguous").cast<bool>()) {
        throw py::value_error("output '" + key.cast<std::string>() + "': array is not contiguous");
      }
    }
    outputs_data = ToData(outputs, graph.outputs(), batch_size, "output");
  }
  const py::gil_scoped_release release;
  graph.Execute(inputs_data, batch_size, outputs_data);
  return true;
}

bool Compile(InferenceGraph& graph, const std::shared_ptr<Device>& device, bool debug_layers) {
  CompileOptions options;
  options.debug_layers = debug_layers;
  const py::gil_scoped_release release;
  graph.Compile(device, options);
  return true;
}

}  // namespace

void BindGraph(py::module_& m) {
  py::class_<Layer, LayerPtr>(m, "layer", "What all layers have. Made by the layers' own names.")
      .def_property("label", &Layer::label, &Layer::set_label)
      .def_property_readonly("layer_id", &Layer::id,
                             "0 until the layer is in a graph, then its place there.")
      .def_property("is_debugging_enabled", &Layer::is_debugging_enabled,
                    &Layer::set_is_debugging_enabled,
                    "Whether compile(device, debug_layers=True) keeps its results.")
      .def("__repr__", [](const Layer& l) { return StrCat("<layer ", l.Describe(), ">"); });

  py::class_<Graph, std::shared_ptr<Graph>>(m, "graph", "Layers applied to tensors.")
      .def(py::init<>())
      .def(
          "add_layer",
          [](Graph& g, const LayerPtr& layer, const py::object& sources) {
            return g.Node(layer, ToTensors(sources));
          },
          py::arg("layer"), py::arg("sources"),
          R"(Applies `layer` to a tensor or a list of them; returns the (first) result.

ValueError when the layer does not take them, or belongs to another graph.)")
      .def(
          "split",
          [](Graph& g, const TensorPtr& source, const py::object& parts, int dimension) {
            if (py::isinstance<py::int_>(parts)) {
              return g.Split(source, parts.cast<int64_t>(), dimension);
            }
            return g.Split(source, parts.cast<std::vector<int64_t>>(), dimension);
          },
          py::arg("source"), py::arg("parts"), py::arg("dimension") = 1,
          "Parts along a dimension: their number, or a list of their lengths.")
      .def("concatenate", &Graph::Concatenate, py::arg("sources"), py::arg("dimension") = 1)
      .def(
          "reshape",
          [](Graph& g, const std::vector<int64_t>& shape, const TensorPtr& source) {
            return g.Reshape(Shape(shape), source);
          },
          py::arg("shape"), py::arg("source"))
      .def("transpose", &Graph::Transpose, py::arg("dimensions"), py::arg("source"))
      .def("gather", &Graph::Gather, py::arg("dimension"), py::arg("source"), py::arg("indices"),
           "As gather_layer.")
      .def(
          "scatter",
          [](Graph& g, int dimension, const TensorPtr& source, const TensorPtr& indices,
             const TensorPtr& copy_from, const py::object& reduction_type) {
            return g.Scatter(dimension, source, indices, copy_from,
                             ToEnum<ReductionType>(reduction_type, "reduction type"));
          },
          py::arg("dimension"), py::arg("source"), py::arg("indices"), py::arg("copy_from"),
          py::arg("reduction_type") = "none", "As scatter_layer.")
      .def(
          "select",
          [](Graph& g, const Tensors& sources, const TensorPtr& condition) {
            if (sources.size() != 2) throw py::value_error("select takes sources [x, y]");
            return g.Select(sources[0], sources[1], condition);
          },
          py::arg("sources"), py::arg("condition"), "condition ? x : y of sources [x, y].")
      .def_property_readonly("layers", &Graph::layers)
      .def("source_tensors", &Graph::SourceTensors, py::arg("layer"))
      .def("result_tensors", &Graph::ResultTensors, py::arg("layer"))
      .def_property_readonly("summarized_dot_description", &Graph::SummarizedDotDescription)
      .def_property_readonly(
          "device", [](const Graph& g) { return std::const_pointer_cast<Device>(g.device()); });

  py::class_<InferenceGraph, Graph, std::shared_ptr<InferenceGraph>>(
      m, "inference_graph", R"(Graphs made ready to run forward.

inference_graph(graphs): shares the layers of the graphs; more can be added to it alone.)")
      .def(py::init<std::vector<std::shared_ptr<Graph>>>(), py::arg("graphs"))
      .def("add_inputs", &InferenceGraph::AddInputs, py::arg("inputs"),
           "{name: tensor} that every execution gets data for.")
      .def("add_outputs", &InferenceGraph::AddOutputs, py::arg("outputs"),
           R"({name: tensor} to be kept.

Results that no layer uses are kept anyway.)")
      .def("compile", &Compile, py::arg("device"), py::kw_only(), py::arg("debug_layers") = false,
           R"(Makes the graph ready for execute(). Returns True.

ValueError when it has no layers, or a source is neither input, nor result, nor holds data.
debug_layers keeps the results of layers whose is_debugging_enabled is set.)")
      .def("execute", &Execute, py::arg("inputs_data"), py::arg("batch_size") = 0, py::kw_only(),
           py::arg("outputs_data") = py::none(),
           R"(Runs and returns True when the results are there.

inputs_data: {name: tensor_data or array} for each input, of the tensor's type (TypeError) and
shape (ValueError). batch_size: how many of the inputs' rows are there, 0 for all.
outputs_data: {name: tensor_data or array} that results of add_outputs() are written to.)");
}

}  // namespace mlcompute::python
