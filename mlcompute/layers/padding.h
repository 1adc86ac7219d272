// mlcompute/layers/padding.h: rows and columns around images (MLCPaddingLayer).
#pragma once

#include "mlcompute/layer.h"
#include "mlcompute/types.h"

namespace mlcompute {

// One source [N, C, H, W]; H and W grow. Reflect repeats what is inside the edge, symmetric begins
// with the edge itself, so their amounts are less than, or at most, the extent.
class PaddingLayer : public Layer {
 public:
  // `padding` is one amount for all sides, or left and right, or top, bottom, left and right.
  // Throws Error(kInvalidArgument) for another count or a negative amount. The value counts for
  // kConstant.
  PaddingLayer(PaddingType type, const std::vector<int64_t>& padding, float constant_value = 0);

  PaddingType padding_type() const { return type_; }
  int64_t padding_top() const { return top_; }
  int64_t padding_bottom() const { return bottom_; }
  int64_t padding_left() const { return left_; }
  int64_t padding_right() const { return right_; }
  float constant_value() const { return value_; }

 protected:
  std::string Detail() const override { return std::string(NameOf(type_)); }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const PaddingType type_;
  const float value_;
  int64_t top_ = 0;
  int64_t bottom_ = 0;
  int64_t left_ = 0;
  int64_t right_ = 0;
};

}  // namespace mlcompute
