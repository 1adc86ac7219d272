// mlcompute/layers/upsample.h: larger images (MLCUpsampleLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/layers/window.h"

namespace mlcompute {

// One source [N, C, H, W]; the result has `shape` for H and W. Nearest takes element
// floor(i * in / out). Linear interpolates between the centres of elements, or with align_corners
// between the corners: TensorFlow's resize, and its ResizeBilinear with align_corners.
class UpsampleLayer : public Layer {
 public:
  explicit UpsampleLayer(Yx shape, SampleMode mode = SampleMode::kNearest,
                         bool aligns_corners = false);

  const Yx& shape() const { return shape_; }
  SampleMode sample_mode() const { return mode_; }
  bool aligns_corners() const { return aligns_corners_; }

 protected:
  std::string Detail() const override { return std::string(NameOf(mode_)); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  Value Nearest(Lowering& to, Value x, int axis, int64_t out) const;
  // [out, in]: what of each element goes into each result.
  Value Weights(Lowering& to, Value x, int64_t in, int64_t out) const;

  const Yx shape_;
  const SampleMode mode_;
  const bool aligns_corners_;
};

}  // namespace mlcompute
