// mlcompute/layers/pooling.h: one number for each window of an image (MLCPoolingLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/layers/window.h"

namespace mlcompute {

struct PoolingDescriptor {
  PoolingType type;
  Window window;  // policy Same unless it is set
  // Whether averages divide by all of the window, or by what of it is inside the image.
  bool count_includes_padding = false;
};

// One source [N, C, H, W]. Max, average, or the root of the sum of squares (L2Norm). The average
// and L2Norm take floating point.
class PoolingLayer : public Layer {
 public:
  // Throws Error(kInvalidArgument) for sizes under 1.
  explicit PoolingLayer(const PoolingDescriptor& descriptor);

  const PoolingDescriptor& descriptor() const { return descriptor_; }

 protected:
  std::string Detail() const override { return std::string(NameOf(descriptor_.type)); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const PoolingDescriptor descriptor_;
};

}  // namespace mlcompute
