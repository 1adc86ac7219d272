// mlcompute/layers/transpose.h: axes in another order (MLCTransposeLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// Axis k of the result is axis dimensions[k] of the source. Axis 0 may move too, for whole batches.
class TransposeLayer : public Layer {
 public:
  explicit TransposeLayer(std::vector<int64_t> dimensions);

  const std::vector<int64_t>& dimensions() const { return dimensions_; }

 protected:
  std::string Detail() const override { return Shape(dimensions_).ToString(); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const std::vector<int64_t> dimensions_;
};

}  // namespace mlcompute
