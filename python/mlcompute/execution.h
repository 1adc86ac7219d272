// python/mlcompute/execution.h: what inference and training graphs share in Python.
#pragma once

#include <pybind11/stl.h>

#include <memory>
#include <string>
#include <utility>

#include "mlcompute/executable_graph.h"
#include "python/mlcompute/bindings.h"

namespace mlcompute::python {

// Data for the tensors of `declared`; names that are not there are left to the graph to refuse.
// `given` may be None for nothing.
DataMap ToData(const py::object& given, const TensorMap& declared, int64_t batch_size,
               const char* what);
// The same for buffers that results are written to.
DataMap ToOutputs(const py::object& given, const TensorMap& declared, int64_t batch_size);
// None or a dictionary.
TensorMap ToTensors(const py::object& given);

// A Python callable (result, error, seconds), or None. `keep` lives as long as the handler. With
// `asynchronous`, what the callable raises is reported as Python does for destructors.
CompletionHandler ToHandler(const py::object& completion, std::shared_ptr<void> keep,
                            bool asynchronous);

// Runs `now(handler)`, which gives True, or `later(handler)`, which gives an `execution`.
template <typename Now, typename Later>
py::object Perform(const std::shared_ptr<void>& graph, bool synchronous,
                   const py::object& completion, const Now& now, const Later& later) {
  const CompletionHandler handler = ToHandler(completion, graph, !synchronous);
  if (!synchronous) {
    PendingExecution pending;
    {
      const py::gil_scoped_release release;
      pending = later(handler);
    }
    return py::cast(std::move(pending));
  }
  {
    const py::gil_scoped_release release;
    now(handler);
  }
  return py::bool_(true);
}

constexpr const char* kAsynchronous = R"(

synchronous=False returns an `execution` to be waited for at once. `completion`, a callable
(result, error, seconds), is called once: with the result tensor and None, or None and the
exception.)";

}  // namespace mlcompute::python
