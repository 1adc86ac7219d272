#include <algorithm>
#include <limits>

#include "mlcompute/program/rule.h"

namespace mlcompute {
namespace {

using Types = std::vector<TensorType>;
using Dims = std::vector<int64_t>;

Types Reshape(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  const Shape shape = rule.ShapeAttribute("shape");
  rule.Check(shape.elements() == rule.shape(0).elements(), rule.input(0).ToString(), " with ",
             rule.shape(0).elements(), " elements does not fit shape ", shape.ToString(), " with ",
             shape.elements());
  return {{rule.dtype(), shape}};
}

Types Transpose(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  const auto rank = static_cast<size_t>(rule.shape(0).rank());
  const Dims& perm = rule.Ints("perm", rank, 0);
  std::vector<bool> seen(rank);
  Dims dims;
  for (const int64_t axis : perm) {
    rule.Check(axis < rule.shape(0).rank() && !seen[static_cast<size_t>(axis)],
               "perm = ", Shape(perm).ToString(), " is not a permutation of the axes of ",
               rule.input(0).ToString());
    seen[static_cast<size_t>(axis)] = true;
    dims.push_back(rule.shape(0)[static_cast<int>(axis)]);
  }
  return {{rule.dtype(), Shape(std::move(dims))}};
}

Types BroadcastTo(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  const Shape shape = rule.ShapeAttribute("shape");
  const Shape& x = rule.shape(0);
  bool fits = x.rank() <= shape.rank();
  for (int i = 0; fits && i < x.rank(); ++i) {
    fits = x[i] == 1 || x[i] == shape[shape.rank() - x.rank() + i];
  }
  rule.Check(fits, rule.input(0).ToString(), " does not broadcast to shape ", shape.ToString());
  return {{rule.dtype(), shape}};
}

Types Concat(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.Check(!inputs.empty(), "takes one input or more, got none");
  rule.RankAtLeast(0, 1);
  Shape result = rule.shape(0);
  const int axis = static_cast<int>(rule.IntIn("axis", 0, result.rank()));
  for (size_t i = 1; i < inputs.size(); ++i) {
    const int input = static_cast<int>(i);
    rule.SameType(0, input);
    rule.Rank(input, result.rank());
    for (int d = 0; d < result.rank(); ++d) {
      rule.Check(d == axis || result[d] == rule.shape(input)[d], "input 0 ",
                 rule.input(0).ToString(), " and input ", i, " ", rule.input(input).ToString(),
                 " differ in axis ", d, " while joined along axis ", axis);
    }
    result[axis] += rule.shape(input)[axis];
  }
  return {{rule.dtype(), result}};
}

// Checks that begin + i * stride is inside `x` for all i < sizes.
void CheckSlice(const Rule& rule, const Shape& x, const Dims& sizes) {
  const auto rank = static_cast<size_t>(x.rank());
  constexpr int64_t kAny = std::numeric_limits<int64_t>::min();
  const Dims& begin = rule.Ints("begin", rank, kAny);
  const Dims& strides = rule.Ints("strides", rank, kAny);
  for (size_t i = 0; i < rank; ++i) {
    rule.Check(strides[i] != 0, "strides = ", Shape(strides).ToString(), " holds a zero");
    if (sizes[i] == 0) continue;
    const int64_t limit = x[static_cast<int>(i)];
    const int64_t last = begin[i] + (sizes[i] - 1) * strides[i];
    const bool inside = begin[i] >= 0 && begin[i] < limit && last >= 0 && last < limit;
    rule.Check(inside, "begin ", begin[i], ", stride ", strides[i], " and size ", sizes[i],
               " leave axis ", i, " of ", x.ToString());
  }
}

Types Slice(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  const Dims& sizes = rule.Ints("sizes", static_cast<size_t>(rule.shape(0).rank()), 0);
  CheckSlice(rule, rule.shape(0), sizes);
  return {{rule.dtype(), Shape(sizes)}};
}

Types SliceGrad(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  const Shape shape = rule.ShapeAttribute("shape");
  rule.Rank(0, shape.rank());
  CheckSlice(rule, shape, rule.shape(0).dims());
  return {{rule.dtype(), shape}};
}

Types Pad(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  rule.SameType(0, 1);
  rule.Rank(1, 0);
  Shape result = rule.shape(0);
  const Dims& before = rule.Ints("before", static_cast<size_t>(result.rank()), 0);
  const Dims& after = rule.Ints("after", static_cast<size_t>(result.rank()), 0);
  for (int i = 0; i < result.rank(); ++i) {
    result[i] += before[static_cast<size_t>(i)] + after[static_cast<size_t>(i)];
  }
  return {{rule.dtype(), result}};
}

Types MirrorPad(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  const bool gradient = op == Op::kMirrorPadGrad;
  Shape result = rule.shape(0);
  const Dims& before = rule.Ints("before", static_cast<size_t>(result.rank()), 0);
  const Dims& after = rule.Ints("after", static_cast<size_t>(result.rank()), 0);
  const int64_t edge = attributes.Bool("reflect") ? 1 : 0;
  for (int i = 0; i < result.rank(); ++i) {
    const int64_t b = before[static_cast<size_t>(i)];
    const int64_t a = after[static_cast<size_t>(i)];
    const int64_t inner = gradient ? result[i] - a - b : result[i];
    const int64_t most = std::max<int64_t>(inner - edge, 0);
    rule.Check(inner >= 0 && b <= most && a <= most, "paddings ", b, " and ", a, " of axis ", i,
               " must be ", edge ? "less than" : "no more than", " its size ", inner);
    result[i] = gradient ? inner : inner + a + b;
  }
  if (gradient) rule.Numeric(0);
  return {{rule.dtype(), result}};
}

Types Tile(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  Shape result = rule.shape(0);
  const Dims& multiples = rule.Ints("multiples", static_cast<size_t>(result.rank()), 0);
  for (int i = 0; i < result.rank(); ++i) result[i] *= multiples[static_cast<size_t>(i)];
  return {{rule.dtype(), result}};
}

Types Reverse(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  const Dims& axes = attributes.Ints("axes");
  std::vector<bool> seen(static_cast<size_t>(rule.shape(0).rank()));
  for (const int64_t axis : axes) {
    rule.Check(axis >= 0 && axis < rule.shape(0).rank() && !seen[static_cast<size_t>(axis)],
               "axes = ", Shape(axes).ToString(), " are not different axes of ",
               rule.input(0).ToString());
    seen[static_cast<size_t>(axis)] = true;
  }
  return {rule.input(0)};
}

Types Iota(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(0);
  const Shape shape = rule.ShapeAttribute("shape");
  rule.Check(shape.rank() == 1, "shape = ", shape.ToString(), " must have rank 1");
  const DataType to = attributes.Type("to");
  rule.Check(IsFloating(to) || IsInteger(to), "to = ", Name(to), " is not a type of numbers");
  attributes.Double("start");
  attributes.Double("step");
  return {{to, shape}};
}

Types OneHot(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(3);
  rule.Check(IsInteger(rule.dtype()), "input 0 must hold integers, got ", rule.input(0).ToString());
  rule.SameType(1, 2);
  rule.Rank(1, 0);
  rule.Rank(2, 0);
  Dims dims = rule.shape(0).dims();
  const int64_t axis = rule.IntIn("axis", 0, rule.shape(0).rank() + 1);
  const int64_t depth = rule.IntIn("depth", 0, std::numeric_limits<int64_t>::max());
  dims.insert(dims.begin() + axis, depth);
  return {{rule.dtype(1), Shape(std::move(dims))}};
}

// ---- by index

Types Gather(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  rule.Indices(1);
  rule.RankAtLeast(0, 1);
  const Dims& x = rule.shape(0).dims();
  const Dims& indices = rule.shape(1).dims();
  const int64_t axis = rule.IntIn("axis", 0, rule.shape(0).rank());
  const int64_t batch_dims =
      rule.IntIn("batch_dims", 0, std::min<int64_t>(axis, rule.shape(1).rank()) + 1);
  rule.Check(std::equal(x.begin(), x.begin() + batch_dims, indices.begin()), "the first ",
             batch_dims, " axes of ", rule.input(0).ToString(), " and ", rule.input(1).ToString(),
             " differ");
  Dims dims(x.begin(), x.begin() + axis);
  dims.insert(dims.end(), indices.begin() + batch_dims, indices.end());
  dims.insert(dims.end(), x.begin() + axis + 1, x.end());
  return {{rule.dtype(), Shape(std::move(dims))}};
}

// The shape of what indices [..., k] pick of x: indices.shape[:-1] + x.shape[k:].
Shape Picked(const Rule& rule) {
  rule.Indices(1);
  rule.RankAtLeast(1, 1);
  const Dims& x = rule.shape(0).dims();
  const Dims& indices = rule.shape(1).dims();
  rule.Check(indices.back() <= rule.shape(0).rank(), "indices ", rule.input(1).ToString(),
             " have more coordinates than ", rule.input(0).ToString(), " has axes");
  Dims dims(indices.begin(), indices.end() - 1);
  dims.insert(dims.end(), x.begin() + indices.back(), x.end());
  return Shape(std::move(dims));
}

Types GatherNd(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  return {{rule.dtype(), Picked(rule)}};
}

void CheckCombine(const Rule& rule, std::initializer_list<std::string_view> known) {
  const std::string& combine = rule.attributes.String("combine");
  rule.Check(std::find(known.begin(), known.end(), combine) != known.end(), "combine = '", combine,
             "' is not known");
}

Types ScatterNd(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(3);
  CheckCombine(rule, {"update", "add", "sub", "min", "max"});
  if (attributes.String("combine") != "update") rule.Numeric(0);
  rule.SameType(0, 2);
  rule.ShapeIs(2, Picked(rule));
  return {rule.input(0)};
}

Types UnsortedSegment(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  rule.Numeric(0);
  rule.Indices(1);
  CheckCombine(rule, {"sum", "prod", "max", "min"});
  const Dims& x = rule.shape(0).dims();
  const Dims& ids = rule.shape(1).dims();
  rule.Check(ids.size() <= x.size() && std::equal(ids.begin(), ids.end(), x.begin()),
             "segment_ids ", rule.input(1).ToString(), " must have the leading axes of ",
             rule.input(0).ToString());
  Dims dims = {rule.IntIn("segments", 0, std::numeric_limits<int64_t>::max())};
  dims.insert(dims.end(), x.begin() + static_cast<std::ptrdiff_t>(ids.size()), x.end());
  return {{rule.dtype(), Shape(std::move(dims))}};
}

// ---- by position in the last axes

Types MatrixBandPart(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  rule.RankAtLeast(0, 2);
  const auto bound = [&](const char* name, int64_t size) {
    rule.Check(attributes.Int(name) <= size, name, " = ", attributes.Int(name),
               " must be negative or no more than ", size, " for ", rule.input(0).ToString());
  };
  bound("lower", rule.shape(0)[rule.shape(0).rank() - 2]);
  bound("upper", rule.shape(0)[rule.shape(0).rank() - 1]);
  return {rule.input(0)};
}

// Checks what both directions take and gives the axis.
int ResampleAxis(const Rule& rule) {
  rule.InputCount(3);
  rule.RankAtLeast(0, 1);
  rule.Check(rule.dtype(0) == DataType::kFloat32 && rule.dtype(2) == DataType::kFloat32,
             "input 0 and the weights must be float32, got ", rule.input(0).ToString(), " and ",
             rule.input(2).ToString());
  rule.Check(rule.dtype(1) == DataType::kInt32, "indices must be int32, got ",
             rule.input(1).ToString());
  rule.Rank(1, 2);
  rule.ShapeIs(2, rule.shape(1));
  return static_cast<int>(rule.IntIn("axis", 0, rule.shape(0).rank()));
}

Types Resample(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  const int axis = ResampleAxis(rule);
  Shape shape = rule.shape(0);
  shape[axis] = rule.shape(1)[0];
  return {{DataType::kFloat32, shape}};
}

Types ResampleGrad(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  const int axis = ResampleAxis(rule);
  Shape shape = rule.shape(0);
  rule.Check(shape[axis] == rule.shape(1)[0], "input 0 must have ", rule.shape(1)[0],
             " positions on axis ", axis, ", got ", rule.input(0).ToString());
  shape[axis] = attributes.Int("size");
  rule.Check(shape[axis] >= 0, "size = ", shape[axis], " is negative");
  return {{DataType::kFloat32, shape}};
}

Types TopK(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  rule.Numeric(0);
  rule.RankAtLeast(0, 1);
  Shape shape = rule.shape(0);
  const int last = shape.rank() - 1;
  shape[last] = rule.IntIn("k", 0, shape[last] + 1);
  const DataType to = attributes.Type("to");
  rule.Check(to == DataType::kInt32 || to == DataType::kInt64, "to = ", Name(to),
             " must be int32 or int64");
  return {{rule.dtype(), shape}, {to, shape}};
}

Types Sort(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  rule.Numeric(0);
  rule.RankAtLeast(0, 1);
  attributes.Bool("descending");
  return {rule.input(0)};
}

}  // namespace

const std::vector<InferRow>& MovementRules() {
  static const std::vector<InferRow> rows = {
      {Op::kReshape, Reshape},
      {Op::kTranspose, Transpose},
      {Op::kBroadcastTo, BroadcastTo},
      {Op::kConcat, Concat},
      {Op::kSlice, Slice},
      {Op::kSliceGrad, SliceGrad},
      {Op::kPad, Pad},
      {Op::kMirrorPad, MirrorPad},
      {Op::kMirrorPadGrad, MirrorPad},
      {Op::kTile, Tile},
      {Op::kReverse, Reverse},
      {Op::kIota, Iota},
      {Op::kOneHot, OneHot},
      {Op::kGather, Gather},
      {Op::kGatherNd, GatherNd},
      {Op::kScatterNd, ScatterNd},
      {Op::kUnsortedSegment, UnsortedSegment},
      {Op::kMatrixBandPart, MatrixBandPart},
      {Op::kResample, Resample},
      {Op::kResampleGrad, ResampleGrad},
      {Op::kTopK, TopK},
      {Op::kSort, Sort},
  };
  return rows;
}

}  // namespace mlcompute
