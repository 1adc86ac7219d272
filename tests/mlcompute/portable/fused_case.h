// tests/mlcompute/portable/fused_case.h: a fused operation against the reference.
#pragma once

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "mlcompute/portable/fused.h"
#include "mlcompute/team/team.h"
#include "tests/mlcompute/passes/tolerance.h"
#include "tests/mlcompute/portable/step_check.h"

namespace mlcompute::testing {

// A fused operation with contents of its inputs.
struct FusedCase {
  Operation operation;
  OperationView view;
  std::vector<Buffer> inputs;

  explicit FusedCase(const std::shared_ptr<Program>& body)
      : operation{Op::kFused, {}, {}, {}, body}, view{operation, {}, {}} {
    uint32_t state = 12345;
    for (const Value v : body->inputs()) {
      const TensorType& type = body->type(v);
      view.inputs.push_back(type);
      inputs.emplace_back(type.bytes());
      for (int64_t i = 0; i < type.elements(); ++i) {
        state = state * 1664525u + 1013904223u;
        Set(type.dtype, inputs.back().data(), i, static_cast<float>(state >> 20) / 1024.0f - 2.0f);
      }
    }
    for (const Value v : body->outputs()) view.results.push_back(body->type(v));
  }

  std::vector<Buffer> Run(const Step& step) const {
    std::vector<Buffer> results;
    for (const TensorType& type : view.results) results.emplace_back(type.bytes());
    const Buffer scratch(step.scratch_bytes());
    const std::vector<void*> in = testing::Pointers(inputs);
    const std::vector<void*> out = testing::Pointers(results);
    step.Run(const_cast<const void* const*>(in.data()), out.data(), scratch.data());
    return results;
  }

  // Whether what result `r` differs in from the reference's is within the rounding errors of the
  // operations that lead to it: bfloat16 need not be rounded between them.
  bool IsRounding(size_t r, const Buffer& got) const {
    ProgramCase c{*operation.body, {}};
    const auto tensor = [](const TensorType& type, const Buffer& from) {
      Tensor t{type, {}};
      t.bytes.resize(type.bytes());
      if (!t.bytes.empty()) std::memcpy(t.bytes.data(), from.data(), t.bytes.size());
      return t;
    };
    for (size_t i = 0; i < inputs.size(); ++i) {
      c.inputs.push_back(tensor(view.inputs[i], inputs[i]));
    }
    Expectation expectation(c);
    return expectation.FindWrong(c.program.outputs()[r], tensor(view.results[r], got)) < 0;
  }

  void ExpectAgrees() const {
    const std::unique_ptr<Step> step = portable::MakeFused(view);
    ASSERT_NE(step, nullptr);
    const std::vector<Buffer> expected = Run(*reference::MakeStep(view));
    const std::vector<Buffer> got = Run(*step);
    const std::vector<Buffer> alone = [&] {
      const OneThread one;
      return Run(*step);
    }();
    for (size_t r = 0; r < view.results.size(); ++r) {
      const DataType type = view.results[r].dtype;
      const float relative = type == DataType::kFloat32 ? 1e-5f : 1.0f / 128;
      int wrong = 0;
      for (int64_t i = 0; i < view.results[r].elements() && wrong < 5; ++i) {
        const float a = Get(type, got[r].data(), i), b = Get(type, expected[r].data(), i);
        if (a == b || (std::isnan(a) && std::isnan(b))) continue;
        if (std::abs(a - b) <= 1e-4f + relative * std::abs(b)) continue;
        if (type == DataType::kBFloat16 && IsRounding(r, got[r])) break;
        ++wrong;
        ADD_FAILURE() << "result " << r << "[" << i << "] is " << a << ", expected " << b;
      }
      EXPECT_EQ(std::memcmp(got[r].data(), alone[r].data(), got[r].bytes()), 0)
          << "result " << r << " depends on the number of threads";
    }
  }
};

}  // namespace mlcompute::testing
