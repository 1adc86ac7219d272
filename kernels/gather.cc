// Looking up elements by index, one-hot vectors and the largest elements.
#include "kernels/bad_indices.h"
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

void Gather(BuildContext& c, int64_t given_axis, int64_t given_batch_dims) {
  const int rank = c.shape(0).rank();
  const int index_rank = c.shape(1).rank();
  if (given_axis < -rank || given_axis >= rank) {
    throw InvalidArgument("Expected axis in the range [", -rank, ", ", rank, "), but got ",
                          given_axis);
  }
  const int64_t axis = given_axis < 0 ? given_axis + rank : given_axis;
  if (given_batch_dims < -index_rank || given_batch_dims > index_rank) {
    throw InvalidArgument("Expected batch_dims in the range [", -index_rank, ", ", index_rank,
                          "], but got ", given_batch_dims);
  }
  const int64_t batch_dims =
      given_batch_dims < 0 ? given_batch_dims + index_rank : given_batch_dims;
  if (batch_dims > axis) {
    throw InvalidArgument("batch_dims (", batch_dims, ") must be less than or equal to axis (",
                          axis, ").");
  }
  for (int i = 0; i < batch_dims; ++i) {
    if (c.shape(0)[i] != c.shape(1)[i]) {
      throw InvalidArgument("params.shape[", i, "]: ", c.shape(0)[i],
                            " should be equal to indices.shape[", i, "]: ", c.shape(1)[i]);
    }
  }
  c.Output(c.Append(Op::kGather, {c.input(0), c.input(1)},
                    {{"axis", axis}, {"batch_dims", batch_dims}}));
}

// (params, indices)
void BuildGather(BuildContext& c) {
  if (c.shape(0).rank() < 1) throw InvalidArgument("params must be at least 1 dimensional");
  Gather(c, 0, 0);
}

// (params, indices, axis)
void BuildGatherV2(BuildContext& c) { Gather(c, c.StaticInt(2), c.node.Int("batch_dims")); }

void BuildGatherNd(BuildContext& c) {
  CheckBadIndicesPolicy(c.node);
  const Shape& params = c.shape(0);
  const Shape& indices = c.shape(1);
  if (params.rank() < 1) throw InvalidArgument("params must be at least a vector");
  if (indices.rank() < 1) throw InvalidArgument("indices must be at least a vector");
  if (indices[indices.rank() - 1] > params.rank()) {
    throw InvalidArgument("index innermost dimension length must be <= params rank; saw: ",
                          indices[indices.rank() - 1], " vs. ", params.rank());
  }
  c.Output(c.Append(Op::kGatherNd, {c.input(0), c.input(1)}));
}

// (indices, depth, on_value, off_value)
void BuildOneHot(BuildContext& c) {
  const int rank = c.shape(0).rank();
  const int64_t given = c.node.Int("axis");
  if (given < -1 || given > rank) {
    throw InvalidArgument("Expected axis to be -1 or between [0, ", rank + 1,
                          ").  But received: ", given);
  }
  const int64_t depth = c.StaticInt(1);
  if (depth < 0) throw InvalidArgument("depth must be non-negative, got: ", depth);
  for (int i = 2; i <= 3; ++i) {
    if (c.shape(i).rank() != 0) {
      throw InvalidArgument(i == 2 ? "on" : "off",
                            "_value must be a scalar, but got: ", c.shape(i).ToString());
    }
  }
  Value indices = c.input(0);
  const DataType type = c.type(0).dtype;
  if (type != DataType::kInt32 && type != DataType::kInt64) {
    indices = c.Append(Op::kCast, {indices}, {{"to", DataType::kInt32}});
  }
  c.Output(c.Append(Op::kOneHot, {indices, c.input(2), c.input(3)},
                    {{"axis", given < 0 ? int64_t{rank} : given}, {"depth", depth}}));
}

// (input, k)
void BuildTopK(BuildContext& c) {
  const Shape& shape = c.shape(0);
  const int64_t k = c.StaticInt(1);
  if (k < 0) throw InvalidArgument("Need k >= 0, got ", k);
  if (shape.rank() < 1) {
    throw InvalidArgument("input must be >= 1-D, got shape ", shape.ToString());
  }
  if (shape[shape.rank() - 1] < k) {
    throw InvalidArgument("input must have at least k columns. Had ", shape[shape.rank() - 1],
                          ", needed ", k);
  }
  // TensorFlow 2.16's op had int32 indices alone.
  const bool typed = c.node.Find("index_type") != nullptr;
  const DataType to = typed ? c.node.Type("index_type") : DataType::kInt32;
  for (const Value v : c.program.AppendMulti(Op::kTopK, {c.input(0)}, {{"k", k}, {"to", to}})) {
    c.Output(v);
  }
}

}  // namespace

const Rows& GatherRows() {
  static const Rows rows = [] {
    const TypeAttr params = {"Tparams", AnyType()};
    const TypeAttr indices = {"Tindices", IndexTypes()};
    const TypeAttr numbers = {"T", Numbers()};
    return Rows{
        {"Gather", BuildGather, {params, indices}},
        {"GatherV2", BuildGatherV2, {params, indices}, {Static("axis", 2)}},
        {"GatherNd", BuildGatherNd, {params, indices}},
        {"OneHot",
         BuildOneHot,
         {{"T", AnyType()},
          {"TI", {DataType::kInt8, DataType::kInt32, DataType::kInt64, DataType::kUInt8}}},
         {Static("depth", 1)}},
        {"TopKV2", BuildTopK, {numbers, {"index_type", IndexTypes()}}, {Static("k", 1)}},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
