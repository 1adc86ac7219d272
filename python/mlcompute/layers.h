// python/mlcompute/layers.h: what the files of layers share.
#pragma once

#include <pybind11/stl.h>

#include <memory>
#include <vector>

#include "mlcompute/layer.h"
#include "python/mlcompute/bindings.h"

namespace mlcompute::python {

void BindElementwiseLayers(py::module_& m);
void BindMovementLayers(py::module_& m);
void BindImageLayers(py::module_& m);
void BindLossLayers(py::module_& m);
void BindMatrixLayers(py::module_& m);
void BindIndexedLayers(py::module_& m);
void BindSequenceLayers(py::module_& m);
void BindNormalizationLayers(py::module_& m);

template <typename T>
using LayerClass = py::class_<T, Layer, std::shared_ptr<T>>;

inline py::tuple ToTuple(const std::vector<int64_t>& numbers) {
  return py::tuple(py::cast(numbers));
}

// The settings of a parameter of `layer`; None for a tensor that is none.
inline TensorParameterPtr ParameterOf(const Layer& layer, const TensorPtr& tensor) {
  for (const TensorParameterPtr& parameter : layer.tensor_parameters()) {
    if (parameter->tensor() == tensor) return parameter;
  }
  return nullptr;
}
inline std::vector<TensorParameterPtr> ParametersOf(const Layer& layer,
                                                    const std::vector<TensorPtr>& tensors) {
  std::vector<TensorParameterPtr> parameters;
  for (const TensorPtr& tensor : tensors) parameters.push_back(ParameterOf(layer, tensor));
  return parameters;
}

// One number, or a list of them.
inline std::vector<int64_t> ToNumbers(const py::object& numbers) {
  if (py::isinstance<py::int_>(numbers)) return {numbers.cast<int64_t>()};
  return numbers.cast<std::vector<int64_t>>();
}

}  // namespace mlcompute::python
