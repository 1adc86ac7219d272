// mlcompute/layers/slice.h: a part of a source (MLCSliceLayer).
#pragma once

#include "mlcompute/layer.h"

namespace mlcompute {

// Elements start, start + stride, ... before end of every axis; one number for each axis. The rank
// is kept. Along axis 0 a partial batch must have all the rows that are asked for.
class SliceLayer : public Layer {
 public:
  // Without `stride` all strides are 1. Throws Error(kInvalidArgument) for lists of different
  // lengths, a stride under 1, a start under 0 or not before its end.
  SliceLayer(std::vector<int64_t> start, std::vector<int64_t> end,
             std::vector<int64_t> stride = {});

  const std::vector<int64_t>& start() const { return start_; }
  const std::vector<int64_t>& end() const { return end_; }
  const std::vector<int64_t>& stride() const { return stride_; }

 protected:
  std::string Detail() const override {
    return StrCat(Shape(start_).ToString(), " to ", Shape(end_).ToString());
  }
  std::vector<Value> Lower(Lowering& to, const std::vector<Value>& sources) const override;

 private:
  const std::vector<int64_t> start_;
  const std::vector<int64_t> end_;
  const std::vector<int64_t> stride_;
};

}  // namespace mlcompute
