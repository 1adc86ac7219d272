// Slices of tensors and the gradient of strided slices.
#include "kernels/op_row.h"
#include "kernels/strided_spec.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

Value Reshaped(const BuildContext& c, Value v, const Shape& shape) {
  if (c.program.type(v).shape == shape) return v;
  return c.Append(Op::kReshape, {v}, {{"shape", shape.dims()}});
}

// (input, begin, size); a size of -1 means up to the end
void BuildSlice(BuildContext& c) {
  const Shape& shape = c.shape(0);
  const std::vector<int64_t> begin = c.StaticInts(1);
  std::vector<int64_t> sizes = c.StaticInts(2);
  const auto rank = static_cast<size_t>(shape.rank());
  if (begin.size() != rank || sizes.size() != rank) {
    throw InvalidArgument("Expected begin and size arguments to be 1-D tensors of size ", rank,
                          ", but got shapes ", c.shape(1).ToString(), " and ",
                          c.shape(2).ToString(), " instead.");
  }
  for (size_t i = 0; i < rank; ++i) {
    const int64_t dim = shape[static_cast<int>(i)];
    if (begin[i] < 0 || begin[i] > dim) {
      throw InvalidArgument("Expected begin[", i, "] in [0, ", dim, "], but got ", begin[i]);
    }
    if (sizes[i] == -1) sizes[i] = dim - begin[i];
    if (sizes[i] < 0 || sizes[i] > dim - begin[i]) {
      throw InvalidArgument("Expected size[", i, "] in [0, ", dim - begin[i], "], but got ",
                            sizes[i]);
    }
  }
  if (sizes == shape.dims()) {
    c.Output(c.input(0));
    return;
  }
  c.Output(
      c.Append(Op::kSlice, {c.input(0)},
               {{"begin", begin}, {"strides", std::vector<int64_t>(rank, 1)}, {"sizes", sizes}}));
}

// (input, begin, end, strides)
void BuildStridedSlice(BuildContext& c) {
  const Shape& shape = c.shape(0);
  const StridedSpec spec =
      ResolveStridedSlice(c.node, shape, c.StaticInts(1), c.StaticInts(2), c.StaticInts(3));
  const bool whole =
      spec.sizes == shape.dims() && spec.strides == std::vector<int64_t>(spec.strides.size(), 1);
  const Value part =
      whole ? c.input(0)
            : c.Append(Op::kSlice, {c.input(0)},
                       {{"begin", spec.begin}, {"strides", spec.strides}, {"sizes", spec.sizes}});
  c.Output(Reshaped(c, part, spec.result));
}

// (shape, begin, end, strides, dy)
void BuildStridedSliceGrad(BuildContext& c) {
  const Shape shape(c.StaticInts(0));
  const StridedSpec spec =
      ResolveStridedSlice(c.node, shape, c.StaticInts(1), c.StaticInts(2), c.StaticInts(3));
  if (c.shape(4) != spec.result) {
    throw InvalidArgument("shape of dy was ", c.shape(4).ToString(), " instead of ",
                          spec.result.ToString());
  }
  c.Output(c.Append(Op::kSliceGrad, {Reshaped(c, c.input(4), Shape(spec.sizes))},
                    {{"begin", spec.begin}, {"strides", spec.strides}, {"shape", shape.dims()}}));
}

}  // namespace

const Rows& SliceRows() {
  static const Rows rows = [] {
    const std::vector<TypeAttr> any = {{"T", ButInt32(AnyType())}};
    const std::vector<TypeAttr> int32 = {{"T", Int32()}};
    const HostArg begin = Static("begin", 1);
    const HostArg end = Static("end", 2);
    const HostArg strides = Static("strides", 3);
    Rows result = {{"Slice", BuildSlice, any, {begin, Static("size", 2)}}};
    AddInt32ForClusters(&result);
    // Shapes are int32 and sliced in host memory.
    result.push_back({"StridedSlice", BuildStridedSlice, any, {begin, end, strides}});
    result.push_back({"StridedSlice",
                      BuildStridedSlice,
                      int32,
                      {InHost("input"), begin, end, strides, InHost("output")}});
    const HostArg shape = Static("shape", 0);
    result.push_back(
        {"StridedSliceGrad", BuildStridedSliceGrad, any, {shape, begin, end, strides}});
    result.push_back({"StridedSliceGrad",
                      BuildStridedSliceGrad,
                      int32,
                      {shape, begin, end, strides, InHost("dy"), InHost("output")}});
    return result;
  }();
  return rows;
}

}  // namespace tf_mlc
