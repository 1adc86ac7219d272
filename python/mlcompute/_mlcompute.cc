// python/mlcompute/_mlcompute.cc: the module behind `import mlcompute`.
#include "mlcompute/error.h"
#include "python/mlcompute/bindings.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {
namespace {

void Translate(std::exception_ptr exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& e) {
    PyObject* type = PyExc_RuntimeError;
    switch (e.code()) {
      case ErrorCode::kInvalidArgument:
        type = PyExc_ValueError;
        break;
      case ErrorCode::kUnimplemented:
        type = PyExc_NotImplementedError;
        break;
      case ErrorCode::kResourceExhausted:
        type = PyExc_MemoryError;
        break;
      case ErrorCode::kInternal:
        break;
    }
    py::set_error(type, e.what());
  }
}

}  // namespace

PYBIND11_MODULE(_mlcompute, m) {
  m.doc() = "C++ part of mlcompute";
  py::register_local_exception_translator(Translate);
  BindTypes(m);
  BindTensorData(m);
  BindTensor(m);
  BindDevice(m);
  BindGraph(m);
  BindElementwiseLayers(m);
  BindImageLayers(m);
  BindIndexedLayers(m);
  BindMatrixLayers(m);
  BindMovementLayers(m);
  BindNormalizationLayers(m);
  BindSequenceLayers(m);
}

}  // namespace mlcompute::python
