// mlcompute/layers/dropout.h: random zeros while training (MLCDropoutLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// One floating-point source. In training each element becomes 0 with probability `rate`, else it is
// divided by 1 - rate, so that its expectation stays (Srivastava et al. 2014; MLCompute does not
// say how it scales, this is how TensorFlow does). In inference the result is the source.
class DropoutLayer : public Layer {
 public:
  // `rate` is in [0, 1), else Error(kInvalidArgument). A seed other than 0 gives the same zeros in
  // the same execution of equal graphs; with 0 Platform's seed decides, if one is set.
  DropoutLayer(float rate, uint64_t seed);

  float rate() const { return rate_; }
  uint64_t seed() const { return seed_; }

 protected:
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const float rate_;
  const uint64_t seed_;
};

}  // namespace mlcompute
