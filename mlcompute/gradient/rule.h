// mlcompute/gradient/rule.h: what a gradient rule works with. Internal to gradient/.
#pragma once

#include <cstdint>
#include <vector>

#include "mlcompute/gradient/gradient.h"
#include "mlcompute/program/program.h"
#include "mlcompute/program/terms.h"

namespace mlcompute {

// One operation, seen from behind.
class Backward : public Terms {
 public:
  // `wanted` for each input; `results` are the gradients of its results or kNoValue.
  Backward(Program& program, const Operation& operation, std::vector<bool> wanted,
           std::vector<Value> results);

  Op op() const { return operation_.op; }
  const Attributes& attributes() const { return operation_.attributes; }
  size_t input_count() const { return operation_.inputs.size(); }

  Value x(size_t i = 0) const { return operation_.inputs[i]; }
  Value y(size_t i = 0) const { return operation_.results[i]; }
  // The gradient of result `i`, zeros if nothing depends on it.
  Value dy(size_t i = 0);
  bool has_dy(size_t i) const { return results_[i] != kNoValue; }

  bool wants(size_t i) const { return wanted_[i]; }
  // Gives the gradient of input `i`. It is summed over what was broadcast.
  void Give(size_t i, Value gradient);

  const std::vector<Value>& given() const { return given_; }  // by input, kNoValue where nothing

 private:
  const Operation operation_;  // a copy: the program's list grows meanwhile
  const std::vector<bool> wanted_;
  std::vector<Value> results_;
  std::vector<Value> given_;
};

using GradientFn = void (*)(Backward& b);

// A null rule says that the derivative is zero or not defined: nothing passes.
struct GradientRow {
  Op op;
  GradientFn rule;
};

const std::vector<GradientRow>& ElementwiseGradients();
const std::vector<GradientRow>& ReductionGradients();
const std::vector<GradientRow>& MatrixGradients();
const std::vector<GradientRow>& RecurrentGradients();
const std::vector<GradientRow>& MovementGradients();
const std::vector<GradientRow>& RandomGradients();

}  // namespace mlcompute
