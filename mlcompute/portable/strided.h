// mlcompute/portable/strided.h: copies between two strided layouts of one shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mlcompute/data_type.h"

namespace mlcompute::portable {

// Axes outermost first; strides in elements, of any sign, 0 to repeat what is read.
class StridedCopy {
 public:
  StridedCopy(const std::vector<int64_t>& dims, const std::vector<int64_t>& from,
              const std::vector<int64_t>& to, DataType type);

  // x and y point to the elements at index 0 of all axes.
  void Run(const void* x, void* y) const;

 private:
  struct Axis {
    int64_t size;
    int64_t from;  // bytes
    int64_t to;
  };
  void ChooseBlocks();
  void ReadInOrder();
  template <typename Body>
  void ForEachOuter(int64_t begin, int64_t end, const std::byte* x, std::byte* y,
                    const Body& body) const;
  void RunRows(const std::byte* x, std::byte* y) const;
  void RunBlocks(const std::byte* x, std::byte* y) const;

  size_t size_;
  std::vector<Axis> outer_;
  int64_t outer_count_ = 1;
  Axis inner_{1, 0, 0};
  // Of a transposition: the axis that is dense where it is read, inner_ being dense where written.
  Axis columns_{0, 0, 0};
};

// y = `count` copies of the element at `value`.
void Fill(const void* value, size_t size, int64_t count, void* y);

}  // namespace mlcompute::portable
