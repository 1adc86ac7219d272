// mlcompute/layers/scatter.h: elements written along one axis (MLCScatterLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/types.h"

namespace mlcompute {

// Sources x, indices (int32 or int64) of x's shape, and copy_from of the same rank, no shorter than
// the indices along the other axes. The result is copy_from with x written; along axis 0 of three
//   result[indices[i][j][k]][j][k] = x[i][j][k],
// the last of equal indices winning, or with ReductionType::kSum added. An index out of range is an
// error of the execution.
class ScatterLayer : public Layer {
 public:
  // Throws Error(kInvalidArgument) for other types than kNone and kSum.
  ScatterLayer(int dimension, ReductionType reduction_type);

  int dimension() const { return dimension_; }
  ReductionType reduction_type() const { return reduction_type_; }

 protected:
  std::string Detail() const override;
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const int dimension_;
  const ReductionType reduction_type_;
};

}  // namespace mlcompute
