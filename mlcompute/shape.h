// mlcompute/shape.h: sizes of a tensor's axes, outermost first. Rank 0 is a scalar; an axis may be
// 0.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "mlcompute/data_type.h"

namespace mlcompute {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t operator[](int axis) const { return dims_[static_cast<size_t>(axis)]; }
  int64_t& operator[](int axis) { return dims_[static_cast<size_t>(axis)]; }
  const std::vector<int64_t>& dims() const { return dims_; }

  int64_t elements() const;              // product of all axes; 1 for a scalar
  std::vector<int64_t> Strides() const;  // dense row-major strides, in elements
  std::string ToString() const;          // "[2,3]"

  friend bool operator==(const Shape& a, const Shape& b) { return a.dims_ == b.dims_; }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }

 private:
  std::vector<int64_t> dims_;
};

// Element type and shape: all that a Program knows of a value.
struct TensorType {
  DataType dtype = DataType::kInvalid;
  Shape shape;

  int64_t elements() const { return shape.elements(); }
  size_t bytes() const { return static_cast<size_t>(elements()) * SizeOf(dtype); }
  std::string ToString() const;  // "float32[2,3]"

  friend bool operator==(const TensorType& a, const TensorType& b) {
    return a.dtype == b.dtype && a.shape == b.shape;
  }
  friend bool operator!=(const TensorType& a, const TensorType& b) { return !(a == b); }
};

// NumPy broadcasting of two shapes. Throws Error(kInvalidArgument) naming both when they do not
// fit.
Shape Broadcast(const Shape& a, const Shape& b);

// `axis` counted from the end when negative. Throws Error(kInvalidArgument) when outside [-rank,
// rank).
int NormalizeAxis(int64_t axis, int rank);

}  // namespace mlcompute
