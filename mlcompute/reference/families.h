// mlcompute/reference/families.h: the parts that larger families are joined from.
#pragma once

#include "mlcompute/reference/reference.h"

namespace mlcompute::reference {

const std::vector<Row>& UnaryRows();
const std::vector<Row>& BinaryRows();
const std::vector<Row>& GradientRows();  // and the operations of three inputs

const std::vector<Row>& FusedRows();

const std::vector<Row>& SamplingRows();  // joined by RandomRows()

}  // namespace mlcompute::reference
