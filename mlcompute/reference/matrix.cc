#include "mlcompute/reference/matrix_families.h"

namespace mlcompute::reference {

const std::vector<Row>& MatrixRows() {
  static const std::vector<Row> rows = [] {
    std::vector<Row> all;
    for (const auto* part : {&MatMulRows(), &ConvolutionRows(), &PoolingRows(), &SoftmaxRows()}) {
      all.insert(all.end(), part->begin(), part->end());
    }
    return all;
  }();
  return rows;
}

}  // namespace mlcompute::reference
