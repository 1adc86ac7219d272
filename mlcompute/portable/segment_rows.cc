#include "mlcompute/portable/segment_rows.h"

#include <algorithm>

#include "mlcompute/error.h"
#include "mlcompute/reference/movement_families.h"

namespace mlcompute::portable {
namespace {

template <typename Index>
void Link(const Index* ids, const Shape& ids_shape, int64_t segments, int32_t* first,
          int32_t* next) {
  CheckSegmentIds(ids, ids_shape, segments);
  std::fill_n(first, segments, -1);
  for (auto row = static_cast<int32_t>(ids_shape.elements()); row-- > 0;) {
    if (ids[row] < 0) continue;
    next[row] = first[ids[row]];
    first[ids[row]] = row;
  }
}

}  // namespace

template <typename Index>
void CheckSegmentIds(const Index* ids, const Shape& ids_shape, int64_t segments) {
  for (int64_t row = 0; row < ids_shape.elements(); ++row) {
    if (ids[row] >= segments) {
      throw InvalidArgument("segment_ids", reference::PositionText(ids_shape, row), " = ", ids[row],
                            " is out of range [0, ", segments, ")");
    }
  }
}

template void CheckSegmentIds(const int32_t*, const Shape&, int64_t);
template void CheckSegmentIds(const int64_t*, const Shape&, int64_t);

SegmentRows::SegmentRows(const void* ids, DataType type, const Shape& ids_shape, int64_t segments,
                         void* memory)
    : first_(static_cast<int32_t*>(memory)), next_(first_ + segments) {
  if (type == DataType::kInt32) {
    Link(static_cast<const int32_t*>(ids), ids_shape, segments, first_, next_);
  } else {
    Link(static_cast<const int64_t*>(ids), ids_shape, segments, first_, next_);
  }
}

}  // namespace mlcompute::portable
