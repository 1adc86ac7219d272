// mlcompute/reference/matrix_families.h: the parts that MatrixRows() is joined from.
#pragma once

#include "mlcompute/reference/reference.h"

namespace mlcompute::reference {

const std::vector<Row>& MatMulRows();
const std::vector<Row>& ConvolutionRows();
const std::vector<Row>& PoolingRows();
const std::vector<Row>& SoftmaxRows();  // and the cross entropies

}  // namespace mlcompute::reference
