// python/mlcompute/layers_normalization.cc
#include "mlcompute/layers/normalization.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {

void BindNormalizationLayers(py::module_& m) {
  LayerClass<NormalizationLayer>(m, "normalization_layer",
                                 "What the four normalization layers have in common.")
      .def_property_readonly("beta", &NormalizationLayer::beta)
      .def_property_readonly("beta_parameter",
                             [](const NormalizationLayer& l) { return ParameterOf(l, l.beta()); })
      .def_property_readonly("gamma", &NormalizationLayer::gamma)
      .def_property_readonly("gamma_parameter",
                             [](const NormalizationLayer& l) { return ParameterOf(l, l.gamma()); })
      .def_property_readonly("variance_epsilon", &NormalizationLayer::variance_epsilon);

  py::class_<BatchNormalizationLayer, NormalizationLayer, std::shared_ptr<BatchNormalizationLayer>>(
      m, "batch_normalization_layer", R"(Per channel of [N, C, ...], with given mean and variance.

All tensors are [1, C, 1, 1]; beta and gamma may be None.)")
      .def(py::init<int64_t, TensorPtr, TensorPtr, TensorPtr, TensorPtr, float, float>(),
           py::arg("feature_channel_count"), py::arg("mean"), py::arg("variance"),
           py::arg("beta").none(true), py::arg("gamma").none(true), py::arg("variance_epsilon"),
           py::arg("momentum") = 0.99f)
      .def_property_readonly("mean", &BatchNormalizationLayer::mean)
      .def_property_readonly("variance", &BatchNormalizationLayer::variance)
      .def_property_readonly("momentum", &BatchNormalizationLayer::momentum);

  py::class_<InstanceNormalizationLayer, NormalizationLayer,
             std::shared_ptr<InstanceNormalizationLayer>>(
      m, "instance_normalization_layer", R"(Per sample and channel over H and W of [N, C, H, W].

beta and gamma, [1, C, 1, 1], may be None. With mean and variance those are used, as PyTorch's
InstanceNorm2d uses running statistics.)")
      .def(py::init([](int64_t channels, const TensorPtr& beta, const TensorPtr& gamma,
                       float epsilon, float momentum, const TensorPtr& mean,
                       const TensorPtr& variance) {
             return std::make_shared<InstanceNormalizationLayer>(channels, mean, variance, beta,
                                                                 gamma, epsilon, momentum);
           }),
           py::arg("feature_channel_count"), py::arg("beta").none(true),
           py::arg("gamma").none(true), py::arg("variance_epsilon"), py::arg("momentum") = 0.99f,
           py::kw_only(), py::arg("mean").none(true) = py::none(),
           py::arg("variance").none(true) = py::none())
      .def_property_readonly("mean", &InstanceNormalizationLayer::mean)
      .def_property_readonly("variance", &InstanceNormalizationLayer::variance)
      .def_property_readonly("momentum", &InstanceNormalizationLayer::momentum);

  py::class_<GroupNormalizationLayer, NormalizationLayer, std::shared_ptr<GroupNormalizationLayer>>(
      m, "group_normalization_layer", R"(Per sample over groups of channels of [N, C, ...].

beta and gamma, [1, C, 1, 1], may be None.)")
      .def(py::init<int64_t, int64_t, TensorPtr, TensorPtr, float>(),
           py::arg("feature_channel_count"), py::arg("group_count"), py::arg("beta").none(true),
           py::arg("gamma").none(true), py::arg("variance_epsilon"))
      .def_property_readonly("group_count", &GroupNormalizationLayer::group_count);

  py::class_<LayerNormalizationLayer, NormalizationLayer, std::shared_ptr<LayerNormalizationLayer>>(
      m, "layer_normalization_layer", R"(Over the last axes, which must be normalized_shape.

beta and gamma have that shape, or one axis of as many elements; they may be None.)")
      .def(py::init([](const std::vector<int64_t>& shape, const TensorPtr& beta,
                       const TensorPtr& gamma, float epsilon) {
             return std::make_shared<LayerNormalizationLayer>(Shape(shape), beta, gamma, epsilon);
           }),
           py::arg("normalized_shape"), py::arg("beta").none(true), py::arg("gamma").none(true),
           py::arg("variance_epsilon"))
      .def_property_readonly("normalized_shape", [](const LayerNormalizationLayer& l) {
        return ToTuple(l.normalized_shape().dims());
      });
}

}  // namespace mlcompute::python
