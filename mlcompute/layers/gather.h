// mlcompute/layers/gather.h: elements picked along one axis (MLCGatherLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// Sources x and indices (int32 or int64) of one rank; along the other axes the indices are no
// longer than x. The result has the shape of the indices; along axis 0 of three
//   result[i][j][k] = x[indices[i][j][k]][j][k].
// An index out of range is an error of the execution.
class GatherLayer : public Layer {
 public:
  explicit GatherLayer(int dimension) : Layer("Gather"), dimension_(dimension) {}

  int dimension() const { return dimension_; }

 protected:
  std::string Detail() const override { return StrCat("dimension ", dimension_); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const int dimension_;
};

// For gather and scatter: throws Error(kInvalidArgument) unless indices fit a tensor as above.
void CheckIndices(const TensorType& indices, const TensorType& tensor, int dimension);

}  // namespace mlcompute
