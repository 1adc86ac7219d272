// python/mlcompute/training.cc: training graphs.
#include "mlcompute/training_graph.h"
#include "python/mlcompute/execution.h"

namespace mlcompute::python {
namespace {

using GraphPtr = std::shared_ptr<TrainingGraph>;

bool Compile(TrainingGraph& graph, const std::shared_ptr<Device>& device, bool debug_layers,
             bool link_graphs, bool compute_all_gradients, const py::object& constants,
             const py::object& constants_data) {
  CompileOptions options;
  options.debug_layers = debug_layers;
  options.link_graphs = link_graphs;
  options.compute_all_gradients = compute_all_gradients;
  options.constant_inputs = ToTensors(constants);
  options.constant_inputs_data =
      ToData(constants_data, options.constant_inputs, 0, "constant input");
  const py::gil_scoped_release release;
  graph.Compile(device, options);
  return true;
}

py::object Execute(const GraphPtr& graph, const py::dict& inputs, const py::object& labels,
                   const py::object& weights, int64_t batch_size, const py::object& outputs,
                   bool synchronous, const py::object& completion) {
  const TrainingGraph::Data data = {
      ToData(inputs, graph->inputs(), batch_size, "input"),
      ToData(labels, graph->loss_labels(), batch_size, "loss label"),
      ToData(weights, graph->loss_label_weights(), batch_size, "loss label weights"),
      ToOutputs(outputs, graph->outputs(), batch_size)};
  return Perform(
      graph, synchronous, completion,
      [&](const CompletionHandler& handler) { graph->Execute(data, batch_size, handler); },
      [&](const CompletionHandler& handler) {
        return graph->ExecuteAsync(data, batch_size, handler);
      });
}

py::object ExecuteForward(const GraphPtr& graph, int64_t batch_size, bool for_inference,
                          const py::object& outputs, bool synchronous,
                          const py::object& completion) {
  const DataMap to = ToOutputs(outputs, graph->outputs(), batch_size);
  return Perform(
      graph, synchronous, completion,
      [&](const CompletionHandler& handler) {
        graph->ExecuteForward(batch_size, for_inference, to, handler);
      },
      [&](const CompletionHandler& handler) {
        return graph->ExecuteForwardAsync(batch_size, for_inference, to, handler);
      });
}

py::object ExecuteGradient(const GraphPtr& graph, int64_t batch_size, bool synchronous,
                           const py::object& completion) {
  return Perform(
      graph, synchronous, completion,
      [&](const CompletionHandler& handler) { graph->ExecuteGradient(batch_size, handler); },
      [&](const CompletionHandler& handler) {
        return graph->ExecuteGradientAsync(batch_size, handler);
      });
}

py::object ExecuteOptimizerUpdate(const GraphPtr& graph, bool synchronous,
                                  const py::object& completion) {
  return Perform(
      graph, synchronous, completion,
      [&](const CompletionHandler& handler) { graph->ExecuteOptimizerUpdate(handler); },
      [&](const CompletionHandler& handler) {
        return graph->ExecuteOptimizerUpdateAsync(handler);
      });
}

py::array GradientData(const TrainingGraph& graph, const TensorPtr& parameter,
                       const LayerPtr& layer) {
  std::shared_ptr<TensorData> data;
  {
    const py::gil_scoped_release release;
    data = graph.GradientData(parameter, *layer);
  }
  return ToNumpy({std::move(data), parameter->type().dtype, parameter->type().shape});
}

void BindOptimizerData(TrainingGraph& graph, const py::list& data, const TensorPtr& tensor) {
  std::vector<std::shared_ptr<TensorData>> all;
  for (const auto& item : data) {
    const ArrayData elements =
        ToArrayData(py::reinterpret_borrow<py::object>(item), tensor->type().dtype);
    CheckFits(elements, tensor->type(), "optimizer data of tensor " + tensor->label());
    all.push_back(elements.data);
  }
  const py::gil_scoped_release release;
  graph.BindOptimizerData(tensor, std::move(all));
}

using Unlocked = py::call_guard<py::gil_scoped_release>;

}  // namespace

void BindTrainingGraph(py::module_& m) {
  const std::string execute = std::string(R"(One step: forward, gradients, update of parameters.

Data: {name: tensor_data or array} for everything add_inputs() was given, of the tensors' types
(TypeError) and shapes (ValueError). batch_size: how many of their rows are there, 0 for all.
outputs_data: {name: tensor_data or array} that results of add_outputs() are written to. The loss
is in result_tensor afterwards. Returns True.)") +
                              kAsynchronous;
  const std::string forward = std::string(R"(The first phase of a step.

Inputs and labels are read from their tensors: bind_and_write_data() before. for_inference: nothing
is dropped, running statistics are used, and no gradients can follow.)") +
                              kAsynchronous;
  const std::string gradient =
      std::string("The second phase, after execute_forward() of the same batch_size.") +
      kAsynchronous;
  const std::string update =
      std::string("The third phase, after execute_gradient().") + kAsynchronous;

  py::class_<TrainingGraph, ExecutableGraph, GraphPtr>(m, "training_graph",
                                                       R"(Graphs made ready to be trained.

training_graph(graphs, loss_layer=None, optimizer=None): shares the layers of the graphs, also with
an inference graph. loss_layer is applied to the result of the last layer, with the label and label
weights of add_inputs(); there may be loss layers among the nodes as well. Without any loss the
gradients start from user gradients; without an optimizer no parameter changes.)")
      .def(py::init([](std::vector<std::shared_ptr<Graph>> graphs, LayerPtr loss,
                       std::shared_ptr<Optimizer> optimizer) {
             return std::make_shared<TrainingGraph>(std::move(graphs), std::move(loss),
                                                    std::move(optimizer));
           }),
           py::arg("graphs"), py::arg("loss_layer").none(true) = py::none(),
           py::arg("optimizer").none(true) = py::none())
      .def_property_readonly("optimizer", py::cpp_function(&TrainingGraph::optimizer, Unlocked()))
      .def(
          "add_inputs",
          [](TrainingGraph& g, const TensorMap& inputs, const py::object& labels,
             const py::object& weights) {
            g.AddInputs(inputs, ToTensors(labels), ToTensors(weights));
          },
          py::arg("inputs"), py::arg("loss_labels") = py::none(),
          py::arg("loss_label_weights") = py::none(),
          "{name: tensor} that every execution gets data for.")
      .def("stop_gradient_for_tensors", &TrainingGraph::StopGradient, Unlocked(),
           py::arg("tensors"), "Nothing passes back through them. To be called before compile().")
      .def("set_training_tensor_parameters", &TrainingGraph::SetTrainingTensorParameters,
           Unlocked(), py::arg("parameters"),
           R"(tensor_parameters of sources with data, updated as the layers' parameters are.

To be called before compile().)")
      .def("allocate_user_gradient_for_tensor", &TrainingGraph::AllocateUserGradient, Unlocked(),
           py::arg("tensor"),
           R"(A tensor for the gradient of what is computed from a result outside the graph.

It is added to what the graph computes. bind_data() on it, or bind_and_write_data(), before
gradients are executed; or a linked graph gives it.)")
      .def("compile", &Compile, py::arg("device"), py::kw_only(), py::arg("debug_layers") = false,
           py::arg("link_graphs") = false, py::arg("compute_all_gradients") = false,
           py::arg("input_tensors") = py::none(), py::arg("input_tensors_data") = py::none(),
           R"(Makes the graph ready to be executed. Returns True.

ValueError when it has no layers, a source is neither input, nor result, nor holds data, or the loss
layer has no label; NotImplementedError when something on the way has no gradient. debug_layers
keeps results and gradients of layers whose is_debugging_enabled is set. link_graphs: for
link_with_graphs(). compute_all_gradients: also those of inputs. input_tensors, input_tensors_data:
inputs that never change, by name. If there is no loss and no user gradient, each result that no
layer uses gets a user gradient, its result_gradient_tensors().)")
      .def(
          "compile_optimizer",
          [](TrainingGraph& g, std::shared_ptr<Optimizer> optimizer) {
            g.CompileOptimizer(std::move(optimizer));
            return true;
          },
          Unlocked(), py::arg("optimizer"), "Replaces the optimizer; its data stay. Returns True.")
      .def("link_with_graphs", &TrainingGraph::Link, Unlocked(), py::arg("graphs"),
           R"(Puts this graph before `graphs`; all were compiled with link_graphs=True.

Their inputs that are results of this one need no data then, and gradients of those inputs serve as
user gradients here.)")
      .def("gradient_tensor_for_input", &TrainingGraph::GradientTensorForInput, Unlocked(),
           py::arg("input"),
           R"(Holds the input's gradient after executions.

ValueError unless compiled with compute_all_gradients. This and the next two are to be asked for
before execute_forward() or execute().)")
      .def(
          "source_gradient_tensors",
          [](TrainingGraph& g, const LayerPtr& layer) { return g.SourceGradientTensors(*layer); },
          Unlocked(), py::arg("layer"), "Those of a layer's floating-point sources.")
      .def(
          "result_gradient_tensors",
          [](TrainingGraph& g, const LayerPtr& layer) { return g.ResultGradientTensors(*layer); },
          Unlocked(), py::arg("layer"), "Those of a layer's floating-point results.")
      .def("gradient_data_for_parameter", &GradientData, py::arg("parameter"), py::arg("layer"),
           R"(The gradient of a parameter tensor after execute_gradient(), as a read-only array.

Before clipping, rescaling and regularization. ValueError when there is none, as after execute().)")
      .def("execute", &Execute, py::arg("inputs_data"), py::arg("loss_labels_data") = py::none(),
           py::arg("loss_label_weights_data") = py::none(), py::arg("batch_size") = 0,
           py::kw_only(), py::arg("outputs_data") = py::none(), py::arg("synchronous") = true,
           py::arg("completion") = py::none(), execute.c_str())
      .def("execute_forward", &ExecuteForward, py::arg("batch_size") = 0, py::kw_only(),
           py::arg("for_inference") = false, py::arg("outputs_data") = py::none(),
           py::arg("synchronous") = true, py::arg("completion") = py::none(), forward.c_str())
      .def("execute_gradient", &ExecuteGradient, py::arg("batch_size") = 0, py::kw_only(),
           py::arg("synchronous") = true, py::arg("completion") = py::none(), gradient.c_str())
      .def("execute_optimizer_update", &ExecuteOptimizerUpdate, py::kw_only(),
           py::arg("synchronous") = true, py::arg("completion") = py::none(), update.c_str())
      .def("synchronize_updates", &TrainingGraph::SynchronizeUpdates, Unlocked(),
           "Writes parameters and running statistics into the arrays their tensors were given.")
      .def("bind_optimizer_data", &BindOptimizerData, py::arg("data"), py::arg("tensor"),
           "What the optimizer goes on from for a parameter: one array for each of its states.")
      .def_property_readonly("result_tensor",
                             py::cpp_function(&TrainingGraph::result_tensor, Unlocked()),
                             "The loss, or without losses the last layer's result.")
      .def_property_readonly("device_memory_size",
                             py::cpp_function(&TrainingGraph::device_memory_size, Unlocked()),
                             "Bytes of all results and their gradients; 0 before compile().");
}

}  // namespace mlcompute::python
