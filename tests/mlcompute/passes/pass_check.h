// tests/mlcompute/passes/pass_check.h: what a pass made of a small program.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "mlcompute/passes/passes.h"
#include "mlcompute/portable/fused.h"
#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {

inline TensorType F(const Shape& shape) { return {DataType::kFloat32, shape}; }

inline std::vector<Op> Ops(const Program& program) {
  std::vector<Op> ops;
  for (const Operation& operation : program.operations()) ops.push_back(operation.op);
  return ops;
}

// Both give the same on small whole numbers, on either backend. int32 inputs count from 0.
inline void ExpectSameResults(const Program& a, const Program& b) {
  std::vector<Tensor> inputs;
  for (const Value v : a.inputs()) {
    if (a.type(v).dtype == DataType::kInt32) {
      std::vector<int32_t> numbers;
      for (int64_t i = 0; i < a.type(v).elements(); ++i) numbers.push_back(static_cast<int32_t>(i));
      inputs.push_back(Int32s(a.type(v).shape, numbers));
    } else if (a.type(v).dtype == DataType::kBFloat16) {
      inputs.push_back(Ints<BFloat16>(a.type(v).shape, 7 + 2 * v, 11));
    } else if (a.type(v).dtype == DataType::kFloat16) {
      inputs.push_back(Ints<Float16>(a.type(v).shape, 7 + 2 * v, 11));
    } else {
      inputs.push_back(Ints(a.type(v).shape, 7 + 2 * v, 11));
    }
  }
  const auto expected = RunProgram(*ReferenceBackend().Compile(a), inputs);
  for (Backend* backend : {&ReferenceBackend(), &PortableBackend()}) {
    const auto got = RunProgram(*backend->Compile(b), inputs);
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].type, expected[i].type);
      EXPECT_TRUE(got[i].bytes == expected[i].bytes) << "output " << i << ", " << backend->name();
    }
  }
}

}  // namespace mlcompute::testing
