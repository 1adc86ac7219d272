// python/mlcompute/execution.cc: arguments of executions, and executions under way.
#include "python/mlcompute/execution.h"

#include <algorithm>
#include <chrono>

#include "mlcompute/error.h"

namespace mlcompute::python {
namespace {

// What a tensor looks like when `batch_size` of its rows are there.
TensorType RowsOf(const Tensor& tensor, int64_t batch_size) {
  TensorType type = tensor.type();
  if (batch_size > 0 && batch_size < type.shape[0]) type.shape[0] = batch_size;
  return type;
}

// Keeps a Python object; it may be let go on any thread.
std::shared_ptr<PyObject> Keep(const py::object& object) {
  return {object.inc_ref().ptr(), [](PyObject* kept) {
            if (!Py_IsInitialized()) return;
            const py::gil_scoped_acquire gil;
            Py_DECREF(kept);
          }};
}

bool WaitFor(const PendingExecution& pending, const py::object& timeout) {
  const double limit = timeout.is_none() ? -1 : timeout.cast<double>();
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    double slice = 0.05;  // after which Ctrl-C is looked for
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    if (limit >= 0) slice = std::min(slice, std::max(limit - spent.count(), 0.0));
    {
      const py::gil_scoped_release release;
      if (pending.wait_for(std::chrono::duration<double>(slice)) == std::future_status::ready) {
        return true;
      }
    }
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (limit >= 0 && spent.count() >= limit) return false;
  }
}

}  // namespace

DataMap ToData(const py::object& given, const TensorMap& declared, int64_t batch_size,
               const char* what) {
  DataMap data;
  if (given.is_none()) return data;
  for (const auto& [key, value] : given.cast<py::dict>()) {
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

DataMap ToOutputs(const py::object& given, const TensorMap& declared, int64_t batch_size) {
  if (given.is_none()) return {};
  for (const auto& [key, value] : given.cast<py::dict>()) {
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
  return ToData(given, declared, batch_size, "output");
}

TensorMap ToTensors(const py::object& given) {
  return given.is_none() ? TensorMap() : given.cast<TensorMap>();
}

CompletionHandler ToHandler(const py::object& completion, std::shared_ptr<void> keep,
                            bool asynchronous) {
  if (completion.is_none()) {
    if (!asynchronous) return nullptr;
    return [keep = std::move(keep)](const TensorPtr&, const Error*, double) {};
  }
  if (!PyCallable_Check(completion.ptr())) throw py::type_error("completion must be callable");
  return [keep = std::move(keep), callable = Keep(completion), asynchronous](
             const TensorPtr& result, const Error* error, double seconds) {
    if (!Py_IsInitialized()) return;
    const py::gil_scoped_acquire gil;
    try {
      const py::object exception = error ? ToException(*error) : py::none();
      py::handle(callable.get())(result, exception, seconds);
    } catch (py::error_already_set& raised) {
      if (!asynchronous) throw;
      raised.discard_as_unraisable("completion of an mlcompute execution");
    }
  };
}

void BindExecution(py::module_& m) {
  py::class_<PendingExecution>(m, "execution",
                               "An execution that was started and can be waited for.")
      .def(
          "wait",
          [](const PendingExecution& pending, const py::object& timeout) {
            if (!WaitFor(pending, timeout)) {
              PyErr_SetString(PyExc_TimeoutError, "the execution is not done yet");
              throw py::error_already_set();
            }
            return pending.get().result;
          },
          py::arg("timeout") = py::none(),
          R"(The result tensor, when it is there and the completion was called.

Raises what the execution failed with; TimeoutError after `timeout` seconds, if given.)")
      .def_property_readonly("done",
                             [](const PendingExecution& pending) {
                               return pending.wait_for(std::chrono::seconds(0)) ==
                                      std::future_status::ready;
                             })
      .def_property_readonly(
          "seconds",
          [](const PendingExecution& pending) {
            WaitFor(pending, py::none());
            return pending.get().seconds;
          },
          "How long it took; waits for it.");
  // Executions may need the interpreter to finish.
  py::module_::import("atexit").attr("register")(py::cpp_function([] {
    const py::gil_scoped_release release;
    ExecutionQueue::WaitForAll();
  }));
}

}  // namespace mlcompute::python
