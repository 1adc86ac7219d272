// python/mlcompute/layers_image.cc: windows that slide over images.
#include "mlcompute/layers/convolution.h"
#include "mlcompute/layers/pooling.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {
namespace {

Window ToWindow(const py::object& kernel_sizes, const py::object& strides,
                const py::object& dilation_rates, const py::object& padding_policy,
                const py::object& padding_sizes) {
  Window window{Yx(ToNumbers(kernel_sizes), "kernel_sizes")};
  window.strides = Yx(ToNumbers(strides), "strides");
  window.dilations = Yx(ToNumbers(dilation_rates), "dilation_rates");
  window.policy = ToEnum<PaddingPolicy>(padding_policy, "padding policy");
  if (!padding_sizes.is_none()) window.padding = Yx(ToNumbers(padding_sizes), "padding_sizes");
  return window;
}

// What both layers have of their window.
template <typename T>
void BindWindow(LayerClass<T>& layer) {
  layer
      .def_property_readonly(
          "kernel_sizes", [](const T& l) { return ToTuple(l.descriptor().window.size.numbers()); })
      .def_property_readonly(
          "strides", [](const T& l) { return ToTuple(l.descriptor().window.strides.numbers()); })
      .def_property_readonly(
          "dilation_rates",
          [](const T& l) { return ToTuple(l.descriptor().window.dilations.numbers()); })
      .def_property_readonly("padding_policy",
                             [](const T& l) { return NameOf(l.descriptor().window.policy); })
      .def_property_readonly("padding_sizes", [](const T& l) {
        return ToTuple(l.descriptor().window.padding.numbers());
      });
}

std::shared_ptr<ConvolutionLayer> MakeConvolution(const TensorPtr& weights, const TensorPtr& biases,
                                                  const py::object& kernel_sizes, int64_t inputs,
                                                  int64_t outputs, const py::object& type,
                                                  int64_t group_count, const py::object& strides,
                                                  const py::object& dilation_rates,
                                                  const py::object& padding_policy,
                                                  const py::object& padding_sizes) {
  ConvolutionDescriptor descriptor{
      ToEnum<ConvolutionType>(type, "convolution type"),
      ToWindow(kernel_sizes, strides, dilation_rates, padding_policy, padding_sizes), inputs,
      outputs, group_count};
  return std::make_shared<ConvolutionLayer>(weights, biases, descriptor);
}

std::shared_ptr<PoolingLayer> MakePooling(const py::object& type, const py::object& kernel_sizes,
                                          const py::object& strides,
                                          const py::object& dilation_rates,
                                          const py::object& padding_policy,
                                          const py::object& padding_sizes,
                                          bool count_includes_padding) {
  return std::make_shared<PoolingLayer>(PoolingDescriptor{
      ToEnum<PoolingType>(type, "pooling type"),
      ToWindow(kernel_sizes, strides, dilation_rates, padding_policy, padding_sizes),
      count_includes_padding});
}

}  // namespace

void BindImageLayers(py::module_& m) {
  LayerClass<ConvolutionLayer> convolution(m, "convolution_layer",
                                           R"(Convolution of images [N, I, H, W].

Numbers for kernel, strides, ... are [height, width], or one for both. padding_policy: "same"
(ceil(in / stride) positions), "valid" (no padding) or "use_padding_size" (padding_sizes on both
sides). type: "standard", "transposed" (as TensorFlow's conv2d_transpose) or "depthwise" (outputs a
multiple of the inputs). weights: [1, O * I / groups, height, width], output channel outermost;
depthwise [1, O, height, width]. biases: [1, O, 1, 1] or None.)");
  convolution
      .def(py::init(&MakeConvolution), py::arg("weights"), py::arg("biases").none(true),
           py::kw_only(), py::arg("kernel_sizes"), py::arg("input_feature_channel_count"),
           py::arg("output_feature_channel_count"), py::arg("type") = "standard",
           py::arg("group_count") = 1, py::arg("strides") = 1, py::arg("dilation_rates") = 1,
           py::arg("padding_policy") = "same", py::arg("padding_sizes") = py::none())
      .def_property_readonly("convolution_type",
                             [](const ConvolutionLayer& l) { return NameOf(l.descriptor().type); })
      .def_property_readonly("group_count",
                             [](const ConvolutionLayer& l) { return l.descriptor().group_count; })
      .def_property_readonly("weights", &ConvolutionLayer::weights)
      .def_property_readonly("weights_parameter",
                             [](const ConvolutionLayer& l) { return ParameterOf(l, l.weights()); })
      .def_property_readonly("biases", &ConvolutionLayer::biases)
      .def_property_readonly("biases_parameter",
                             [](const ConvolutionLayer& l) { return ParameterOf(l, l.biases()); });
  BindWindow(convolution);

  LayerClass<PoolingLayer> pooling(m, "pooling_layer",
                                   R"(One number for each window of images [N, C, H, W].

type: "max", "average" or "l2_norm" (root of the sum of squares). Numbers are [height, width] or one
for both; padding_policy as for convolution_layer. An average divides by what of the window is
inside the image, with count_includes_padding by all of it.)");
  pooling
      .def(py::init(&MakePooling), py::arg("type"), py::arg("kernel_sizes"), py::arg("strides") = 1,
           py::kw_only(), py::arg("dilation_rates") = 1, py::arg("padding_policy") = "same",
           py::arg("padding_sizes") = py::none(), py::arg("count_includes_padding") = false)
      .def_property_readonly("pooling_type",
                             [](const PoolingLayer& l) { return NameOf(l.descriptor().type); })
      .def_property_readonly("count_includes_padding", [](const PoolingLayer& l) {
        return l.descriptor().count_includes_padding;
      });
  BindWindow(pooling);
}

}  // namespace mlcompute::python
