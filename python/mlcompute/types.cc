// python/mlcompute/types.cc: enumerations.
#include <cctype>

#include "mlcompute/debug_description.h"
#include "python/mlcompute/bindings.h"

namespace mlcompute::python {
namespace {

std::string Upper(std::string_view name) {
  std::string upper;
  for (const char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

void AddEnum(py::module_& m, const char* name, const py::list& members) {
  const py::object int_enum = py::module_::import("enum").attr("IntEnum");
  m.attr(name) = int_enum(name, members, py::arg("module") = "mlcompute");
}

template <typename E>
void BindEnum(py::module_& m, const char* name) {
  py::list members;
  for (const EnumName<E>& row : EnumNames<E>()) {
    members.append(py::make_tuple(Upper(row.name), static_cast<int>(row.value)));
  }
  AddEnum(m, name, members);
  enum_class<E> = py::object(m.attr(name)).release().ptr();
}

// The same, with what MLCompute calls the values.
template <typename E>
void BindDescribedEnum(py::module_& m, const char* name) {
  BindEnum<E>(m, name);
  const py::cpp_function get([](int value) { return DebugDescription(static_cast<E>(value)); });
  m.attr(name).attr("debug_description") = py::module_::import("builtins").attr("property")(get);
}

}  // namespace

void BindTypes(py::module_& m) {
  py::list types;
  for (const TensorDataType& row : TensorDataTypes()) {
    types.append(py::make_tuple(Upper(row.name), row.value));
  }
  AddEnum(m, "DataType", types);
  BindDescribedEnum<ActivationType>(m, "ActivationType");
  BindDescribedEnum<ArithmeticOperation>(m, "ArithmeticOperation");
  BindDescribedEnum<ComparisonOperation>(m, "ComparisonOperation");
  BindDescribedEnum<ConvolutionType>(m, "ConvolutionType");
  BindEnum<DeviceType>(m, "DeviceType");
  BindDescribedEnum<GradientClippingType>(m, "GradientClippingType");
  BindDescribedEnum<LossType>(m, "LossType");
  BindDescribedEnum<LstmResultMode>(m, "LSTMResultMode");
  BindDescribedEnum<PaddingPolicy>(m, "PaddingPolicy");
  BindDescribedEnum<PaddingType>(m, "PaddingType");
  BindDescribedEnum<PoolingType>(m, "PoolingType");
  BindEnum<RandomInitializerType>(m, "RandomInitializerType");
  BindDescribedEnum<ReductionType>(m, "ReductionType");
  BindEnum<RegularizationType>(m, "RegularizationType");
  BindDescribedEnum<SampleMode>(m, "SampleMode");
  BindDescribedEnum<SoftmaxOperation>(m, "SoftmaxOperation");
}

}  // namespace mlcompute::python
