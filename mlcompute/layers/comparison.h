// mlcompute/layers/comparison.h: elementwise comparison and logic (MLCComparisonLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/types.h"

namespace mlcompute {

// Two sources of one type, whose shapes broadcast; logical operations take boolean ones,
// LogicalNot a single one. The result is boolean.
class ComparisonLayer : public Layer {
 public:
  explicit ComparisonLayer(ComparisonOperation operation);

  ComparisonOperation operation() const { return operation_; }

 protected:
  std::string Detail() const override { return std::string(NameOf(operation_)); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const ComparisonOperation operation_;
};

}  // namespace mlcompute
