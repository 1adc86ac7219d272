#include "mlcompute/layers/dropout.h"

namespace mlcompute {

DropoutLayer::DropoutLayer(float rate, uint64_t seed) : Layer("Dropout"), rate_(rate), seed_(seed) {
  if (!(rate >= 0 && rate < 1)) {
    throw InvalidArgument("layer Dropout: rate ", rate, " is not in [0, 1)");
  }
}

std::vector<Value> DropoutLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  if (!IsFloating(to.dtype(sources[0]))) {
    throw InvalidArgument("takes floating point, got ", to.type(sources[0]).ToString());
  }
  return {to.Append(Op::kCopy, {to.Dropout(sources[0], double{rate_}, seed_)})};
}

}  // namespace mlcompute
