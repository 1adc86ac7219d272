#include "mlcompute/layers/transpose.h"

#include <utility>

namespace mlcompute {

TransposeLayer::TransposeLayer(std::vector<int64_t> dimensions)
    : Layer("Transpose"), dimensions_(std::move(dimensions)) {}

std::vector<Value> TransposeLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  return {to.Transpose(sources[0], dimensions_)};
}

}  // namespace mlcompute
