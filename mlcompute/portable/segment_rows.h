// mlcompute/portable/segment_rows.h: which rows belong to which segment.
#pragma once

#include <cstddef>
#include <cstdint>

#include "mlcompute/data_type.h"
#include "mlcompute/shape.h"

namespace mlcompute::portable {

// For each segment its rows in ascending order, as linked lists. Rows with a negative id belong to
// none.
class SegmentRows {
 public:
  static size_t bytes(int64_t rows, int64_t segments) {
    return static_cast<size_t>(rows + segments) * sizeof(int32_t);
  }

  // `memory`: bytes() of it, outlives this. `ids`: kInt32 or kInt64, as `type` says. Throws
  // Error(kInvalidArgument) if one is not less than `segments`.
  SegmentRows(const void* ids, DataType type, const Shape& ids_shape, int64_t segments,
              void* memory);

  // -1: none.
  int32_t first(int64_t segment) const { return first_[segment]; }
  int32_t next(int32_t row) const { return next_[row]; }

 private:
  int32_t* first_;
  int32_t* next_;
};

// Throws Error(kInvalidArgument) if one of `ids` is not less than `segments`.
template <typename Index>
void CheckSegmentIds(const Index* ids, const Shape& ids_shape, int64_t segments);

}  // namespace mlcompute::portable
