#include "kernels/strided_spec.h"

#include <algorithm>

#include "mlcompute/error.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

class Resolver {
 public:
  Resolver(const Node& node, const Shape& shape) : node_(node), shape_(shape) {}

  StridedSpec Resolve(const std::vector<int64_t>& begin, const std::vector<int64_t>& end,
                      const std::vector<int64_t>& strides) {
    const size_t count = begin.size();
    if (end.size() != count || strides.size() != count || count > 32) {
      throw InvalidArgument(
          "Expected begin, end, and strides to be 1D equal size tensors, but got ", "sizes ",
          begin.size(), ", ", end.size(), ", and ", strides.size(), " instead.");
    }
    const int64_t ellipsis = node_.Int("ellipsis_mask");
    if ((ellipsis & (ellipsis - 1)) != 0) {
      throw InvalidArgument("Multiple ellipses in slice spec not allowed");
    }
    int used = 0;  // axes that entries other than the ellipsis stand for
    for (size_t i = 0; i < count; ++i) {
      if (!Bit("ellipsis_mask", i) && !Bit("new_axis_mask", i)) ++used;
    }
    if (used > shape_.rank()) {
      throw InvalidArgument("Index out of range using input dim ", shape_.rank(),
                            "; input has only ", shape_.rank(), " dims");
    }
    for (size_t i = 0; i < count; ++i) {
      if (Bit("ellipsis_mask", i)) {
        KeepAxes(shape_.rank() - used);
      } else if (Bit("new_axis_mask", i)) {
        result_.push_back(1);
      } else if (Bit("shrink_axis_mask", i)) {
        TakeOne(begin[i], strides[i]);
      } else {
        TakeRange(i, begin[i], end[i], strides[i]);
      }
    }
    KeepAxes(shape_.rank() - axis());  // without an ellipsis the last axes are whole
    spec_.result = Shape(result_);
    return std::move(spec_);
  }

 private:
  bool Bit(std::string_view mask, size_t i) const { return (node_.Int(mask) >> i) & 1; }
  int axis() const { return static_cast<int>(spec_.begin.size()); }

  void Add(int64_t begin, int64_t stride, int64_t size) {
    spec_.begin.push_back(size == 0 ? 0 : begin);
    spec_.strides.push_back(stride);
    spec_.sizes.push_back(size);
  }

  void KeepAxes(int count) {
    for (int i = 0; i < count; ++i) {
      result_.push_back(shape_[axis()]);
      Add(0, 1, shape_[axis()]);
    }
  }

  void TakeOne(int64_t given, int64_t stride) {
    const int64_t size = shape_[axis()];
    const int64_t index = given < 0 ? given + size : given;
    if (stride <= 0) throw InvalidArgument("only stride 1 allowed on non-range indexing.");
    if (index < 0 || index >= size) {
      throw InvalidArgument("slice index ", given, " of dimension ", axis(), " out of bounds.");
    }
    Add(index, 1, 1);
  }

  void TakeRange(size_t i, int64_t begin, int64_t end, int64_t stride) {
    if (stride == 0) throw InvalidArgument("strides[", i, "] must be non-zero");
    const int64_t size = shape_[axis()];
    const int64_t low = stride > 0 ? 0 : -1;
    const int64_t high = stride > 0 ? size : size - 1;
    const auto clamp = [&](int64_t index) {
      return std::min(std::max(index < 0 ? index + size : index, low), high);
    };
    const int64_t first = Bit("begin_mask", i) ? (stride > 0 ? low : high) : clamp(begin);
    const int64_t last = Bit("end_mask", i) ? (stride > 0 ? high : low) : clamp(end);
    const int64_t span = last - first;
    int64_t length = 0;
    if (span != 0 && (span < 0) == (stride < 0)) length = span / stride + (span % stride != 0);
    result_.push_back(length);
    Add(first, stride, length);
  }

  const Node& node_;
  const Shape& shape_;
  StridedSpec spec_;
  std::vector<int64_t> result_;
};

}  // namespace

StridedSpec ResolveStridedSlice(const Node& node, const Shape& shape,
                                const std::vector<int64_t>& begin, const std::vector<int64_t>& end,
                                const std::vector<int64_t>& strides) {
  return Resolver(node, shape).Resolve(begin, end, strides);
}

}  // namespace tf_mlc
