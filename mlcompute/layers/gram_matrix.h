// mlcompute/layers/gram_matrix.h: how alike the channels of an image are (MLCGramMatrixLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// One source [N, C, H, W]; result [N, 1, C, C]: scale times the sum over H and W of the products of
// two channels.
class GramMatrixLayer : public Layer {
 public:
  explicit GramMatrixLayer(float scale) : Layer("GramMatrix"), scale_(scale) {}

  float scale() const { return scale_; }

 protected:
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const float scale_;
};

}  // namespace mlcompute
