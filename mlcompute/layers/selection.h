// mlcompute/layers/selection.h: a choice of two for each element (MLCSelectionLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// Sources condition (boolean), x, y of one type; shapes broadcast. Result: condition ? x : y.
class SelectionLayer : public Layer {
 public:
  SelectionLayer() : Layer("Selection") {}

 protected:
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;
};

}  // namespace mlcompute
