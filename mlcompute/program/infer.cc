#include "mlcompute/program/infer.h"

#include <array>

#include "mlcompute/error.h"

namespace mlcompute {
namespace {

std::array<InferFn, kOpCount> JoinRules() {
  std::array<InferFn, kOpCount> rules{};
  for (const auto* family : {&ElementwiseRules(), &ReductionRules(), &MatrixRules(),
                             &RecurrentRules(), &MovementRules(), &RandomRules()}) {
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

// No allocator could be asked for such a buffer: the number of its bytes has no representation.
void CheckSize(const TensorType& type) {
  auto bytes = static_cast<int64_t>(SizeOf(type.dtype));
  bool too_many = false;
  for (const int64_t dim : type.shape.dims()) {
    if (dim == 0) return;
    too_many = too_many || __builtin_mul_overflow(bytes, dim, &bytes);
  }
  if (too_many) {
    throw InvalidArgument("the result of shape ", type.shape.ToString(),
                          " would have more bytes than 2^63 - 1");
  }
}

}  // namespace

std::vector<TensorType> Infer(Op op, const std::vector<TensorType>& inputs,
                              const Attributes& attributes) {
  static const std::array<InferFn, kOpCount> rules = JoinRules();
  try {
    std::vector<TensorType> types = rules[static_cast<size_t>(op)](op, inputs, attributes);
    for (const TensorType& type : types) CheckSize(type);
    return types;
  } catch (const Error& error) {
    throw Error(error.code(), StrCat(Name(op), ": ", error.what()));
  }
}

}  // namespace mlcompute
