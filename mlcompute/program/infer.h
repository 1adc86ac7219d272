// mlcompute/program/infer.h: the shape and dtype rules of operations, one file per family.
//
// A rule takes the types of the inputs and the attributes and returns the types of the results, or
// throws Error(kInvalidArgument) saying what does not fit. It checks everything a backend may then
// rely on: input count, ranks, element types, attribute ranges.
#pragma once

#include <vector>

#include "mlcompute/program/attributes.h"
#include "mlcompute/program/op.h"
#include "mlcompute/shape.h"

namespace mlcompute {

using InferFn = std::vector<TensorType> (*)(Op op, const std::vector<TensorType>& inputs,
                                            const Attributes& attributes);

struct InferRow {
  Op op;
  InferFn infer;
};

// The rows of each family; infer.cc joins them and checks that every Op has exactly one.
const std::vector<InferRow>& ElementwiseRules();
const std::vector<InferRow>& ReductionRules();
const std::vector<InferRow>& RecurrentRules();
const std::vector<InferRow>& MatrixRules();  // matmul, convolution, pooling, softmax family
const std::vector<InferRow>& MovementRules();
const std::vector<InferRow>& RandomRules();

// Errors begin with the operation's name.
std::vector<TensorType> Infer(Op op, const std::vector<TensorType>& inputs,
                              const Attributes& attributes);

}  // namespace mlcompute
