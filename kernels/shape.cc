// Ops that repeat, reorder or fill elements: fill, broadcast, transpose, tile, reverse, roll,
// range.
#include <cmath>

#include "kernels/op_row.h"
#include "mlcompute/float16.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

std::vector<int64_t> StaticVector(const BuildContext& c, int i, const char* name) {
  if (c.shape(i).rank() != 1) {
    throw InvalidArgument(name, " must be a vector, got shape ", c.shape(i).ToString());
  }
  return c.StaticInts(i);
}

Value Broadcast(const BuildContext& c, Value v, const std::vector<int64_t>& shape) {
  if (c.program.type(v).shape == Shape(shape)) return v;
  return c.Append(Op::kBroadcastTo, {v}, {{"shape", shape}});
}

// (dims, value)
void BuildFill(BuildContext& c) {
  const std::vector<int64_t> dims = StaticVector(c, 0, "dims");
  for (const int64_t dim : dims) {
    if (dim < 0) throw InvalidArgument("Dimension ", dim, " must be >= 0");
  }
  if (c.shape(1).rank() != 0 && c.type(1).elements() != 1) {
    throw InvalidArgument("value must be a scalar, got shape ", c.shape(1).ToString());
  }
  Value value = c.input(1);
  if (c.shape(1).rank() != 0) {
    value = c.Append(Op::kReshape, {value}, {{"shape", std::vector<int64_t>{}}});
  }
  c.Output(Broadcast(c, value, dims));
}

// (shape): TensorFlow leaves the contents open unless `init` asks for zeros; they are always zeros.
void BuildEmpty(BuildContext& c) {
  const std::vector<int64_t> dims = StaticVector(c, 0, "shape");
  for (const int64_t dim : dims) {
    if (dim < 0) throw InvalidArgument("Dimension ", dim, " must be >= 0");
  }
  c.Output(Broadcast(c, c.program.AddScalar(c.node.Type("dtype"), 0), dims));
}

void BuildBroadcastTo(BuildContext& c) {
  const Shape& from = c.shape(0);
  const Shape to(c.StaticInts(1));
  for (int i = 0; i < to.rank(); ++i) {
    if (to[i] < 0) throw InvalidArgument("Dimension ", to[i], " must be >= 0");
  }
  if (from.rank() > to.rank()) {
    throw InvalidArgument("Rank of input (", from.rank(), ") must be no greater than rank of ",
                          "output shape (", to.rank(), ")");
  }
  for (int i = 1; i <= from.rank(); ++i) {
    const int64_t dim = from[from.rank() - i];
    if (dim != 1 && dim != to[to.rank() - i]) {
      throw InvalidArgument("Incompatible shapes: ", from.ToString(), " vs. ", to.ToString());
    }
  }
  c.Output(Broadcast(c, c.input(0), to.dims()));
}

void BuildTranspose(BuildContext& c) {
  const int rank = c.shape(0).rank();
  std::vector<int64_t> perm = StaticVector(c, 1, "perm");
  if (static_cast<int>(perm.size()) != rank) {
    throw InvalidArgument("transpose expects a vector of size ", rank,
                          ". But input(1) is a vector of size ", perm.size());
  }
  std::vector<bool> seen(perm.size(), false);
  bool moves = false;
  for (size_t i = 0; i < perm.size(); ++i) {
    const int64_t given = perm[i];
    if (given < -rank || given >= rank) {
      throw InvalidArgument(given, " is out of range [0 .. ", rank, ")");
    }
    perm[i] = given < 0 ? given + rank : given;
    if (seen[static_cast<size_t>(perm[i])]) {
      throw InvalidArgument("perm names dimension ", perm[i], " twice: ", Shape(perm).ToString());
    }
    seen[static_cast<size_t>(perm[i])] = true;
    moves = moves || perm[i] != static_cast<int64_t>(i);
  }
  c.Output(moves ? c.Append(Op::kTranspose, {c.input(0)}, {{"perm", perm}}) : c.input(0));
}

void BuildTile(BuildContext& c) {
  const std::vector<int64_t> multiples = StaticVector(c, 1, "multiples");
  const int rank = c.shape(0).rank();
  if (static_cast<int>(multiples.size()) != rank) {
    throw InvalidArgument("Expected multiples argument to be a vector of length ", rank,
                          " but got length ", multiples.size());
  }
  bool repeats = false;
  bool broadcasts = true;  // whether only axes of size 1 are repeated
  std::vector<int64_t> shape = c.shape(0).dims();
  for (size_t i = 0; i < multiples.size(); ++i) {
    if (multiples[i] < 0) {
      throw InvalidArgument("Expected multiples[", i, "] >= 0, but got ", multiples[i]);
    }
    repeats = repeats || multiples[i] != 1;
    broadcasts = broadcasts && (multiples[i] == 1 || (shape[i] == 1 && multiples[i] > 0));
    shape[i] *= multiples[i];
  }
  if (!repeats) return c.Output(c.input(0));
  // Elementwise operations read through a broadcast.
  c.Output(broadcasts ? c.Append(Op::kBroadcastTo, {c.input(0)}, {{"shape", shape}})
                      : c.Append(Op::kTile, {c.input(0)}, {{"multiples", multiples}}));
}

void Reverse(BuildContext& c, const std::vector<int64_t>& axes) {
  c.Output(axes.empty() ? c.input(0) : c.Append(Op::kReverse, {c.input(0)}, {{"axes", axes}}));
}

void BuildReverseV2(BuildContext& c) {
  const int rank = c.shape(0).rank();
  const std::vector<int64_t> given = StaticVector(c, 1, "axis");
  if (rank == 0) return c.Output(c.input(0));  // whatever the axes, as on the CPU
  std::vector<bool> reversed(static_cast<size_t>(rank), false);
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i] < -rank || given[i] >= rank) {
      throw InvalidArgument("'axis'[", i, "] = ", given[i], " is out of valid range [0, ",
                            rank - 1);
    }
    const auto axis = static_cast<size_t>(given[i] < 0 ? given[i] + rank : given[i]);
    if (reversed[axis]) throw InvalidArgument("axis ", axis, " specified more than once.");
    reversed[axis] = true;
  }
  std::vector<int64_t> axes;
  for (int axis = 0; axis < rank; ++axis) {
    if (reversed[static_cast<size_t>(axis)]) axes.push_back(axis);
  }
  Reverse(c, axes);
}

// The first version of the op: one bool for each axis.
void BuildReverse(BuildContext& c) {
  const std::vector<int64_t> dims = StaticVector(c, 1, "dims");
  if (static_cast<int>(dims.size()) != c.shape(0).rank()) {
    throw InvalidArgument("'dims' must have ", c.shape(0).rank(), " values, not ", dims.size());
  }
  std::vector<int64_t> axes;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i]) axes.push_back(static_cast<int64_t>(i));
  }
  Reverse(c, axes);
}

// (input, shift, axis): along each axis, the tail of the input comes before its head.
void BuildRoll(BuildContext& c) {
  const Shape shape = c.shape(0);
  if (shape.rank() < 1) throw InvalidArgument("input must be 1-D or higher");
  if (c.shape(1) != c.shape(2) || c.shape(1).rank() > 1) {
    throw InvalidArgument("shift and axis must be scalars or vectors of the same size, not of ",
                          "shape ", c.shape(1).ToString(), " and ", c.shape(2).ToString());
  }
  const std::vector<int64_t> shifts = c.StaticInts(1);
  const std::vector<int64_t> axes = c.StaticInts(2);
  Value v = c.input(0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = mlcompute::NormalizeAxis(axes[i], shape.rank());
    const int64_t size = shape[axis];
    const int64_t shift = size == 0 ? 0 : ((shifts[i] % size) + size) % size;
    if (shift == 0) continue;
    const auto part = [&](int64_t from, int64_t length) {
      std::vector<int64_t> begin(shape.dims().size(), 0);
      std::vector<int64_t> sizes = shape.dims();
      begin[static_cast<size_t>(axis)] = from;
      sizes[static_cast<size_t>(axis)] = length;
      return c.Append(
          Op::kSlice, {v},
          {{"begin", begin}, {"strides", std::vector<int64_t>(sizes.size(), 1)}, {"sizes", sizes}});
    };
    const Value tail = part(size - shift, shift);
    v = c.Append(Op::kConcat, {tail, part(0, size - shift)}, {{"axis", int64_t{axis}}});
  }
  c.Output(v);
}

// (input, num_lower, num_upper)
void BuildBandPart(BuildContext& c) {
  const Shape& shape = c.shape(0);
  if (shape.rank() < 2) {
    throw InvalidArgument("input must be at least 2-dim, received shape: ", shape.ToString());
  }
  const int64_t rows = shape[shape.rank() - 2];
  const int64_t columns = shape[shape.rank() - 1];
  const int64_t lower = c.StaticInt(1);
  const int64_t upper = c.StaticInt(2);
  if (lower > rows) {
    throw InvalidArgument("num_lower must be negative or less or equal to number of rows (", rows,
                          ") got: ", lower);
  }
  if (upper > columns) {
    throw InvalidArgument("num_upper must be negative or less or equal to number of columns (",
                          columns, ") got: ", upper);
  }
  c.Output(c.Append(Op::kMatrixBandPart, {c.input(0)}, {{"lower", lower}, {"upper", upper}}));
}

// `x` rounded to the type. Of one arithmetic operation on numbers of the type, rounding the result
// in double is rounding it once: a double has more than twice the digits.
double Rounded(double x, DataType type) {
  const auto single = static_cast<float>(x);
  switch (type) {
    case DataType::kFloat32:
      return single;
    case DataType::kFloat16:
      return static_cast<float>(mlcompute::Float16(single));
    case DataType::kBFloat16:
      return static_cast<float>(mlcompute::BFloat16(single));
    default:
      return x;
  }
}

// (start, limit, delta), all known when the program is built. As TensorFlow's, the size is computed
// in the type: (1.1 - 0.1) / 0.1 is 10 in float32, but more than 10 in double.
void BuildRange(BuildContext& c) {
  const double start = c.StaticNumber(0);
  const double limit = c.StaticNumber(1);
  const double delta = c.StaticNumber(2);
  if (delta == 0) throw InvalidArgument("Requires delta != 0: ", delta);
  if (delta > 0 ? start > limit : start < limit) {
    throw InvalidArgument("Requires start ", delta > 0 ? "<=" : ">=", " limit when delta ",
                          delta > 0 ? "> 0: " : "< 0: ", start, "/", limit);
  }
  const DataType type = c.node.Type("Tidx");
  const double size = std::ceil(std::abs(Rounded(Rounded(limit - start, type) / delta, type)));
  constexpr double kExact = 9007199254740992.0;  // 2^53: larger integers are no doubles
  if (!(size < kExact) || std::abs(start) > kExact || std::abs(limit) > kExact) {
    throw mlcompute::Unimplemented("a range from ", start, " to ", limit, " by ", delta);
  }
  c.Output(c.Append(Op::kIota, {},
                    {{"shape", std::vector<int64_t>{static_cast<int64_t>(size)}},
                     {"to", type},
                     {"start", start},
                     {"step", delta}}));
}

}  // namespace

const Rows& ShapeRows() {
  static const Rows rows = [] {
    const TypeAttr any = {"T", AnyType()};
    const TypeAttr any_but_int32 = {"T", ButInt32(AnyType())};
    const TypeAttr int32 = {"T", Int32()};
    const std::vector<HostArg> dims = {Static("dims", 0)};
    OpRow fill = {"Fill", BuildFill, {int32, {"index_type", {DataType::kInt32}}}, dims};
    fill.cluster_only = true;
    return Rows{
        {"Fill", BuildFill, {any_but_int32, {"index_type", IndexTypes()}}, dims},
        {"Empty", BuildEmpty, {{"dtype", ButInt32(AnyType())}}, {Static("shape", 0)}},
        {"Fill", BuildFill, {int32, {"index_type", {DataType::kInt64}}}, dims},
        fill,
        {"BroadcastTo", BuildBroadcastTo, {any_but_int32}, {Static("shape", 1)}},
        {"BroadcastTo",
         BuildBroadcastTo,
         {int32},
         {InHost("input"), Static("shape", 1), InHost("output")}},
        {"Transpose", BuildTranspose, {any}, {Static("perm", 1)}},
        {"ConjugateTranspose", BuildTranspose, {any}, {Static("perm", 1)}},
        {"Tile", BuildTile, {any}, {Static("multiples", 1)}},
        {"ReverseV2", BuildReverseV2, {any_but_int32}, {Static("axis", 1)}},
        {"ReverseV2",
         BuildReverseV2,
         {int32},
         {InHost("tensor"), Static("axis", 1), InHost("output")}},
        {"Reverse", BuildReverse, {any}, {Static("dims", 1)}},
        {"Roll", BuildRoll, {any}, {Static("shift", 1), Static("axis", 2)}},
        {"MatrixBandPart", BuildBandPart, {any}, {Static("num_lower", 1), Static("num_upper", 2)}},
        {"Range",
         BuildRange,
         {{"Tidx", Join(Floats(), {DataType::kInt64})}},
         {Static("start", 0), Static("limit", 1), Static("delta", 2)}},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
