#include <algorithm>
#include <utility>

#include "kernels/op_row.h"

namespace tf_mlc {

void AddInt32ForClusters(Rows* rows) {
  const auto has = [](const Types& types, DataType type) {
    return std::find(types.begin(), types.end(), type) != types.end();
  };
  const size_t count = rows->size();
  for (size_t i = 0; i < count; ++i) {
    OpRow row = (*rows)[i];
    if (row.cluster_only || row.types.empty() || row.types[0].attr != "T") continue;
    const Types& types = row.types[0].types;
    if (has(types, DataType::kInt32) || !has(types, DataType::kInt64)) continue;
    row.types[0].types = Int32();
    row.cluster_only = true;
    rows->push_back(std::move(row));
  }
}

const std::vector<const OpRow*>& AllRows() {
  static const std::vector<const OpRow*> all = [] {
    std::vector<const OpRow*> rows;
    for (const Rows* family :
         {&UnaryRows(),       &BinaryRows(),        &ActivationRows(), &CastRows(),
          &SelectRows(),      &ReductionRows(),     &MatMulRows(),     &BiasRows(),
          &ConvolutionRows(), &PoolingRows(),       &SoftmaxRows(),    &BatchNormRows(),
          &ShapeRows(),       &SpaceRows(),         &ConcatRows(),     &SliceRows(),
          &PadRows(),         &GatherRows(),        &ScatterRows(),    &RandomRows(),
          &ResizeRows(),      &ShapeFunctionRows(), &EinsumRows(),     &RecurrentRows()}) {
      for (const OpRow& row : *family) rows.push_back(&row);
    }
    return rows;
  }();
  return all;
}

}  // namespace tf_mlc
