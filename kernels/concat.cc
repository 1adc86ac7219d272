// Joining tensors along an axis and taking them apart.
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

Value Reshaped(const BuildContext& c, Value v, const std::vector<int64_t>& shape) {
  return c.Append(Op::kReshape, {v}, {{"shape", shape}});
}

// Joins inputs [first, first + count) along the axis that input `axis_input` names.
void Concat(BuildContext& c, int axis_input, int first, int count) {
  const Shape& shape = c.shape(first);
  const int rank = shape.rank();
  const int64_t given = c.StaticInt(axis_input);
  if (given < -rank || given >= rank) {
    throw InvalidArgument("ConcatOp : Expected concatenating dimensions in the range [", -rank,
                          ", ", rank, "), but got ", given);
  }
  const int64_t axis = given < 0 ? given + rank : given;
  std::vector<Value> values;
  for (int i = 0; i < count; ++i) {
    const Shape& other = c.shape(first + i);
    bool fits = other.rank() == rank;
    for (int d = 0; fits && d < rank; ++d) fits = d == axis || other[d] == shape[d];
    if (!fits) {
      throw InvalidArgument("ConcatOp : ", other.rank() == rank ? "Dimensions" : "Ranks",
                            " of inputs should match: shape[0] = ", shape.ToString(), " vs. shape[",
                            i, "] = ", other.ToString());
    }
    values.push_back(c.input(first + i));
  }
  c.Output(values.size() == 1 ? values[0] : c.Append(Op::kConcat, values, {{"axis", axis}}));
}

void BuildConcat(BuildContext& c) { Concat(c, 0, 1, c.input_count() - 1); }
void BuildConcatV2(BuildContext& c) { Concat(c, c.input_count() - 1, 0, c.input_count() - 1); }

// Joining along the axis itself puts the elements where a new axis before it wants them.
void BuildPack(BuildContext& c) {
  const Shape& shape = c.shape(0);
  const int rank = shape.rank();
  const int64_t given = c.node.Int("axis");
  if (given < -rank - 1 || given > rank) {
    throw InvalidArgument("axis = ", given, " not in [", -rank - 1, ", ", rank + 1, ")");
  }
  const int64_t axis = given < 0 ? given + rank + 1 : given;
  std::vector<int64_t> column = shape.dims();
  column.push_back(1);
  std::vector<Value> values;
  for (int i = 0; i < c.input_count(); ++i) {
    if (c.shape(i) != shape) {
      throw InvalidArgument("Shapes of all inputs must match: values[0].shape = ", shape.ToString(),
                            " != values[", i, "].shape = ", c.shape(i).ToString());
    }
    values.push_back(axis == rank ? Reshaped(c, c.input(i), column) : c.input(i));
  }
  const Value joined =
      values.size() == 1 ? values[0] : c.Append(Op::kConcat, values, {{"axis", axis}});
  std::vector<int64_t> packed = shape.dims();
  packed.insert(packed.begin() + axis, c.input_count());
  c.Output(Shape(packed) == c.program.type(joined).shape ? joined : Reshaped(c, joined, packed));
}

// Elements [begin, begin + size) of an axis.
Value Part(const BuildContext& c, int input, int axis, int64_t begin, int64_t size) {
  const std::vector<int64_t>& dims = c.shape(input).dims();
  std::vector<int64_t> begins(dims.size(), 0);
  std::vector<int64_t> sizes = dims;
  begins[static_cast<size_t>(axis)] = begin;
  sizes[static_cast<size_t>(axis)] = size;
  if (sizes == dims) return c.input(input);
  return c.Append(
      Op::kSlice, {c.input(input)},
      {{"begin", begins}, {"strides", std::vector<int64_t>(dims.size(), 1)}, {"sizes", sizes}});
}

void BuildUnpack(BuildContext& c) {
  const Shape& shape = c.shape(0);
  const int rank = shape.rank();
  const int64_t given = c.node.Int("axis");
  const int64_t count = c.node.Int("num");
  if (given < -rank || given >= rank) {
    throw InvalidArgument("axis = ", given, " not in [", -rank, ", ", rank, ")");
  }
  const int axis = mlcompute::NormalizeAxis(given, rank);
  if (shape[axis] != count) {
    throw InvalidArgument("Input shape axis ", axis, " must equal ", count, ", got shape ",
                          shape.ToString());
  }
  std::vector<int64_t> item = shape.dims();
  item.erase(item.begin() + axis);
  for (int64_t i = 0; i < count; ++i) c.Output(Reshaped(c, Part(c, 0, axis, i, 1), item));
}

int SplitAxis(const BuildContext& c, int axis_input, int value) {
  const int rank = c.shape(value).rank();
  const int64_t given = c.StaticInt(axis_input);
  if (given < -rank || given >= rank) {
    throw InvalidArgument("-input rank(-", rank, ") <= split_dim < input rank (", rank,
                          "), but got ", given);
  }
  return mlcompute::NormalizeAxis(given, rank);
}

// (split_dim, value): equal parts
void BuildSplit(BuildContext& c) {
  const int axis = SplitAxis(c, 0, 1);
  const int64_t count = c.node.Int("num_split");
  const int64_t size = c.shape(1)[axis];
  if (size % count != 0) {
    throw InvalidArgument("Number of ways to split should evenly divide the split dimension, but ",
                          "got split_dim ", axis, " (size = ", size, ") and num_split ", count);
  }
  for (int64_t i = 0; i < count; ++i) {
    c.Output(Part(c, 1, axis, i * (size / count), size / count));
  }
}

// (value, size_splits, split_dim): parts of given sizes, one of which may be -1, the rest
void BuildSplitV(BuildContext& c) {
  const int axis = SplitAxis(c, 2, 0);
  std::vector<int64_t> sizes = c.StaticInts(1);
  const int64_t total = c.shape(0)[axis];
  if (static_cast<int64_t>(sizes.size()) != c.node.Int("num_split")) {
    throw InvalidArgument("size_splits must have ", c.node.Int("num_split"), " values, not ",
                          sizes.size());
  }
  int64_t* rest = nullptr;
  int64_t known = 0;
  for (int64_t& size : sizes) {
    if (size == -1 && !rest) {
      rest = &size;
    } else if (size < 0) {
      throw InvalidArgument("size_splits must be non-negative, with one -1 at most, not ", size);
    } else {
      known += size;
    }
  }
  if (rest ? known > total : known != total) {
    throw InvalidArgument("Determined shape must match input shape along split_dim ", axis,
                          ": size_splits = ", Shape(sizes).ToString(), ", size = ", total);
  }
  if (rest) *rest = total - known;
  int64_t begin = 0;
  for (const int64_t size : sizes) {
    c.Output(Part(c, 0, axis, begin, size));
    begin += size;
  }
}

}  // namespace

const Rows& ConcatRows() {
  static const Rows rows = [] {
    const TypeAttr any = {"T", AnyType()};
    const TypeAttr any_but_int32 = {"T", ButInt32(AnyType())};
    const TypeAttr int32 = {"T", Int32()};
    Rows result = {
        {"Concat", BuildConcat, {any_but_int32}, {Static("concat_dim", 0)}},
        {"ConcatV2", BuildConcatV2, {any_but_int32}, {Static("axis", -1)}},
        {"Split", BuildSplit, {any}, {Static("split_dim", 0)}},
    };
    AddInt32ForClusters(&result);
    // Shapes are put together from int32 scalars, and taken apart, in host memory.
    result.push_back({"Pack", BuildPack, {any_but_int32}});
    result.push_back({"Pack", BuildPack, {int32}, {InHost("values"), InHost("output")}});
    const std::vector<HostArg> sizes = {Static("size_splits", 1), Static("split_dim", 2)};
    std::vector<HostArg> sizes_and_data = {InHost("value"), InHost("output")};
    sizes_and_data.insert(sizes_and_data.end(), sizes.begin(), sizes.end());
    result.push_back({"SplitV", BuildSplitV, {any_but_int32}, sizes});
    result.push_back({"SplitV", BuildSplitV, {int32}, sizes_and_data});
    result.push_back(
        {"Unpack", BuildUnpack, {{"T", Without(any_but_int32.types, DataType::kInt64)}}});
    OpRow unpack = {"Unpack", BuildUnpack, {{"T", IndexTypes()}}};
    unpack.cluster_only = true;
    result.push_back(unpack);
    return result;
  }();
  return rows;
}

}  // namespace tf_mlc
