#include "mlcompute/layers/dropout.h"

namespace mlcompute {

DropoutLayer::DropoutLayer(float rate, uint64_t seed) : Layer("Dropout"), rate_(rate), seed_(seed) {
  if (!(rate >= 0 && rate < 1)) {
    throw InvalidArgument("layer Dropout: rate ", rate, " is not in [0, 1)");
  }
}

std::vector<Value> DropoutLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  return {to.Append(Op::kCopy, sources)};
}

}  // namespace mlcompute
