#include "kernels/builder.h"

#include <cstring>

#include "mlcompute/float16.h"

namespace tf_mlc {
namespace {

template <typename To, typename From>
To Load(const std::byte* contents, int64_t i) {
  From element;
  std::memcpy(&element, contents + static_cast<size_t>(i) * sizeof element, sizeof element);
  return static_cast<To>(element);
}

template <typename To>
To LoadAs(DataType dtype, const std::byte* contents, int64_t i) {
  switch (dtype) {
    case DataType::kInt8:
      return Load<To, int8_t>(contents, i);
    case DataType::kInt16:
      return Load<To, int16_t>(contents, i);
    case DataType::kInt32:
      return Load<To, int32_t>(contents, i);
    case DataType::kInt64:
      return Load<To, int64_t>(contents, i);
    case DataType::kUInt8:
      return Load<To, uint8_t>(contents, i);
    case DataType::kBool:
      return Load<To, uint8_t>(contents, i);
    case DataType::kFloat32:
      return Load<To, float>(contents, i);
    case DataType::kFloat64:
      return Load<To, double>(contents, i);
    case DataType::kFloat16:
      return static_cast<To>(Load<float, mlcompute::Float16>(contents, i));
    case DataType::kBFloat16:
      return static_cast<To>(Load<float, mlcompute::BFloat16>(contents, i));
    default:
      throw mlcompute::Internal("a static input of type ", Name(dtype));
  }
}

}  // namespace

const Input& BuildContext::At(int i) const {
  const int index = i < 0 ? i + input_count() : i;
  if (index < 0 || index >= input_count()) {
    throw mlcompute::InvalidArgument("input ", i, " of ", input_count(), " does not exist");
  }
  return inputs_[static_cast<size_t>(index)];
}

std::vector<int64_t> BuildContext::StaticInts(int i) const {
  const Input& in = At(i);
  if (!in.contents) throw mlcompute::Internal("input ", i, " is not static");
  const TensorType& t = program.type(in.value);
  std::vector<int64_t> values;
  values.reserve(static_cast<size_t>(t.elements()));
  for (int64_t k = 0; k < t.elements(); ++k) {
    values.push_back(LoadAs<int64_t>(t.dtype, in.contents, k));
  }
  return values;
}

int64_t BuildContext::StaticInt(int i) const {
  const std::vector<int64_t> values = StaticInts(i);
  if (values.size() != 1) {
    throw mlcompute::InvalidArgument("input ", i, " must be a scalar, not of shape ",
                                     shape(i).ToString());
  }
  return values[0];
}

double BuildContext::StaticNumber(int i) const {
  const std::vector<double> values = StaticNumbers(i);
  if (values.size() != 1) {
    throw mlcompute::InvalidArgument("input ", i, " must be a scalar, not of shape ",
                                     shape(i).ToString());
  }
  return values[0];
}

std::vector<double> BuildContext::StaticNumbers(int i) const {
  const Input& in = At(i);
  if (!in.contents) throw mlcompute::Internal("input ", i, " is not static");
  std::vector<double> values;
  for (int64_t k = 0; k < type(i).elements(); ++k) {
    values.push_back(LoadAs<double>(type(i).dtype, in.contents, k));
  }
  return values;
}

}  // namespace tf_mlc
