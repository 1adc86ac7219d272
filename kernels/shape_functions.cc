// kernels/shape_functions.cc: ops on shapes and pass-through ops, for which TensorFlow has kernels
// that serve any device. Inside a cluster they fold away or rename a value.
#include <algorithm>

#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

// A vector (or, with `scalar`, a scalar) of known integers as a constant of int32 or int64.
Value IntegerConstant(BuildContext& c, DataType dtype, const std::vector<int64_t>& values,
                      bool scalar = false) {
  const Shape shape = scalar ? Shape{} : Shape{static_cast<int64_t>(values.size())};
  if (dtype == DataType::kInt64) return c.program.AddConstant({dtype, shape}, values.data());
  std::vector<int32_t> narrow;
  for (const int64_t v : values) {
    if (v != static_cast<int32_t>(v)) {
      throw InvalidArgument("an axis of ", v, " does not fit int32; use out_type=int64");
    }
    narrow.push_back(static_cast<int32_t>(v));
  }
  return c.program.AddConstant({DataType::kInt32, shape}, narrow.data());
}

void BuildConst(BuildContext& c) {
  const AttrValue* value = c.node.Find("value");
  const auto* tensor = value ? std::get_if<TensorAttr>(value) : nullptr;
  if (!tensor) throw InvalidArgument("attribute 'value' is not a numeric tensor");
  c.Output(c.program.AddConstant(tensor->type, tensor->bytes.data()));
}

void BuildIdentity(BuildContext& c) {
  for (int i = 0; i < c.input_count(); ++i) c.Output(c.input(i));
}

void Reshaped(BuildContext& c, std::vector<int64_t> dims) {
  if (Shape(dims) == c.shape(0)) {
    c.Output(c.input(0));
  } else {
    c.Output(c.Append(Op::kReshape, {c.input(0)}, {{"shape", std::move(dims)}}));
  }
}

void BuildReshape(BuildContext& c) {
  std::vector<int64_t> dims = c.StaticInts(1);
  const int64_t elements = c.type(0).elements();
  int64_t known = 1;
  int unknown = -1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == -1) {
      if (unknown >= 0) throw InvalidArgument("shape has more than one -1");
      unknown = static_cast<int>(i);
    } else if (dims[i] < 0) {
      throw InvalidArgument("size ", i, " of shape must be non-negative, not ", dims[i]);
    } else {
      known *= dims[i];
    }
  }
  if (unknown >= 0) {
    if (known == 0 || elements % known != 0) {
      throw InvalidArgument("Input to reshape is a tensor with ", elements,
                            " values, but the requested shape requires a multiple of ", known);
    }
    dims[static_cast<size_t>(unknown)] = elements / known;
  } else if (known != elements) {
    throw InvalidArgument("Input to reshape is a tensor with ", elements,
                          " values, but the requested shape has ", known);
  }
  Reshaped(c, std::move(dims));
}

void BuildExpandDims(BuildContext& c) {
  const int rank = c.shape(0).rank();
  const int axis = mlcompute::NormalizeAxis(c.StaticInt(1), rank + 1);
  std::vector<int64_t> dims = c.shape(0).dims();
  dims.insert(dims.begin() + axis, 1);
  Reshaped(c, std::move(dims));
}

void BuildSqueeze(BuildContext& c) {
  const Shape& shape = c.shape(0);
  std::vector<bool> drop(static_cast<size_t>(shape.rank()), false);
  const std::vector<int64_t> axes = c.node.Ints("squeeze_dims");
  for (const int64_t axis : axes) {
    const int a = mlcompute::NormalizeAxis(axis, shape.rank());
    if (shape[a] != 1) {
      throw InvalidArgument("Can not squeeze dim[", a, "], expected a dimension of 1, got ",
                            shape[a]);
    }
    drop[static_cast<size_t>(a)] = true;
  }
  std::vector<int64_t> dims;
  for (int a = 0; a < shape.rank(); ++a) {
    const bool dropped = axes.empty() ? shape[a] == 1 : drop[static_cast<size_t>(a)];
    if (!dropped) dims.push_back(shape[a]);
  }
  Reshaped(c, std::move(dims));
}

void BuildShape(BuildContext& c) {
  const DataType dtype = c.node.Type("out_type");
  for (int i = 0; i < c.input_count(); ++i) c.Output(IntegerConstant(c, dtype, c.shape(i).dims()));
}

void BuildSize(BuildContext& c) {
  c.Output(IntegerConstant(c, c.node.Type("out_type"), {c.type(0).elements()}, true));
}

void BuildRank(BuildContext& c) {
  c.Output(IntegerConstant(c, DataType::kInt32, {c.shape(0).rank()}, true));
}

void BuildBroadcastArgs(BuildContext& c) {
  const Shape shape = mlcompute::Broadcast(Shape(c.StaticInts(0)), Shape(c.StaticInts(1)));
  c.Output(IntegerConstant(c, c.node.Type("T"), shape.dims()));
}

// Axes that the gradient of each argument of a broadcast must be summed over.
void BuildBroadcastGradientArgs(BuildContext& c) {
  const Shape a(c.StaticInts(0));
  const Shape b(c.StaticInts(1));
  const Shape out = mlcompute::Broadcast(a, b);
  const DataType dtype = c.node.Type("T");
  const auto reduced = [&](const Shape& shape, const Shape& other) {
    std::vector<int64_t> axes;
    for (int i = 0; i < out.rank(); ++i) {
      const int own = i - (out.rank() - shape.rank());
      const int others = i - (out.rank() - other.rank());
      const bool one = own < 0 || shape[own] == 1;
      const bool other_one = others < 0 || other[others] == 1;
      // TensorFlow lists an axis of 1 on both sides for both, unless the shapes are equal.
      if (one && (!other_one || a != b)) axes.push_back(i);
    }
    return axes;
  };
  c.Output(IntegerConstant(c, dtype, reduced(a, b)));
  c.Output(IntegerConstant(c, dtype, reduced(b, a)));
}

void BuildConcatOffset(BuildContext& c) {
  const DataType dtype = c.type(1).dtype;
  const int64_t axis = c.StaticInt(0);
  int64_t offset = 0;
  for (int i = 1; i < c.input_count(); ++i) {
    const std::vector<int64_t> shape = c.StaticInts(i);
    const int a = mlcompute::NormalizeAxis(axis, static_cast<int>(shape.size()));
    std::vector<int64_t> offsets(shape.size(), 0);
    offsets[static_cast<size_t>(a)] = offset;
    offset += shape[static_cast<size_t>(a)];
    c.Output(IntegerConstant(c, dtype, offsets));
  }
}

void BuildInvertPermutation(BuildContext& c) {
  const std::vector<int64_t> perm = c.StaticInts(0);
  std::vector<int64_t> inverse(perm.size(), -1);
  for (size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] < 0 || perm[i] >= static_cast<int64_t>(perm.size()) ||
        inverse[static_cast<size_t>(perm[i])] != -1) {
      throw InvalidArgument(perm[i], " does not belong to a permutation");
    }
    inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  }
  c.Output(IntegerConstant(c, c.type(0).dtype, inverse));
}

void BuildRange(BuildContext& c) {
  const int64_t start = c.StaticInt(0);
  const int64_t limit = c.StaticInt(1);
  const int64_t delta = c.StaticInt(2);
  if (delta == 0) throw InvalidArgument("Requires delta != 0: 0");
  if (delta > 0 ? start > limit : start < limit) {
    throw InvalidArgument("Requires start ", delta > 0 ? "<=" : ">=", " limit when delta is ",
                          delta, ": ", start, "/", limit);
  }
  const int64_t span = delta > 0 ? limit - start : start - limit;
  const int64_t step = std::max<int64_t>(delta > 0 ? delta : -delta, 1);
  c.Output(c.Append(Op::kIota, {},
                    {{"shape", std::vector<int64_t>{(span + step - 1) / step}},
                     {"to", c.node.Type("Tidx")},
                     {"start", static_cast<double>(start)},
                     {"step", static_cast<double>(delta)}}));
}

OpRow Row(std::string_view op, Builder build, std::vector<TypeAttr> types,
          std::vector<HostArg> host = {}, bool of_types_only = false) {
  return {op, build, std::move(types), std::move(host), true, of_types_only};
}

}  // namespace

const Rows& ShapeFunctionRows() {
  static const std::vector<TypeAttr> any = {{"T", AnyType()}};
  static const std::vector<TypeAttr> index = {{"T", IndexTypes()}};
  static const Rows rows = {
      Row("Const", BuildConst, {{"dtype", AnyType()}}),
      Row("Identity", BuildIdentity, any),
      Row("StopGradient", BuildIdentity, any),
      Row("PreventGradient", BuildIdentity, any),
      Row("Reshape", BuildReshape, any, {{"shape", Place::kStatic, 1}}),
      Row("ExpandDims", BuildExpandDims, any, {{"dim", Place::kStatic, 1}}),
      Row("Squeeze", BuildSqueeze, any),
      Row("Shape", BuildShape, any, {}, true),
      Row("ShapeN", BuildShape, any, {}, true),
      Row("Size", BuildSize, any, {}, true),
      Row("Rank", BuildRank, any, {}, true),
      Row("BroadcastArgs", BuildBroadcastArgs, index,
          {{"s0", Place::kStatic, 0}, {"s1", Place::kStatic, 1}}),
      Row("BroadcastGradientArgs", BuildBroadcastGradientArgs, index,
          {{"s0", Place::kStatic, 0}, {"s1", Place::kStatic, 1}}),
      Row("ConcatOffset", BuildConcatOffset, {}, {{"shape", Place::kStatic, HostArg::kEvery}}),
      Row("InvertPermutation", BuildInvertPermutation, index, {{"x", Place::kStatic, 0}}),
      Row("Range", BuildRange, {{"Tidx", {DataType::kInt32}}},
          {{"start", Place::kStatic, 0},
           {"limit", Place::kStatic, 1},
           {"delta", Place::kStatic, 2}}),
  };
  return rows;
}

}  // namespace tf_mlc
