// python/mlcompute/types.cc: enumerations.
#include <cctype>

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

}  // namespace

void BindTypes(py::module_& m) {
  py::list types;
  for (const TensorDataType& row : TensorDataTypes()) {
    types.append(py::make_tuple(Upper(row.name), row.value));
  }
  AddEnum(m, "DataType", types);
  BindEnum<ActivationType>(m, "ActivationType");
  BindEnum<ArithmeticOperation>(m, "ArithmeticOperation");
  BindEnum<ComparisonOperation>(m, "ComparisonOperation");
  BindEnum<ConvolutionType>(m, "ConvolutionType");
  BindEnum<DeviceType>(m, "DeviceType");
  BindEnum<GradientClippingType>(m, "GradientClippingType");
  BindEnum<LossType>(m, "LossType");
  BindEnum<LstmResultMode>(m, "LSTMResultMode");
  BindEnum<PaddingPolicy>(m, "PaddingPolicy");
  BindEnum<PaddingType>(m, "PaddingType");
  BindEnum<PoolingType>(m, "PoolingType");
  BindEnum<RandomInitializerType>(m, "RandomInitializerType");
  BindEnum<ReductionType>(m, "ReductionType");
  BindEnum<RegularizationType>(m, "RegularizationType");
  BindEnum<SampleMode>(m, "SampleMode");
  BindEnum<SoftmaxOperation>(m, "SoftmaxOperation");
}

}  // namespace mlcompute::python
