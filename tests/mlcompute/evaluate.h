// tests/mlcompute/evaluate.h: runs one operation on the reference backend, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "mlcompute/backend/backend.h"
#include "mlcompute/error.h"
#include "mlcompute/float16.h"
#include "mlcompute/program/infer.h"
#include "mlcompute/program/program.h"

namespace mlcompute::testing {

template <typename T>
constexpr DataType TypeOf() {
  if constexpr (std::is_same_v<T, float>) return DataType::kFloat32;
  if constexpr (std::is_same_v<T, double>) return DataType::kFloat64;
  if constexpr (std::is_same_v<T, int8_t>) return DataType::kInt8;
  if constexpr (std::is_same_v<T, uint8_t>) return DataType::kUInt8;
  if constexpr (std::is_same_v<T, int16_t>) return DataType::kInt16;
  if constexpr (std::is_same_v<T, int32_t>) return DataType::kInt32;
  if constexpr (std::is_same_v<T, int64_t>) return DataType::kInt64;
  if constexpr (std::is_same_v<T, uint16_t>) return DataType::kUInt16;
  if constexpr (std::is_same_v<T, uint32_t>) return DataType::kUInt32;
  if constexpr (std::is_same_v<T, uint64_t>) return DataType::kUInt64;
  if constexpr (std::is_same_v<T, Float16>) return DataType::kFloat16;
  if constexpr (std::is_same_v<T, BFloat16>) return DataType::kBFloat16;
  return DataType::kInvalid;
}

struct Tensor {
  TensorType type;
  std::vector<std::byte> bytes;

  template <typename T>
  std::vector<T> values() const {
    EXPECT_EQ(type.dtype, TypeOf<T>());
    std::vector<T> all(bytes.size() / sizeof(T));
    if (!all.empty()) std::memcpy(all.data(), bytes.data(), bytes.size());
    return all;
  }
  // Of bool: 0 and 1.
  std::vector<int> flags() const {
    EXPECT_EQ(type.dtype, DataType::kBool);
    std::vector<int> all;
    for (const std::byte b : bytes) all.push_back(std::to_integer<int>(b));
    return all;
  }
};

template <typename T>
Tensor Make(Shape shape, const std::vector<T>& values) {
  Tensor tensor{{TypeOf<T>(), std::move(shape)}, {}};
  EXPECT_EQ(static_cast<size_t>(tensor.type.elements()), values.size());
  tensor.bytes.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

inline Tensor Floats(Shape shape, const std::vector<float>& values) {
  return Make<float>(std::move(shape), values);
}
inline Tensor Int32s(Shape shape, const std::vector<int32_t>& values) {
  return Make<int32_t>(std::move(shape), values);
}

inline Tensor Flags(Shape shape, const std::vector<int>& values) {
  Tensor tensor{{DataType::kBool, std::move(shape)}, {}};
  EXPECT_EQ(static_cast<size_t>(tensor.type.elements()), values.size());
  for (const int v : values) tensor.bytes.push_back(std::byte{v != 0});
  return tensor;
}

// Whole numbers that repeat with no visible pattern, so that sums of products are exact.
template <typename T = float>
Tensor Ints(Shape shape, int64_t step, int64_t modulus) {
  std::vector<T> values;
  for (int64_t i = 0; i < shape.elements(); ++i) {
    values.push_back(static_cast<T>(i * step % modulus - modulus / 2));
  }
  return Make<T>(std::move(shape), values);
}

inline std::vector<Tensor> RunProgram(Executable& executable, const std::vector<Tensor>& inputs) {
  std::vector<const void*> from;
  for (const Tensor& t : inputs) from.push_back(t.bytes.data());
  std::vector<Tensor> results;
  for (const TensorType& type : executable.output_types()) {
    results.push_back({type, std::vector<std::byte>(type.bytes(), std::byte{0xcd})});
  }
  std::vector<void*> to;
  for (Tensor& t : results) to.push_back(t.bytes.data());
  executable.Run(from.data(), to.data());
  return results;
}

// All results of an operation.
inline std::vector<Tensor> EvaluateAll(Op op, const std::vector<Tensor>& inputs,
                                       const Attributes& attributes = {}) {
  Program program;
  std::vector<Value> values;
  for (const Tensor& t : inputs) values.push_back(program.AddInput(t.type));
  for (const Value v : program.AppendMulti(op, values, attributes)) program.AddOutput(v);
  return RunProgram(*ReferenceBackend().Compile(program), inputs);
}

inline Tensor Evaluate(Op op, const std::vector<Tensor>& inputs,
                       const Attributes& attributes = {}) {
  return EvaluateAll(op, inputs, attributes)[0];
}

// The message of the InvalidArgument error that `body` has to throw.
template <typename Body>
std::string InvalidArgumentOf(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

}  // namespace mlcompute::testing
