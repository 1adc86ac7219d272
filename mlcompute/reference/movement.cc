#include "mlcompute/reference/movement_families.h"

namespace mlcompute::reference {

std::string PositionText(const Shape& shape, int64_t at) {
  if (shape.rank() == 0) return "";
  Shape position = shape;
  for (int axis = shape.rank(); axis-- > 0;) {
    position[axis] = at % shape[axis];
    at /= shape[axis];
  }
  return position.ToString();
}

const std::vector<Row>& MovementRows() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all;
    for (const auto* part : {&ReshapeRows(), &SliceRows(), &MirrorPadRows(), &GenerateRows(),
                             &GatherRows(), &ScatterRows(), &SortRows(), &ResampleRows()}) {
      all.insert(all.end(), part->begin(), part->end());
    }
    return all;
  }();
  return rows;
}

}  // namespace mlcompute::reference
