// python/mlcompute/tensor.cc
#include "mlcompute/tensor.h"

#include <pybind11/stl.h>

#include <optional>

#include "mlcompute/error.h"
#include "mlcompute/quantization.h"
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

TensorPtr MakeTensor(const TensorDescriptor& descriptor, const py::object& data,
                     const py::object& fill, const py::object& random) {
  const int given = !data.is_none() + !fill.is_none() + !random.is_none();
  if (given > 1) {
    throw py::value_error("tensor: of data, fill and random_initializer one may be given");
  }
  if (!data.is_none()) {
    const ArrayData elements = ToArrayData(data);
    CheckFits(elements, descriptor.type(), "tensor");
    return std::make_shared<Tensor>(descriptor, elements.data);
  }
  if (!random.is_none()) {
    return Tensor::Random(descriptor,
                          ToEnum<RandomInitializerType>(random, "random initializer type"));
  }
  if (fill.is_none()) return std::make_shared<Tensor>(descriptor);
  return Tensor::Filled(descriptor, fill.cast<double>());
}

py::list OptimizerData(const Tensor& tensor) {
  py::list all;
  for (const auto& data : tensor.optimizer_data()) {
    all.append(ToNumpy({data, tensor.type().dtype, tensor.type().shape}));
  }
  return all;
}

TensorPtr ByQuantizing(const Tensor& tensor, const py::object& type, const py::object& scale,
                       const py::object& bias, std::optional<int64_t> axis) {
  const DataType to = ToDataType(type);
  if (py::isinstance<Tensor>(scale)) {
    return Quantize(tensor, to, scale.cast<const Tensor&>(), bias.cast<const Tensor&>(), axis);
  }
  if (axis) throw py::value_error("an axis needs a scale and a bias tensor");
  return Quantize(tensor, to, scale.cast<float>(), bias.cast<int64_t>());
}

TensorPtr ByDequantizing(const Tensor& tensor, const py::object& type, const Tensor& scale,
                         const Tensor& bias, std::optional<int64_t> axis) {
  return Dequantize(tensor, ToDataType(type), scale, bias, axis);
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
          "image",
          [](int64_t width, int64_t height, int64_t channels, int64_t batch,
             const py::object& dtype) {
            return TensorDescriptor::Image(width, height, channels, batch, ToDataType(dtype));
          },
          py::arg("width"), py::arg("height"), py::arg("feature_channel_count"),
          py::arg("batch_size"), py::arg("dtype") = "float32",
          "Shape [batch_size, feature_channel_count, height, width].")
      .def_static(
          "sequences",
          [](std::vector<int64_t> lengths, int64_t channels, bool sorted, const py::object& dtype) {
            return TensorDescriptor::Sequences(std::move(lengths), channels, sorted,
                                               ToDataType(dtype));
          },
          py::arg("sequence_lengths"), py::arg("feature_channel_count"),
          py::arg("sorted_sequences") = false, py::arg("dtype") = "float32",
          R"(Sequences padded to the longest: shape [sequences, longest, feature_channel_count].

ValueError for lengths under 1, or sorted ones that do not descend.)")
      .def_property_readonly("sequence_lengths",
                             [](const TensorDescriptor& d) { return Tuple(d.sequence_lengths()); })
      .def_property_readonly(
          "batch_size_per_sequence_step",
          [](const TensorDescriptor& d) { return Tuple(d.batch_size_per_sequence_step()); },
          "How many sequences have each step.")
      .def_property_readonly("sorted_sequences", &TensorDescriptor::sorted_sequences)
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

tensor(shape, dtype="float32", *, data=None, fill=None, random_initializer=None): `shape` has 1 to 4
axes, outermost first, images [N, C, H, W], sequences [N, T, C]. `data`, an array or tensor_data of
that type, is shared, not copied; `fill` is one number for all elements. random_initializer:
"uniform" in [0, 1); "glorot_uniform" in +-sqrt(6 / (fan_in + fan_out)); "xavier", normal with
deviation sqrt(1 / (2 (fan_in + fan_out))). The fans are 1, except for a
tensor_descriptor.convolution_weights: inputs and outputs, times height and width.
tensor(descriptor, *, data=None, fill=None, random_initializer=None): of a tensor_descriptor.
tensor(other): `other` itself, under one more name.)")
      .def(py::init([](TensorPtr other) { return other; }), py::arg("tensor"))
      .def(py::init(&MakeTensor), py::arg("descriptor"), py::kw_only(),
           py::arg("data") = py::none(), py::arg("fill") = py::none(),
           py::arg("random_initializer") = py::none())
      .def(py::init([](const std::vector<int64_t>& shape, const py::object& dtype,
                       const py::object& data, const py::object& fill, const py::object& random) {
             return MakeTensor(TensorDescriptor(Shape(shape), ToDataType(dtype)), data, fill,
                               random);
           }),
           py::arg("shape"), py::arg("dtype") = "float32", py::kw_only(),
           py::arg("data") = py::none(), py::arg("fill") = py::none(),
           py::arg("random_initializer") = py::none())
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
      .def_property_readonly("optimizer_data", &OptimizerData,
                             "What an optimizer keeps for this parameter, as read-only arrays.")
      .def(
          "synchronize_optimizer_data",
          [](Tensor& t) {
            const py::gil_scoped_release release;
            t.SynchronizeOptimizerData();
          },
          "Writes it into the arrays of bind_optimizer_data().")
      .def("by_quantizing", &ByQuantizing, py::arg("type"), py::arg("scale"), py::arg("bias"),
           py::arg("axis") = py::none(),
           R"(round(x / scale) + bias as int8, uint8 or int32, cut to what the type holds.

scale: a number or float32 tensor; bias: a number or int32 tensor. Tensors have one element, or
with an axis as many as that is long.)")
      .def("by_dequantizing", &ByDequantizing, py::arg("type"), py::arg("scale"), py::arg("bias"),
           py::arg("axis") = py::none(),
           "(q - bias) * scale as a floating-point type; scale and bias tensors as above.")
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
