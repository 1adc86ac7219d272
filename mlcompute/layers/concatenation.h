// mlcompute/layers/concatenation.h: sources one after the other (MLCConcatenationLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// One source or more, of one type and equal in all axes but `dimension`, where the result's extent
// is the sum of theirs.
class ConcatenationLayer : public Layer {
 public:
  explicit ConcatenationLayer(int dimension = 1);

  int dimension() const { return dimension_; }

 protected:
  std::string Detail() const override { return StrCat("dimension ", dimension_); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const int dimension_;
};

}  // namespace mlcompute
