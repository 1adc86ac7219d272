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

inline float Get(DataType type, const void* data, int64_t i) {
  switch (type) {
    case DataType::kFloat16:
      return static_cast<const Float16*>(data)[i];
    case DataType::kBFloat16:
      return static_cast<const BFloat16*>(data)[i];
    default:
      return static_cast<const float*>(data)[i];
  }
}

inline void Set(DataType type, void* data, int64_t i, float value) {
  switch (type) {
    case DataType::kFloat16:
      static_cast<Float16*>(data)[i] = value;
      break;
    case DataType::kBFloat16:
      static_cast<BFloat16*>(data)[i] = value;
      break;
    default:
      static_cast<float*>(data)[i] = value;
  }
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
