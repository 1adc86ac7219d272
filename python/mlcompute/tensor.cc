// python/mlcompute/tensor.cc
#include "mlcompute/tensor.h"

#include <pybind11/stl.h>

#include "mlcompute/error.h"
#include "python/mlcompute/bindings.h"

namespace mlcompute::python {
namespace {

ArrayData Held(const Tensor& tensor) {
  Tensor::Contents held = tensor.contents();
  if (!held.data) {
    throw InvalidArgument("tensor ", tensor.ToString(),
                          " holds no data; results that a layer uses are kept if the graph was "
                          "given them as outputs before it was compiled");
  }
  return {std::move(held.data), tensor.type().dtype, held.shape};
}

TensorPtr MakeTensor(const std::vector<int64_t>& shape, const py::object& dtype,
                     const py::object& data, const py::object& fill) {
  const TensorDescriptor descriptor(Shape(shape), ToDataType(dtype));
  if (!data.is_none()) {
    if (!fill.is_none()) throw py::value_error("tensor: data and fill were both given");
    const ArrayData elements = ToArrayData(data);
    CheckFits(elements, descriptor.type(), "tensor");
    return std::make_shared<Tensor>(descriptor, elements.data);
  }
  if (fill.is_none()) return std::make_shared<Tensor>(descriptor);
  return Tensor::Filled(descriptor, fill.cast<double>());
}

py::tuple Tuple(const std::vector<int64_t>& numbers) { return py::tuple(py::cast(numbers)); }

}  // namespace

void BindTensor(py::module_& m) {
  py::class_<TensorDescriptor>(m, "tensor_descriptor", R"(Element type and shape of a tensor.

tensor_descriptor(shape, dtype="float32"): 1 to 4 axes, outermost first, none of them empty.)")
      .def(py::init([](const std::vector<int64_t>& shape, const py::object& dtype) {
             return TensorDescriptor(Shape(shape), ToDataType(dtype));
           }),
           py::arg("shape"), py::arg("dtype") = "float32")
      .def_static(
          "convolution_weights",
          [](int64_t width, int64_t height, int64_t inputs, int64_t outputs,
             const py::object& dtype) {
            return TensorDescriptor::ConvolutionWeights(width, height, inputs, outputs,
                                                        ToDataType(dtype));
          },
          py::arg("width"), py::arg("height"), py::arg("input_feature_channel_count"),
          py::arg("output_feature_channel_count"), py::arg("dtype") = "float32",
          "Shape [1, outputs * inputs, height, width].")
      .def_static(
          "convolution_biases",
          [](int64_t channels, const py::object& dtype) {
            return TensorDescriptor::ConvolutionBiases(channels, ToDataType(dtype));
          },
          py::arg("feature_channel_count"), py::arg("dtype") = "float32",
          "Shape [1, feature_channel_count, 1, 1].")
      .def_property_readonly("shape",
                             [](const TensorDescriptor& d) { return Tuple(d.shape().dims()); })
      .def_property_readonly("dtype", [](const TensorDescriptor& d) { return Name(d.data_type()); })
      .def_property_readonly(
          "stride", [](const TensorDescriptor& d) { return Tuple(d.stride()); },
          "Bytes from one element to the next along each axis.")
      .def_property_readonly("dimension_count", &TensorDescriptor::dimension_count)
      .def_property_readonly("tensor_allocation_size_in_bytes",
                             &TensorDescriptor::tensor_allocation_size_in_bytes)
      .def_property_readonly_static(
          "max_tensor_dimensions",
          [](const py::object&) { return int{TensorDescriptor::kMaxTensorDimensions}; })
      .def("__eq__",
           [](const TensorDescriptor& a, const py::object& b) {
             return py::isinstance<TensorDescriptor>(b) &&
                    a.type() == b.cast<const TensorDescriptor&>().type();
           })
      .def("__repr__", [](const TensorDescriptor& d) {
        return StrCat("tensor_descriptor(", d.type().ToString(), ")");
      });

  py::class_<Tensor, TensorPtr>(
      m, "tensor", R"(A value of graphs: an input, a result, or with data a parameter or constant.

tensor(shape, dtype="float32", *, data=None, fill=None): `shape` has 1 to 4 axes, outermost first,
images [N, C, H, W], sequences [N, T, C]. `data`, an array or tensor_data of that type, is shared,
not copied; `fill` is one number for all elements.
tensor(descriptor), tensor(descriptor, data=..., fill=...): the same of a tensor_descriptor.
tensor(other): `other` itself, under one more name.)")
      .def(py::init([](TensorPtr other) { return other; }), py::arg("tensor"))
      .def(py::init([](const TensorDescriptor& d, const py::object& data, const py::object& fill) {
             return MakeTensor(d.shape().dims(), py::str(std::string(Name(d.data_type()))), data,
                               fill);
           }),
           py::arg("descriptor"), py::kw_only(), py::arg("data") = py::none(),
           py::arg("fill") = py::none())
      .def(py::init(&MakeTensor), py::arg("shape"), py::arg("dtype") = "float32", py::kw_only(),
           py::arg("data") = py::none(), py::arg("fill") = py::none())
      .def_property("label", &Tensor::label, &Tensor::set_label)
      .def_property_readonly("tensor_id", &Tensor::id)
      .def_property_readonly("descriptor", &Tensor::descriptor)
      .def_property_readonly("shape", [](const Tensor& t) { return Tuple(t.type().shape.dims()); })
      .def_property_readonly("dtype", [](const Tensor& t) { return Name(t.type().dtype); })
      .def_property_readonly("has_data", &Tensor::has_data)
      .def_property_readonly("has_valid_numerics", &Tensor::has_valid_numerics,
                             "No NaN and no infinity; True when there are no data.")
      .def_property_readonly(
          "device", [](const Tensor& t) { return std::const_pointer_cast<Device>(t.device()); },
          "Of the graph that last gave it data, else None.")
      .def(
          "bind_data",
          [](Tensor& t, const py::object& data) {
            const ArrayData elements = ToArrayData(data);
            CheckFits(elements, t.type(), "tensor " + t.label());
            t.BindData(elements.data);
          },
          py::arg("data"), "Reads from `data`, which is shared, from now on.")
      .def(
          "numpy", [](const Tensor& t) { return ToNumpy(Held(t)); },
          R"(The elements as a read-only array.

It shares their memory and keeps its numbers: later executions write elsewhere. After a partial
batch it has that many rows. ValueError when the tensor holds no data.)")
      .def(
          "__array__",
          [](const Tensor& t, const py::object& dtype, const py::object&) -> py::array {
            py::array array = ToNumpy(Held(t));
            return dtype.is_none() ? array : py::array(array.attr("astype")(dtype));
          },
          py::arg("dtype") = py::none(), py::arg("copy") = py::none())
      .def(
          "print",
          [](const Tensor& t) { py::print("MLCTensor", t.label(), ":", FormatElements(Held(t))); },
          "Prints label and elements. ValueError when the tensor holds no data.")
      .def("__repr__", [](const Tensor& t) { return StrCat("tensor(", t.ToString(), ")"); });
}

}  // namespace mlcompute::python
