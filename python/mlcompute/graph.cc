// python/mlcompute/graph.cc: graphs and their execution.
#include "mlcompute/graph.h"

#include <pybind11/stl.h>

#include "mlcompute/error.h"
#include "mlcompute/inference_graph.h"
#include "python/mlcompute/bindings.h"
#include "python/mlcompute/execution.h"

namespace mlcompute::python {
namespace {

using Tensors = std::vector<TensorPtr>;

Tensors ToSources(const py::object& sources) {
  if (py::isinstance<Tensor>(sources)) return {sources.cast<TensorPtr>()};
  return sources.cast<Tensors>();
}

py::object Execute(const std::shared_ptr<InferenceGraph>& graph, const py::dict& inputs,
                   int64_t batch_size, const py::object& outputs, const py::object& labels,
                   const py::object& weights, bool synchronous, const py::object& completion) {
  DataMap data = ToData(inputs, graph->inputs(), batch_size, "input");
  data.merge(ToData(labels, graph->loss_labels(), batch_size, "loss label"));
  data.merge(ToData(weights, graph->loss_label_weights(), batch_size, "loss label weights"));
  const DataMap outputs_data = ToOutputs(outputs, graph->outputs(), batch_size);
  return Perform(
      graph, synchronous, completion,
      [&](const CompletionHandler& handler) {
        graph->Execute(data, batch_size, outputs_data, handler);
      },
      [&](const CompletionHandler& handler) {
        return graph->ExecuteAsync(data, batch_size, outputs_data, handler);
      });
}

bool Compile(InferenceGraph& graph, const std::shared_ptr<Device>& device, bool debug_layers,
             bool link_graphs, const py::object& constants, const py::object& constants_data) {
  CompileOptions options;
  options.debug_layers = debug_layers;
  options.link_graphs = link_graphs;
  options.constant_inputs = ToTensors(constants);
  options.constant_inputs_data =
      ToData(constants_data, options.constant_inputs, 0, "constant input");
  const py::gil_scoped_release release;
  graph.Compile(device, options);
  return true;
}

}  // namespace

void BindGraph(py::module_& m) {
  py::class_<TensorParameter, TensorParameterPtr>(m, "tensor_parameter",
                                                  R"(A tensor that an optimizer may update.

tensor_parameter(tensor): floating-point, with data.)")
      .def(py::init<TensorPtr>(), py::arg("tensor"))
      .def_property_readonly("tensor", &TensorParameter::tensor)
      .def_property("is_updatable", &TensorParameter::is_updatable,
                    &TensorParameter::set_is_updatable,
                    "Whether it does; looked up when a training graph is compiled.");

  py::class_<Layer, LayerPtr>(m, "layer", "What all layers have. Made by the layers' own names.")
      .def_property("label", &Layer::label, &Layer::set_label)
      .def_property_readonly("layer_id", &Layer::id,
                             "0 until the layer is in a graph, then its place there.")
      .def_property("is_debugging_enabled", &Layer::is_debugging_enabled,
                    &Layer::set_is_debugging_enabled,
                    "Whether compile(device, debug_layers=True) keeps its results.")
      .def_property_readonly("parameters", &Layer::tensor_parameters,
                             "A tensor_parameter for each tensor that training may update.")
      .def("__repr__", [](const Layer& l) { return StrCat("<layer ", l.Describe(), ">"); });

  py::class_<Graph, std::shared_ptr<Graph>>(m, "graph", "Layers applied to tensors.")
      .def(py::init<>())
      .def(
          "add_layer",
          [](Graph& g, const LayerPtr& layer, const py::object& sources, bool disable_update,
             const py::object& loss_labels) {
            if (loss_labels.is_none()) return g.Node(layer, ToSources(sources), disable_update);
            return g.Node(layer, ToSources(sources), ToSources(loss_labels));
          },
          py::arg("layer"), py::arg("sources"), py::kw_only(), py::arg("disable_update") = false,
          py::arg("loss_labels") = py::none(),
          R"(Applies `layer` to a tensor or a list of them; returns the (first) result.

disable_update: training leaves the layer's parameters as they are. loss_labels: of a loss layer,
the labels, or [labels, weights]. ValueError when the layer does not take the sources, or belongs
to another graph.)")
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
      .def(
          "bind_and_write_data",
          [](Graph& g, const py::dict& data, const TensorMap& tensors,
             const std::shared_ptr<Device>& device, int64_t batch_size) {
            const DataMap elements = ToData(data, tensors, batch_size, "tensor");
            const py::gil_scoped_release release;
            g.BindAndWriteData(elements, tensors, device, batch_size);
            return true;
          },
          py::arg("inputs_data"), py::arg("input_tensors"), py::arg("device") = py::none(),
          py::arg("batch_size") = 0,
          R"(Gives each tensor of {name: tensor} the data of its name, shared.

For executions that take no data themselves: the phases of a training graph.)")
      .def_property_readonly("summarized_dot_description", &Graph::SummarizedDotDescription)
      .def_property_readonly(
          "device", [](const Graph& g) { return std::const_pointer_cast<Device>(g.device()); });

  py::class_<ExecutableGraph, Graph, std::shared_ptr<ExecutableGraph>>(
      m, "executable_graph", "What inference and training graphs have in common.")
      .def("add_outputs", &ExecutableGraph::AddOutputs, py::arg("outputs"),
           R"({name: tensor} to be kept.

Results that no layer uses are kept anyway.)")
      .def("wait", &ExecutableGraph::Wait, py::call_guard<py::gil_scoped_release>(),
           "Returns when all executions that were started are done.");

  py::class_<InferenceGraph, ExecutableGraph, std::shared_ptr<InferenceGraph>>(
      m, "inference_graph", R"(Graphs made ready to run forward.

inference_graph(graphs): shares the layers of the graphs; more can be added to it alone.)")
      .def(py::init<std::vector<std::shared_ptr<Graph>>>(), py::arg("graphs"))
      .def(
          "add_inputs",
          [](InferenceGraph& g, const TensorMap& inputs, const py::object& labels,
             const py::object& weights) {
            g.AddInputs(inputs, ToTensors(labels), ToTensors(weights));
          },
          py::arg("inputs"), py::arg("loss_labels") = py::none(),
          py::arg("loss_label_weights") = py::none(),
          R"({name: tensor} that every execution gets data for.

loss_labels, loss_label_weights: the same for what loss layers among the nodes take.)")
      .def("compile", &Compile, py::arg("device"), py::kw_only(), py::arg("debug_layers") = false,
           py::arg("link_graphs") = false, py::arg("input_tensors") = py::none(),
           py::arg("input_tensors_data") = py::none(),
           R"(Makes the graph ready for execute(). Returns True.

ValueError when it has no layers, or a source is neither input, nor result, nor holds data.
debug_layers keeps the results of layers whose is_debugging_enabled is set. link_graphs: for
link_with_graphs(). input_tensors, input_tensors_data: inputs that never change, by name.)")
      .def("link_with_graphs", &InferenceGraph::Link, py::arg("graphs"),
           R"(Puts this graph before `graphs`; all were compiled with link_graphs=True.

Their inputs that are results of this one need no data then.)")
      .def("execute", &Execute, py::arg("inputs_data"), py::arg("batch_size") = 0, py::kw_only(),
           py::arg("outputs_data") = py::none(), py::arg("loss_labels_data") = py::none(),
           py::arg("loss_label_weights_data") = py::none(), py::arg("synchronous") = true,
           py::arg("completion") = py::none(),
           (std::string(R"(Runs and returns True when the results are there.

inputs_data: {name: tensor_data or array} for each input, of the tensor's type (TypeError) and
shape (ValueError). batch_size: how many of the inputs' rows are there, 0 for all.
outputs_data: {name: tensor_data or array} that results of add_outputs() are written to.)") +
            kAsynchronous)
               .c_str())
      .def_property_readonly(
          "device_memory_size",
          [](const InferenceGraph& g) {
            const py::gil_scoped_release release;
            return g.device_memory_size();
          },
          "Bytes of all results of layers; 0 before compile().");
}

}  // namespace mlcompute::python
