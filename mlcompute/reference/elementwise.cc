#include "mlcompute/reference/families.h"

namespace mlcompute::reference {

const std::vector<Row>& ElementwiseRows() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all;
    for (const auto* part : {&UnaryRows(), &BinaryRows(), &GradientRows(), &FusedRows()}) {
      all.insert(all.end(), part->begin(), part->end());
    }
    return all;
  }();
  return rows;
}

}  // namespace mlcompute::reference
