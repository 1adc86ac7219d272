// mlcompute/reference/movement_families.h: the parts that MovementRows() is joined from, and what
// they share.
#pragma once

#include <cstdint>
#include <string>

#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/reference.h"

namespace mlcompute::reference {

const std::vector<Row>& ReshapeRows();  // reshape, transpose, broadcast, tile, reverse
const std::vector<Row>& SliceRows();    // slice, pad, concat
const std::vector<Row>& MirrorPadRows();
const std::vector<Row>& GenerateRows();  // iota, one-hot, band
const std::vector<Row>& GatherRows();
const std::vector<Row>& ScatterRows();  // scatter, segments
const std::vector<Row>& SortRows();
const std::vector<Row>& ResampleRows();

// Elements are moved as numbers of their size. Calls body(Tag<uintN_t>()).
template <typename Body>
void DispatchBytes(DataType dtype, const Body& body) {
  switch (SizeOf(dtype)) {
    case 1:
      return body(Tag<uint8_t>());
    case 2:
      return body(Tag<uint16_t>());
    case 4:
      return body(Tag<uint32_t>());
    case 8:
      return body(Tag<uint64_t>());
    default:
      break;
  }
  throw Internal("a movement of type ", Name(dtype));
}

// Calls body(Tag<int32_t>()) or body(Tag<int64_t>()).
template <typename Body>
void DispatchIndices(DataType dtype, const Body& body) {
  if (dtype == DataType::kInt32) {
    body(Tag<int32_t>());
  } else {
    body(Tag<int64_t>());
  }
}

// The position of element `at` of `shape` as messages show it: "[0,1]", "" in a scalar.
std::string PositionText(const Shape& shape, int64_t at);

}  // namespace mlcompute::reference
