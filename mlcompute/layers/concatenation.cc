#include "mlcompute/layers/concatenation.h"

namespace mlcompute {

ConcatenationLayer::ConcatenationLayer(int dimension) : Layer("Concat"), dimension_(dimension) {}

std::vector<Value> ConcatenationLayer::Lower(Lowering& to,
                                             const std::vector<Value>& sources) const {
  return {to.Append(Op::kConcat, sources, {{"axis", int64_t{dimension_}}})};
}

}  // namespace mlcompute
