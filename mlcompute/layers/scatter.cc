#include "mlcompute/layers/scatter.h"

#include "mlcompute/layers/gather.h"

namespace mlcompute {

ScatterLayer::ScatterLayer(int dimension, ReductionType reduction_type)
    : Layer("Scatter"), dimension_(dimension), reduction_type_(reduction_type) {
  if (reduction_type != ReductionType::kNone && reduction_type != ReductionType::kSum) {
    throw InvalidArgument("layer Scatter: reduction type must be none or sum, got ",
                          NameOf(reduction_type));
  }
}

std::string ScatterLayer::Detail() const {
  return StrCat(NameOf(reduction_type_), ", dimension ", dimension_);
}

std::vector<Value> ScatterLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 3);
  const Value x = sources[0], indices = sources[1], copy_from = sources[2];
  const Shape shape = to.shape(x);
  CheckDimension(dimension_, to.shape(copy_from));
  CheckIndices(to.type(indices), to.type(copy_from), dimension_);
  if (to.shape(indices).dims() != shape.dims()) {
    throw InvalidArgument("indices ", to.type(indices).ToString(), " must have the shape of ",
                          to.type(x).ToString());
  }
  // A row of coordinates for each element.
  const int64_t elements = shape.elements();
  std::vector<Value> columns;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    Value column = indices;
    if (axis != dimension_) {
      column = to.Append(Op::kIota, {},
                         {{"shape", std::vector<int64_t>{shape[axis]}},
                          {"to", to.dtype(indices)},
                          {"start", 0.0},
                          {"step", 1.0}});
      std::vector<int64_t> along(static_cast<size_t>(shape.rank()), 1);
      along[static_cast<size_t>(axis)] = shape[axis];
      column = to.Append(Op::kBroadcastTo, {to.Reshape(column, along)}, {{"shape", shape.dims()}});
    }
    columns.push_back(to.Reshape(column, {elements, 1}));
  }
  const Value coordinates = to.Append(Op::kConcat, columns, {{"axis", int64_t{1}}});
  const std::string combine = reduction_type_ == ReductionType::kSum ? "add" : "update";
  return {to.Append(Op::kScatterNd, {copy_from, coordinates, to.Reshape(x, {elements})},
                    {{"combine", combine}})};
}

}  // namespace mlcompute
