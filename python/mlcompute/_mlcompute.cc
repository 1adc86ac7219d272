// python/mlcompute/_mlcompute.cc: the module behind `import mlcompute`.
#include "mlcompute/error.h"
#include "python/mlcompute/bindings.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {
namespace {

PyObject* TypeOf(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
      return PyExc_ValueError;
    case ErrorCode::kUnimplemented:
      return PyExc_NotImplementedError;
    case ErrorCode::kResourceExhausted:
      return PyExc_MemoryError;
    case ErrorCode::kInternal:
      break;
  }
  return PyExc_RuntimeError;
}

void Translate(std::exception_ptr exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& e) {
    py::set_error(TypeOf(e), e.what());
  }
}

}  // namespace

py::object ToException(const Error& error) {
  return py::reinterpret_borrow<py::object>(TypeOf(error))(error.what());
}

PYBIND11_MODULE(_mlcompute, m) {
  m.doc() = "C++ part of mlcompute";
  py::register_local_exception_translator(Translate);
  BindTypes(m);
  BindTensorData(m);
  BindTensor(m);
  BindDevice(m);
  BindExecution(m);
  BindGraph(m);
  BindOptimizers(m);
  BindTrainingGraph(m);
  BindElementwiseLayers(m);
  BindImageLayers(m);
  BindIndexedLayers(m);
  BindLossLayers(m);
  BindMatrixLayers(m);
  BindMovementLayers(m);
  BindNormalizationLayers(m);
  BindSequenceLayers(m);
}

}  // namespace mlcompute::python
