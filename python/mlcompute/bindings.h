// python/mlcompute/bindings.h: the parts of the module, one file each.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <memory>
#include <string>
#include <string_view>

#include "mlcompute/error.h"
#include "mlcompute/tensor.h"
#include "mlcompute/types.h"

namespace mlcompute::python {

namespace py = pybind11;

void BindTypes(py::module_& m);
void BindTensorData(py::module_& m);
void BindTensor(py::module_& m);
void BindDevice(py::module_& m);
void BindExecution(py::module_& m);
void BindGraph(py::module_& m);
void BindOptimizers(py::module_& m);
void BindTrainingGraph(py::module_& m);

// The Python exception of an error.
py::object ToException(const Error& error);

// MLCTensorData with what it lacks, the type and shape of its elements.
struct ArrayData {
  std::shared_ptr<TensorData> data;
  DataType dtype;
  Shape shape;
};

// A data type given as a name, a numpy type or a member of DataType. ValueError lists the known.
DataType ToDataType(const py::object& dtype);

// An array, or a tensor_data as it is. The array is kept and not copied, if it is contiguous and of
// type `dtype`; with kInvalid for `dtype` of any type that tensors have, else TypeError.
ArrayData ToArrayData(const py::object& array, DataType dtype = DataType::kInvalid);

// A read-only view, or a float32 copy of bfloat16 where numpy has no such type.
py::array ToNumpy(const ArrayData& data);

// TypeError or ValueError unless `data` has the elements of a tensor `type`: its shape with axes of
// 1 added or left out, or one axis of as many elements. `what` begins the message.
void CheckFits(const ArrayData& data, const TensorType& type, const std::string& what);

// The elements separated by blanks, as C++ streams write them.
std::string FormatElements(const ArrayData& data);

// The Python class of an enumeration, set by BindTypes().
template <typename E>
inline PyObject* enum_class = nullptr;

// A value of an enumeration given by name or as a member of its Python enum.
template <typename E>
E ToEnum(const py::object& given, std::string_view what) {
  if (py::isinstance<py::str>(given)) return EnumFromName<E>(given.cast<std::string>(), what);
  const py::handle type(enum_class<E>);
  if (!py::isinstance(given, type)) {
    throw py::type_error(std::string(what) + " must be a name or a member of " +
                         type.attr("__name__").cast<std::string>() + ", got " +
                         py::repr(given).cast<std::string>());
  }
  return EnumFromName<E>(given.attr("name").cast<std::string>(), what);
}

}  // namespace mlcompute::python
