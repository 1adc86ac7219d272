// Compares a portable step with the reference step of the same operation on made-up numbers.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "mlcompute/backend/step.h"
#include "mlcompute/float16.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/reference/reference.h"

namespace mlcompute::testing {

// 64-byte aligned bytes that start as garbage: results must not depend on what was there.
class Buffer {
 public:
  explicit Buffer(size_t bytes)
      : data_(std::aligned_alloc(64, (bytes + 127) / 64 * 64), std::free), bytes_(bytes) {
    std::memset(data_.get(), 0xcd, bytes_);
  }
  void* data() const { return data_.get(); }
  size_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<void, void (*)(void*)> data_;
  size_t bytes_;
};

// Calls body(T()) with the C++ type that stores `type`.
template <typename Body>
auto WithType(DataType type, const Body& body) {
  switch (type) {
    case DataType::kFloat16:
      return body(Float16());
    case DataType::kBFloat16:
      return body(BFloat16());
    case DataType::kFloat64:
      return body(double());
    case DataType::kInt8:
      return body(int8_t());
    case DataType::kInt16:
      return body(int16_t());
    case DataType::kInt32:
      return body(int32_t());
    case DataType::kInt64:
      return body(int64_t());
    case DataType::kUInt8:
      return body(uint8_t());
    case DataType::kUInt16:
      return body(uint16_t());
    case DataType::kUInt32:
      return body(uint32_t());
    case DataType::kUInt64:
      return body(uint64_t());
    case DataType::kBool:
      return body(bool());
    default:
      return body(float());
  }
}

inline float Get(DataType type, const void* data, int64_t i) {
  return WithType(type, [&](auto zero) {
    return static_cast<float>(static_cast<const decltype(zero)*>(data)[i]);
  });
}

inline void Set(DataType type, void* data, int64_t i, float value) {
  WithType(type, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_unsigned_v<T>) value = std::abs(value);
    static_cast<T*>(data)[i] = static_cast<T>(value);
  });
}

inline std::vector<void*> Pointers(const std::vector<Buffer>& buffers) {
  std::vector<void*> pointers;
  for (const Buffer& buffer : buffers) pointers.push_back(buffer.data());
  return pointers;
}

// An operation with buffers for its inputs and results.
struct OpCase {
  Operation operation;
  OperationView view;
  std::vector<Buffer> inputs;

  OpCase(Op op, std::vector<TensorType> in, std::vector<TensorType> out, Attributes attributes)
      : operation{op, {}, {}, std::move(attributes)},
        view{operation, std::move(in), std::move(out)} {
    uint32_t state = 12345;
    for (const TensorType& type : view.inputs) {
      inputs.emplace_back(type.bytes());
      for (int64_t i = 0; i < type.elements(); ++i) {
        state = state * 1664525u + 1013904223u;
        // Few values, so that equal maxima do occur.
        Set(type.dtype, inputs.back().data(), i, static_cast<float>(state >> 24) / 64.0f - 2.0f);
      }
    }
  }
  OpCase(const OpCase&) = delete;

  std::vector<Buffer> Run(const Step& step) const {
    std::vector<Buffer> results;
    for (const TensorType& type : view.results) results.emplace_back(type.bytes());
    const Buffer scratch(step.scratch_bytes());
    const std::vector<void*> in = Pointers(inputs);
    const std::vector<void*> out = Pointers(results);
    step.Run(const_cast<const void* const*>(in.data()), out.data(), scratch.data());
    return results;
  }

  void ExpectNear(const std::vector<Buffer>& results, const std::vector<Buffer>& expected) const {
    for (size_t r = 0; r < view.results.size(); ++r) {
      const DataType type = view.results[r].dtype;
      // One unit in the last place of the 16-bit types; the order of sums for float32.
      const float relative = type == DataType::kBFloat16  ? 1.0f / 128
                             : type == DataType::kFloat16 ? 1.0f / 1024
                                                          : 1e-5f;
      int wrong = 0;
      for (int64_t i = 0; i < view.results[r].elements() && wrong < 5; ++i) {
        const float got = Get(type, results[r].data(), i);
        const float want = Get(type, expected[r].data(), i);
        if (std::isnan(got) && std::isnan(want)) continue;
        if (got == want || std::abs(got - want) <= 1e-4f + relative * std::abs(want)) continue;
        ++wrong;
        ADD_FAILURE() << "element " << i << " is " << got << ", expected " << want;
      }
    }
  }

  std::string ToString() const {
    std::string text(Name(view.op()));
    for (const TensorType& type : view.inputs) text += " " + type.ToString();
    return text + " " + view.attributes().ToString();
  }
};

// make() has to take the case, agree with the reference, and be safe to run by several threads.
inline void ExpectAgrees(const OpCase& c, portable::Maker make) {
  SCOPED_TRACE(c.ToString());
  const std::unique_ptr<Step> step = make(c.view);
  ASSERT_NE(step, nullptr);
  const std::vector<Buffer> expected = c.Run(*reference::MakeStep(c.view));
  c.ExpectNear(c.Run(*step), expected);

  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3; ++i) c.ExpectNear(c.Run(*step), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace mlcompute::testing
