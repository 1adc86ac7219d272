// mlcompute/gradient/gradient.h: reverse-mode differentiation of a Program.
//
// A layer is differentiated by what it was lowered to: each operation has one rule, in the file of
// its family, and no layer has a gradient of its own.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mlcompute/program/program.h"

namespace mlcompute {

constexpr Value kNoValue = -1;

struct GradientRequest {
  // Where differentiation starts: values and the gradients of the target by them, of the same type.
  // A value may come several times; its gradients add up.
  std::vector<std::pair<Value, Value>> seeds;
  // The values to differentiate by: floating-point ones.
  std::vector<Value> by;
  // Through these nothing passes back; their own gradients are known all the same.
  std::unordered_set<Value> stops;
  // What is multiplied to the gradient of a value before it passes back further.
  std::unordered_map<Value, Value> factors;
};

// Appends the gradients of the seeds' target by `request.by` and returns them in that order;
// kNoValue where the target does not depend on a value. Throws Error(kUnimplemented) that names an
// operation on the way that has no rule.
std::vector<Value> AppendGradients(Program& program, const GradientRequest& request);

// Whether gradients pass through `op`: false for what has no derivative or a zero one everywhere.
bool IsDifferentiable(Op op);

}  // namespace mlcompute
