// python/mlcompute/layers_elementwise.cc
#include "mlcompute/layers/activation.h"
#include "mlcompute/layers/arithmetic.h"
#include "mlcompute/layers/comparison.h"
#include "mlcompute/layers/selection.h"
#include "python/mlcompute/layers.h"

namespace mlcompute::python {
namespace {

// Parameters that are not given have the type's defaults.
ActivationDescriptor ToDescriptor(const py::object& type, const py::object& a, const py::object& b,
                                  const py::object& c) {
  ActivationDescriptor descriptor(ToEnum<ActivationType>(type, "activation type"));
  if (!a.is_none()) descriptor.a = a.cast<float>();
  if (!b.is_none()) descriptor.b = b.cast<float>();
  if (!c.is_none()) descriptor.c = c.cast<float>();
  return descriptor;
}

}  // namespace

void BindElementwiseLayers(py::module_& m) {
  LayerClass<ActivationLayer>(m, "activation_layer", R"(An elementwise function of floating point.

activation_layer(type, a=None, b=None, c=None): a name or ActivationType; parameters that are not
given have these defaults:
  none          x
  relu          x >= 0 ? x : a x                        a=0
  linear        a x + b                                 a=1, b=0
  sigmoid       1 / (1 + exp(-x))
  hard_sigmoid  min(max(a x + b, 0), 1)                 a=0.2, b=0.5
  tanh          a tanh(b x)                             a=1, b=1
  absolute      |x|
  soft_plus     a log(1 + exp(b x))                     a=1, b=1
  soft_sign     x / (1 + |x|)
  elu           x >= 0 ? x : a (exp(x) - 1)             a=1
  relun         min(x >= 0 ? x : a x, b)                a=1, b=1 (ReLU6: a=0, b=6)
  log_sigmoid   log(1 / (1 + exp(-x)))
  selu          scaled ELU with the constants of its paper
  celu          max(0, x) + min(0, a (exp(x / a) - 1))  a=1
  hard_shrink   |x| > a ? x : 0                         a=0.5
  soft_shrink   x > a ? x - a : x < -a ? x + a : 0      a=0.5
  tanh_shrink   x - tanh(x)
  threshold     x > a ? x : b                           a=1, b=1
  gelu          x Phi(x), by tanh
  hard_swish    x min(max(x + 3, 0), 6) / 6
  clamp         min(max(x, a), b)                       a=1, b=1)")
      .def(py::init([](const py::object& type, const py::object& a, const py::object& b,
                       const py::object& c) {
             return std::make_shared<ActivationLayer>(ToDescriptor(type, a, b, c));
           }),
           py::arg("type"), py::arg("a") = py::none(), py::arg("b") = py::none(),
           py::arg("c") = py::none())
      .def_property_readonly("activation_type",
                             [](const ActivationLayer& l) { return NameOf(l.descriptor().type); })
      .def_property_readonly("a", [](const ActivationLayer& l) { return l.descriptor().a; })
      .def_property_readonly("b", [](const ActivationLayer& l) { return l.descriptor().b; })
      .def_property_readonly("c", [](const ActivationLayer& l) { return l.descriptor().c; });

  LayerClass<ArithmeticLayer>(m, "arithmetic_layer", R"(Elementwise functions of one or two sources.

arithmetic_layer(operation): a name or ArithmeticOperation. "add", "subtract", "multiply",
"divide", "pow", "min", "max", "multiply_no_nan" and "divide_no_nan" take two sources, whose shapes
broadcast; the others take one.)")
      .def(py::init([](const py::object& operation) {
             return std::make_shared<ArithmeticLayer>(
                 ToEnum<ArithmeticOperation>(operation, "arithmetic operation"));
           }),
           py::arg("operation"))
      .def_property_readonly("operation",
                             [](const ArithmeticLayer& l) { return NameOf(l.operation()); });

  LayerClass<ComparisonLayer>(m, "comparison_layer", R"(Elementwise comparison and logic; boolean.

comparison_layer(operation): a name or ComparisonOperation. Two sources, whose shapes broadcast; the
logical operations take boolean ones, "logical_not" a single one.)")
      .def(py::init([](const py::object& operation) {
             return std::make_shared<ComparisonLayer>(
                 ToEnum<ComparisonOperation>(operation, "comparison operation"));
           }),
           py::arg("operation"))
      .def_property_readonly("operation",
                             [](const ComparisonLayer& l) { return NameOf(l.operation()); });

  LayerClass<SelectionLayer>(m, "selection_layer",
                             "Sources [condition, x, y]: condition ? x : y, shapes broadcast.")
      .def(py::init<>());
}

}  // namespace mlcompute::python
