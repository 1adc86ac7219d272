// mlcompute/layers/reduction.h: one number of many along axes (MLCReductionLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/types.h"

namespace mlcompute {

// The result keeps the rank; the reduced axes have size 1. None copies. ArgMax and ArgMin take one
// dimension and give int64, the first of equals. L1Norm is the sum of |x|. Any and All take and
// give boolean.
class ReductionLayer : public Layer {
 public:
  ReductionLayer(ReductionType type, int64_t dimension)
      : ReductionLayer(type, std::vector<int64_t>{dimension}) {}
  // Throws Error(kInvalidArgument) for no dimensions, for equal ones, or several for ArgMax,
  // ArgMin.
  ReductionLayer(ReductionType type, std::vector<int64_t> dimensions);

  ReductionType reduction_type() const { return type_; }
  int64_t dimension() const { return dimensions_.front(); }
  const std::vector<int64_t>& dimensions() const { return dimensions_; }

 protected:
  std::string Detail() const override {
    return StrCat(NameOf(type_), ", dimensions ", Shape(dimensions_).ToString());
  }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const ReductionType type_;
  const std::vector<int64_t> dimensions_;
};

}  // namespace mlcompute
