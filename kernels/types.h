// kernels/types.h: the dtype lists that rows share.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "mlcompute/data_type.h"

namespace tf_mlc {

using mlcompute::DataType;
using Types = std::vector<DataType>;

inline Types Join(Types a, const Types& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline Types Without(Types types, DataType excluded) {
  types.erase(std::remove(types.begin(), types.end(), excluded), types.end());
  return types;
}

inline Types Floats() {
  return {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16, DataType::kFloat64};
}
inline Types WideFloats() { return {DataType::kFloat32, DataType::kFloat64}; }
inline Types SignedIntegers() {
  return {DataType::kInt8, DataType::kInt16, DataType::kInt32, DataType::kInt64};
}
inline Types UnsignedIntegers() {
  return {DataType::kUInt8, DataType::kUInt16, DataType::kUInt32, DataType::kUInt64};
}
inline Types Integers() { return Join(SignedIntegers(), UnsignedIntegers()); }
inline Types Numbers() { return Join(Floats(), Integers()); }
inline Types AnyType() { return Join(Numbers(), {DataType::kBool}); }
inline Types IndexTypes() { return {DataType::kInt32, DataType::kInt64}; }

// For ops whose int32 kernel TensorFlow already has for every device (DEVICE_DEFAULT, in host
// memory): a second one would be refused or shadow it.
inline Types ButInt32(Types types) { return Without(std::move(types), DataType::kInt32); }

inline Types Int32() { return {DataType::kInt32}; }

}  // namespace tf_mlc
