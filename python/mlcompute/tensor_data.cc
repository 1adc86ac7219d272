// python/mlcompute/tensor_data.cc: numpy arrays as data of tensors, and back.
#include "mlcompute/tensor_data.h"

#include <algorithm>
#include <sstream>

#include "mlcompute/error.h"
#include "mlcompute/float16.h"
#include "python/mlcompute/bindings.h"

namespace mlcompute::python {
namespace {

std::string NumpyName(const py::array& array) {
  return array.dtype().attr("name").cast<std::string>();
}

// The type of an array's elements; kInvalid where tensors have none like it.
DataType TypeOf(const py::array& array) {
  const std::string name = NumpyName(array);
  for (const TensorDataType& row : TensorDataTypes()) {
    if (name == Name(row.type)) return row.type;
  }
  return DataType::kInvalid;
}

// numpy's bfloat16, which the package ml_dtypes defines; None without it.
py::object NumpyBFloat16() {
  try {
    return py::module_::import("ml_dtypes").attr("bfloat16");
  } catch (py::error_already_set& e) {
    if (!e.matches(PyExc_ImportError)) throw;
    return py::none();
  }
}

// Keeps a Python object; it may be let go on any thread.
std::shared_ptr<void> Keep(py::object object) {
  return {object.release().ptr(), [](void* kept) {
            if (!Py_IsInitialized()) return;
            const py::gil_scoped_acquire gil;
            Py_DECREF(static_cast<PyObject*>(kept));
          }};
}

Shape ShapeOf(const py::array& array) {
  std::vector<int64_t> dims;
  for (py::ssize_t i = 0; i < array.ndim(); ++i) dims.push_back(array.shape(i));
  return Shape(std::move(dims));
}

ArrayData Wrap(const py::array& array, DataType dtype) {
  const auto size = static_cast<size_t>(array.nbytes());
  const Shape shape = ShapeOf(array);
  if (array.writeable()) {
    return {TensorData::NoCopy(const_cast<void*>(array.data()), size, Keep(array)), dtype, shape};
  }
  return {TensorData::ImmutableNoCopy(array.data(), size, Keep(array)), dtype, shape};
}

ArrayData RoundToBFloat16(const py::array& array) {
  const auto floats = py::array_t<float, py::array::c_style | py::array::forcecast>::ensure(array);
  if (!floats) throw py::error_already_set();
  const auto n = static_cast<size_t>(floats.size());
  std::shared_ptr<TensorData> data = TensorData::Allocate(n * sizeof(BFloat16));
  std::copy_n(floats.data(), n, static_cast<BFloat16*>(data->mutable_bytes()));
  return {std::move(data), DataType::kBFloat16, ShapeOf(array)};
}

template <typename T>
void Write(std::ostream& out, const void* bytes, int64_t n) {
  const T* x = static_cast<const T*>(bytes);
  for (int64_t i = 0; i < n; ++i) {
    if constexpr (sizeof(T) == 1) {
      out << static_cast<int>(x[i]) << ' ';
    } else {
      out << x[i] << ' ';
    }
  }
}

std::vector<int64_t> WithoutOnes(const Shape& shape) {
  std::vector<int64_t> dims;
  for (const int64_t d : shape.dims()) {
    if (d != 1) dims.push_back(d);
  }
  return dims;
}

}  // namespace

DataType ToDataType(const py::object& dtype) {
  if (py::isinstance<py::str>(dtype)) return TensorDataTypeFromName(dtype.cast<std::string>());
  if (py::hasattr(dtype, "name") && py::hasattr(dtype, "value")) {  // an enum's member
    return TensorDataTypeFromName(dtype.attr("name").cast<std::string>());
  }
  const py::dtype numpy_type = py::dtype::from_args(dtype);
  return TensorDataTypeFromName(numpy_type.attr("name").cast<std::string>());
}

ArrayData ToArrayData(const py::object& given, DataType dtype) {
  if (py::isinstance<ArrayData>(given)) {
    const auto& data = given.cast<const ArrayData&>();
    if (dtype == DataType::kInvalid || dtype == data.dtype) return data;
    return ToArrayData(ToNumpy(data), dtype);
  }
  const py::module_ numpy = py::module_::import("numpy");
  // Numbers that are no array yet have no type to be respected.
  const bool is_array =
      py::hasattr(given, "__array__") || py::hasattr(given, "__array_interface__");
  py::array array = is_array ? numpy.attr("asarray")(given)
                             : numpy.attr("asarray")(given, py::arg("dtype") = "float64");
  if (!is_array && dtype == DataType::kInvalid) dtype = DataType::kFloat32;
  const DataType own = TypeOf(array);
  if (dtype == DataType::kInvalid) {
    if (own == DataType::kInvalid) {
      throw py::type_error("tensor data of type " + NumpyName(array) +
                           " are not taken; dtype=... converts, for example to 'float32'");
    }
    dtype = own;
  }
  if (dtype == DataType::kBFloat16 && own != dtype) return RoundToBFloat16(array);
  const py::object target = own == dtype ? py::object(array.dtype().attr("newbyteorder")("="))
                                         : py::object(py::str(std::string(Name(dtype))));
  // Elements in order and aligned, as C++ reads them; the array itself if it has them so already.
  array = numpy.attr("require")(array, target, py::make_tuple("C", "A"));
  return Wrap(array, dtype);
}

py::array ToNumpy(const ArrayData& data) {
  const auto& dims = data.shape.dims();
  const py::capsule owner(new std::shared_ptr<TensorData>(data.data),
                          [](void* p) { delete static_cast<std::shared_ptr<TensorData>*>(p); });
  const bool is_bfloat16 = data.dtype == DataType::kBFloat16;
  const py::dtype type(is_bfloat16 ? std::string("uint16") : std::string(Name(data.dtype)));
  py::array array(type, std::vector<py::ssize_t>(dims.begin(), dims.end()), data.data->bytes(),
                  owner);
  array.attr("flags").attr("writeable") = false;
  if (!is_bfloat16) return array;
  const py::object bfloat16 = NumpyBFloat16();
  if (!bfloat16.is_none()) return array.attr("view")(bfloat16);
  py::array_t<float> floats(std::vector<py::ssize_t>(dims.begin(), dims.end()));
  std::copy_n(static_cast<const BFloat16*>(data.data->bytes()), data.shape.elements(),
              floats.mutable_data());
  return floats;
}

void CheckFits(const ArrayData& data, const TensorType& type, const std::string& what) {
  if (data.dtype != type.dtype) {
    throw py::type_error(
        StrCat(what, ": data of type ", Name(data.dtype), " for a tensor ", type.ToString()));
  }
  const bool flat = data.shape.rank() <= 1 && data.shape.elements() == type.elements();
  if (!flat && WithoutOnes(data.shape) != WithoutOnes(type.shape)) {
    throw py::value_error(
        StrCat(what, ": data of shape ", data.shape.ToString(), " for a tensor ", type.ToString()));
  }
}

std::string FormatElements(const ArrayData& data) {
  std::ostringstream out;
  const void* bytes = data.data->bytes();
  const int64_t n = data.shape.elements();
  switch (data.dtype) {
    case DataType::kFloat32:
      Write<float>(out, bytes, n);
      break;
    case DataType::kFloat16:
      Write<Float16>(out, bytes, n);
      break;
    case DataType::kBFloat16:
      Write<BFloat16>(out, bytes, n);
      break;
    case DataType::kInt64:
      Write<int64_t>(out, bytes, n);
      break;
    case DataType::kInt32:
      Write<int32_t>(out, bytes, n);
      break;
    case DataType::kInt8:
      Write<int8_t>(out, bytes, n);
      break;
    case DataType::kUInt8:
    case DataType::kBool:
      Write<uint8_t>(out, bytes, n);
      break;
    default:
      throw Internal("tensor data of type ", Name(data.dtype));
  }
  return out.str();
}

void BindTensorData(py::module_& m) {
  py::class_<ArrayData>(m, "tensor_data", R"(Elements for tensors to read, or results to go to.

tensor_data(array, dtype=None): the array is kept and shared, not copied, if it is contiguous and
has the type asked for: what is changed in it later counts. A type that tensors do not have is a
TypeError unless `dtype` says what to convert to. Numbers that are no array become float32.)")
      .def(py::init([](const py::object& array, const py::object& dtype) {
             return ToArrayData(array, dtype.is_none() ? DataType::kInvalid : ToDataType(dtype));
           }),
           py::arg("array"), py::arg("dtype") = py::none())
      .def(
          "print", [](const ArrayData& d) { py::print(FormatElements(d)); },
          "Prints the elements separated by blanks.")
      .def("numpy", &ToNumpy, "The elements as a read-only array that shares their memory.")
      .def(
          "__array__",
          [](const ArrayData& d, const py::object& dtype, const py::object&) -> py::array {
            py::array array = ToNumpy(d);
            return dtype.is_none() ? array : py::array(array.attr("astype")(dtype));
          },
          py::arg("dtype") = py::none(), py::arg("copy") = py::none())
      .def_property_readonly("shape",
                             [](const ArrayData& d) { return py::tuple(py::cast(d.shape.dims())); })
      .def_property_readonly("dtype", [](const ArrayData& d) { return Name(d.dtype); })
      .def_property_readonly(
          "length", [](const ArrayData& d) { return d.data->length(); }, "In bytes.")
      .def("__repr__", [](const ArrayData& d) {
        return StrCat("tensor_data(", TensorType{d.dtype, d.shape}.ToString(), ")");
      });
}

}  // namespace mlcompute::python
