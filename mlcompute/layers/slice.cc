#include "mlcompute/layers/slice.h"

#include <utility>

namespace mlcompute {

SliceLayer::SliceLayer(std::vector<int64_t> start, std::vector<int64_t> end,
                       std::vector<int64_t> stride)
    : Layer("Slice"),
      start_(std::move(start)),
      end_(std::move(end)),
      stride_(stride.empty() ? std::vector<int64_t>(start_.size(), 1) : std::move(stride)) {
  if (end_.size() != start_.size() || stride_.size() != start_.size()) {
    throw InvalidArgument("layer Slice: start ", Shape(start_).ToString(), ", end ",
                          Shape(end_).ToString(), " and stride ", Shape(stride_).ToString(),
                          " differ in length");
  }
  for (size_t i = 0; i < start_.size(); ++i) {
    if (start_[i] < 0 || start_[i] >= end_[i] || stride_[i] < 1) {
      throw InvalidArgument("layer Slice: start ", start_[i], ", end ", end_[i], ", stride ",
                            stride_[i], " of axis ", i, " takes nothing");
    }
  }
}

std::vector<Value> SliceLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Shape& x = to.shape(sources[0]);
  if (static_cast<size_t>(x.rank()) != start_.size()) {
    throw InvalidArgument("the slice has ", start_.size(), " axes, the source ", x.rank());
  }
  std::vector<int64_t> sizes(start_.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    const int axis = static_cast<int>(i);
    const int64_t end = i == 0 ? to.Rows(end_[0]) : end_[i];
    if (end > x[axis]) {
      throw InvalidArgument("end ", end, " of axis ", i, " is beyond its extent ", x[axis]);
    }
    sizes[i] = (end - start_[i] + stride_[i] - 1) / stride_[i];
    if (sizes[i] < 1) throw InvalidArgument("start ", start_[i], " of axis ", i, " is at its end");
  }
  return {
      to.Append(Op::kSlice, sources, {{"begin", start_}, {"strides", stride_}, {"sizes", sizes}})};
}

}  // namespace mlcompute
