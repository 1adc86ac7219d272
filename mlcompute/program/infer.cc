#include "mlcompute/program/infer.h"

#include <array>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

std::array<InferFn, kOpCount> JoinRules() {
  std::array<InferFn, kOpCount> rules{};
  for (const auto* family :
       {&ElementwiseRules(), &ReductionRules(), &MatrixRules(), &MovementRules(), &RandomRules()}) {
    for (const InferRow& row : *family) {
      InferFn& rule = rules[static_cast<size_t>(row.op)];
      if (rule) throw Internal("two shape rules for ", Name(row.op));
      rule = row.infer;
    }
  }
  for (int i = 0; i < kOpCount; ++i) {
    if (!rules[static_cast<size_t>(i)]) {
      throw Internal("no shape rule for ", Name(static_cast<Op>(i)));
    }
  }
  return rules;
}

}  // namespace

std::vector<TensorType> Infer(Op op, const std::vector<TensorType>& inputs,
                              const Attributes& attributes) {
  static const std::array<InferFn, kOpCount> rules = JoinRules();
  try {
    return rules[static_cast<size_t>(op)](op, inputs, attributes);
  } catch (const Error& error) {
    throw Error(error.code(), StrCat(Name(op), ": ", error.what()));
  }
}

}  // namespace mlcompute
