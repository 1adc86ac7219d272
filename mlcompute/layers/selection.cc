#include "mlcompute/layers/selection.h"

namespace mlcompute {

std::vector<Value> SelectionLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 3);
  return {to.Append(Op::kSelect, sources)};
}

}  // namespace mlcompute
