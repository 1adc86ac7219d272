#include "kernels/op_row.h"

namespace tf_mlc {

const std::vector<DataType> kFloats = {DataType::kFloat32, DataType::kFloat16,
                                       DataType::kBFloat16};
const std::vector<DataType> kIndexTypes = {DataType::kInt32, DataType::kInt64};

const std::vector<const OpRow*>& AllRows() {
  static const std::vector<const OpRow*> all = [] {
    std::vector<const OpRow*> rows;
    for (const auto* family :
         {&UnaryRows(), &BinaryRows(), &ActivationRows(), &CastRows(), &SelectRows(),
          &ReductionRows(), &MatMulRows(), &BiasRows(), &ConvolutionRows(), &PoolingRows(),
          &SoftmaxRows(), &ShapeRows(), &ConcatRows(), &SliceRows(), &GatherRows(),
          &RandomRows(), &ShapeFunctionRows()}) {
      for (const OpRow& row : *family) rows.push_back(&row);
    }
    return rows;
  }();
  return all;
}

}  // namespace tf_mlc
