// python/mlcompute/optimizers.cc
#include "mlcompute/optimizers/adam.h"
#include "mlcompute/optimizers/rms_prop.h"
#include "mlcompute/optimizers/sgd.h"
#include "python/mlcompute/bindings.h"

namespace mlcompute::python {
namespace {

using OptimizerPtr = std::shared_ptr<Optimizer>;
template <typename T, typename Base = Optimizer>
using OptimizerClass = py::class_<T, Base, std::shared_ptr<T>>;

// The keyword arguments that all have; what is left over belongs to the optimizer.
OptimizerDescriptor TakeDescriptor(float learning_rate, py::dict* rest) {
  OptimizerDescriptor d(learning_rate);
  const auto take = [&](const char* name) {
    return rest->contains(name) ? py::object(rest->attr("pop")(name)) : py::object(py::none());
  };
  const auto number = [&](const char* name, float* to) {
    if (const py::object given = take(name); !given.is_none()) *to = given.cast<float>();
  };
  number("gradient_rescale", &d.gradient_rescale);
  number("regularization_scale", &d.regularization_scale);
  number("gradient_clip_max", &d.gradient_clip_max);
  number("gradient_clip_min", &d.gradient_clip_min);
  number("maximum_clipping_norm", &d.maximum_clipping_norm);
  number("custom_global_norm", &d.custom_global_norm);
  if (const py::object given = take("regularization_type"); !given.is_none()) {
    d.regularization_type = ToEnum<RegularizationType>(given, "regularization type");
  }
  if (const py::object given = take("gradient_clipping_type"); !given.is_none()) {
    d.gradient_clipping_type = ToEnum<GradientClippingType>(given, "gradient clipping type");
  }
  if (const py::object given = take("applies_gradient_clipping"); !given.is_none()) {
    d.applies_gradient_clipping = given.cast<bool>();
  }
  return d;
}

// A keyword argument of the optimizer itself.
template <typename T>
T Take(py::dict* rest, const char* name, T value) {
  return rest->contains(name) ? rest->attr("pop")(name).cast<T>() : value;
}

void CheckNothingLeft(const py::dict& rest) {
  for (const auto& [key, unused] : rest) {
    throw py::type_error("unexpected keyword argument '" + key.cast<std::string>() + "'");
  }
}

template <typename T, typename Make>
auto Init(const Make& make) {
  return py::init([make](float learning_rate, const py::kwargs& arguments) {
    py::dict rest = py::reinterpret_borrow<py::dict>(arguments.attr("copy")());
    const OptimizerDescriptor descriptor = TakeDescriptor(learning_rate, &rest);
    const std::shared_ptr<T> optimizer = make(descriptor, &rest);
    CheckNothingLeft(rest);
    return optimizer;
  });
}

template <typename T>
std::shared_ptr<T> MakeAdam(const OptimizerDescriptor& d, py::dict* rest) {
  const float beta1 = Take(rest, "beta1", 0.9f), beta2 = Take(rest, "beta2", 0.999f);
  const float epsilon = Take(rest, "epsilon", 1e-8f);
  const bool ams_grad = Take(rest, "uses_ams_grad", false);
  return std::make_shared<T>(d, beta1, beta2, epsilon, ams_grad,
                             Take<uint64_t>(rest, "time_step", 1));
}

template <typename Class>
void AddAdam(Class& c) {
  c.def_property_readonly("beta1", &AdamOptimizer::beta1)
      .def_property_readonly("beta2", &AdamOptimizer::beta2)
      .def_property_readonly("epsilon", &AdamOptimizer::epsilon)
      .def_property_readonly("uses_ams_grad", &AdamOptimizer::uses_ams_grad)
      .def_property_readonly("time_step", &AdamOptimizer::time_step, "Of the next update.");
}

template <typename T>
std::shared_ptr<T> Copied(const T& optimizer) {
  return std::make_shared<T>(optimizer);
}

// A member of the descriptor.
template <typename T>
auto Of(T OptimizerDescriptor::*member) {
  return [member](const Optimizer& o) { return o.descriptor().*member; };
}

}  // namespace

void BindOptimizers(py::module_& m) {
  using D = OptimizerDescriptor;
  py::class_<Optimizer, OptimizerPtr>(m, "optimizer", R"(What all optimizers have.

All take learning_rate and these keyword arguments:
gradient_rescale=1, regularization_type="none" ("l1", "l2"), regularization_scale=0,
applies_gradient_clipping=False, gradient_clipping_type="by_value" ("by_norm", "by_global_norm"),
gradient_clip_max=1, gradient_clip_min=-1, maximum_clipping_norm=1, custom_global_norm=0.

A gradient g of a parameter w is clipped, multiplied by gradient_rescale, and scale * sign(w) (L1)
or scale * w (L2) is added. Clipping: each element to [gradient_clip_min, gradient_clip_max]; or g
is scaled so that its L2 norm is no more than maximum_clipping_norm; or that of all gradients
together, for which custom_global_norm is taken unless it is 0.)")
      .def_property("learning_rate", &Optimizer::learning_rate, &Optimizer::set_learning_rate,
                    "May be changed between steps.")
      .def_property("applies_gradient_clipping", &Optimizer::applies_gradient_clipping,
                    &Optimizer::set_applies_gradient_clipping, "May be changed between steps.")
      .def_property_readonly("gradient_rescale", Of(&D::gradient_rescale))
      .def_property_readonly("regularization_scale", Of(&D::regularization_scale))
      .def_property_readonly("gradient_clip_max", Of(&D::gradient_clip_max))
      .def_property_readonly("gradient_clip_min", Of(&D::gradient_clip_min))
      .def_property_readonly("maximum_clipping_norm", Of(&D::maximum_clipping_norm))
      .def_property_readonly("custom_global_norm", Of(&D::custom_global_norm))
      .def_property_readonly(
          "regularization_type",
          [](const Optimizer& o) { return NameOf(o.descriptor().regularization_type); })
      .def_property_readonly("gradient_clipping_type", [](const Optimizer& o) {
        return NameOf(o.descriptor().gradient_clipping_type);
      });

  OptimizerClass<SgdOptimizer>(m, "sgd_optimizer", R"(Stochastic gradient descent.

sgd_optimizer(learning_rate, *, momentum_scale=0, uses_nesterov_momentum=False, ...): without
momentum w -= lr g; with it m = momentum m + lr g, w -= m (Polyak 1964); Nesterov's (Sutskever et
al. 2013) m = momentum m + g, w -= lr (g + momentum m). Further arguments: those of `optimizer`.)")
      .def("__copy__", &Copied<SgdOptimizer>)
      .def(Init<SgdOptimizer>([](const D& d, py::dict* rest) {
             const float momentum = Take(rest, "momentum_scale", 0.0f);
             return std::make_shared<SgdOptimizer>(d, momentum,
                                                   Take(rest, "uses_nesterov_momentum", false));
           }),
           py::arg("learning_rate"))
      .def_property_readonly("momentum_scale", &SgdOptimizer::momentum_scale)
      .def_property_readonly("uses_nesterov_momentum", &SgdOptimizer::uses_nesterov_momentum);

  OptimizerClass<AdamOptimizer> adam(m, "adam_optimizer", R"(Adaptive moments.

adam_optimizer(learning_rate, *, beta1=0.9, beta2=0.999, epsilon=1e-8, uses_ams_grad=False,
time_step=1, ...): m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
w -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon) (Kingma and Ba 2015); t counts
updates from time_step. AMSGrad (Reddi et al. 2018): the largest v so far in the place of v. Further
arguments: those of `optimizer`.)");
  adam.def(Init<AdamOptimizer>(MakeAdam<AdamOptimizer>), py::arg("learning_rate"));
  adam.def("__copy__", &Copied<AdamOptimizer>);
  AddAdam(adam);

  OptimizerClass<AdamWOptimizer> adam_w(m, "adam_w_optimizer", R"(Adam with decoupled weight decay.

adam_w_optimizer(learning_rate, *, regularization_scale=0, ...): also w -= lr regularization_scale w
(Loshchilov and Hutter 2019), whatever the regularization_type. Arguments as adam_optimizer.)");
  adam_w.def(Init<AdamWOptimizer>(MakeAdam<AdamWOptimizer>), py::arg("learning_rate"));
  adam_w.def("__copy__", &Copied<AdamWOptimizer>);
  AddAdam(adam_w);

  OptimizerClass<RmsPropOptimizer>(m, "rms_prop_optimizer",
                                   R"(Gradients divided by their recent magnitude.

rms_prop_optimizer(learning_rate, *, momentum_scale=0, alpha=0.99, epsilon=1e-8, is_centered=False,
...): n = alpha n + (1 - alpha) g^2 (Tieleman and Hinton 2012); centered (Graves 2013) also
a = alpha a + (1 - alpha) g, and n - a^2 in the place of n below; d = momentum d - lr g / (sqrt(n) +
epsilon), w += d. Further arguments: those of `optimizer`.)")
      .def("__copy__", &Copied<RmsPropOptimizer>)
      .def(Init<RmsPropOptimizer>([](const D& d, py::dict* rest) {
             const float momentum = Take(rest, "momentum_scale", 0.0f);
             const float alpha = Take(rest, "alpha", 0.99f), epsilon = Take(rest, "epsilon", 1e-8f);
             return std::make_shared<RmsPropOptimizer>(d, momentum, alpha, epsilon,
                                                       Take(rest, "is_centered", false));
           }),
           py::arg("learning_rate"))
      .def_property_readonly("momentum_scale", &RmsPropOptimizer::momentum_scale)
      .def_property_readonly("alpha", &RmsPropOptimizer::alpha)
      .def_property_readonly("epsilon", &RmsPropOptimizer::epsilon)
      .def_property_readonly("is_centered", &RmsPropOptimizer::is_centered);
}

}  // namespace mlcompute::python
