// mlcompute/layers/dropout.h: random zeros while training (MLCDropoutLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// One source; the result is the source, as inference drops nothing.
class DropoutLayer : public Layer {
 public:
  // `rate` is the probability of dropping an element, in [0, 1). Throws Error(kInvalidArgument).
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
