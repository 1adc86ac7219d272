// Gradients of data movement.
#include <numeric>

#include "mlcompute/error.h"
#include "mlcompute/gradient/rule.h"

namespace mlcompute {
namespace {

using Dims = std::vector<int64_t>;

int64_t Product(const Dims& dims, size_t begin, size_t end) {
  return std::accumulate(dims.begin() + static_cast<std::ptrdiff_t>(begin),
                         dims.begin() + static_cast<std::ptrdiff_t>(end), int64_t{1},
                         std::multiplies<>());
}

void Reshape(Backward& b) { b.Give(0, b.Reshape(b.dy(), b.shape(b.x()).dims())); }

void Transpose(Backward& b) {
  const Dims& perm = b.attributes().Ints("perm");
  Dims inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i) {
    inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  }
  b.Give(0, b.Transpose(b.dy(), inverse));
}

void BroadcastTo(Backward& b) { b.Give(0, b.dy()); }  // Give() sums

void Concat(Backward& b) {
  const auto axis = static_cast<int>(b.attributes().Int("axis"));
  Dims begin(static_cast<size_t>(b.shape(b.y()).rank()), 0);
  for (size_t i = 0; i < b.input_count(); ++i) {
    const Shape shape = b.shape(b.x(i));
    if (b.wants(i)) b.Give(i, b.Slice(b.dy(), begin, shape.dims()));
    begin[static_cast<size_t>(axis)] += shape[axis];
  }
}

void Slice(Backward& b) {
  b.Give(0, b.Append(Op::kSliceGrad, {b.dy()},
                     {{"begin", b.attributes().Ints("begin")},
                      {"strides", b.attributes().Ints("strides")},
                      {"shape", b.shape(b.x()).dims()}}));
}

void SliceGrad(Backward& b) {
  b.Give(0, b.Append(Op::kSlice, {b.dy()},
                     {{"begin", b.attributes().Ints("begin")},
                      {"strides", b.attributes().Ints("strides")},
                      {"sizes", b.shape(b.x()).dims()}}));
}

void Pad(Backward& b) {
  const Value inner = b.Slice(b.dy(), b.attributes().Ints("before"), b.shape(b.x(0)).dims());
  b.Give(0, inner);
  if (b.wants(1)) b.Give(1, b.Sub(b.SumAll(b.dy()), b.SumAll(inner)));
}

void MirrorPad(Backward& b) { b.Give(0, b.Append(Op::kMirrorPadGrad, {b.dy()}, b.attributes())); }

void MirrorPadGrad(Backward& b) { b.Give(0, b.Append(Op::kMirrorPad, {b.dy()}, b.attributes())); }

void Tile(Backward& b) {
  const Dims& multiples = b.attributes().Ints("multiples");
  const Shape shape = b.shape(b.x());
  Dims dims, axes;
  for (int i = 0; i < shape.rank(); ++i) {
    axes.push_back(static_cast<int64_t>(dims.size()));
    dims.push_back(multiples[static_cast<size_t>(i)]);
    dims.push_back(shape[i]);
  }
  b.Give(0, axes.empty() ? b.dy() : b.Sum(b.Reshape(b.dy(), dims), axes, false));
}

void Reverse(Backward& b) { b.Give(0, b.Append(Op::kReverse, {b.dy()}, b.attributes())); }

// on where the index is, off elsewhere.
void OneHot(Backward& b) {
  const auto hot = [&](double on, double off) {
    const Value dy = b.dy();
    const Value is =
        b.Append(Op::kOneHot, {b.x(0), b.Number(dy, on), b.Number(dy, off)}, b.attributes());
    return b.SumAll(b.Mul(dy, is));
  };
  if (b.wants(1)) b.Give(1, hot(1, 0));
  if (b.wants(2)) b.Give(2, hot(0, 1));
}

// x [B, P, A, S] and indices [B, I] give [B, P, I, S]; rows of equal index add up.
void Gather(Backward& b) {
  const Dims x = b.shape(b.x(0)).dims();
  const Dims indices = b.shape(b.x(1)).dims();
  const auto axis = static_cast<size_t>(b.attributes().Int("axis"));
  const auto batch_dims = static_cast<size_t>(b.attributes().Int("batch_dims"));
  const int64_t batch = Product(x, 0, batch_dims);
  const int64_t outer = Product(x, batch_dims, axis);
  const int64_t size = x[axis];
  const int64_t inner = Product(x, axis + 1, x.size());
  const int64_t picked = Product(indices, batch_dims, indices.size());

  Value ids = b.Reshape(b.x(1), {batch, picked});
  if (batch > 1) {
    const Value first = b.Append(Op::kIota, {},
                                 {{"shape", Dims{batch}},
                                  {"to", b.dtype(ids)},
                                  {"start", 0.0},
                                  {"step", static_cast<double>(size)}});
    ids = b.Add(ids, b.Reshape(first, {batch, 1}));
  }
  Value rows = b.Reshape(b.dy(), {batch, outer, picked, inner});
  if (outer > 1) rows = b.Transpose(rows, {0, 2, 1, 3});
  rows = b.Reshape(rows, {batch, picked, outer, inner});
  Value dx = b.Append(Op::kUnsortedSegment, {rows, ids},
                      {{"segments", batch * size}, {"combine", std::string("sum")}});
  dx = b.Reshape(dx, {batch, size, outer, inner});
  if (outer > 1) dx = b.Transpose(dx, {0, 2, 1, 3});
  b.Give(0, b.Reshape(dx, x));
}

void GatherNd(Backward& b) {
  const Value zeros = b.Zeros(b.type(b.x(0)));
  b.Give(0, b.Append(Op::kScatterNd, {zeros, b.x(1), b.dy()}, {{"combine", std::string("add")}}));
}

// (x, indices [..., k], updates)
void ScatterNd(Backward& b) {
  const std::string& combine = b.attributes().String("combine");
  const Value indices = b.x(1), dy = b.dy();
  const Value picked = b.Append(Op::kGatherNd, {dy, indices});
  if (combine == "add" || combine == "sub") {
    b.Give(0, dy);
    if (b.wants(2)) b.Give(2, combine == "add" ? picked : b.Neg(picked));
    return;
  }
  if (combine != "update") {
    throw Unimplemented("there is no gradient of ", Name(b.op()), " with combine '", combine, "'");
  }
  if (b.wants(0)) {
    const Value zeros = b.Zeros(b.type(b.x(2)));
    b.Give(0, b.Append(Op::kScatterNd, {dy, indices, zeros}, b.attributes()));
  }
  if (!b.wants(2)) return;
  // Of several updates of one place the last one is there: the one whose number it received.
  const Shape updates = b.shape(b.x(2));
  const Value numbers = b.Reshape(b.Append(Op::kIota, {},
                                           {{"shape", Dims{updates.elements()}},
                                            {"to", DataType::kInt64},
                                            {"start", 0.0},
                                            {"step", 1.0}}),
                                  updates.dims());
  const Value nobody = b.Zeros({DataType::kInt64, b.shape(b.x(0))});
  const Value written = b.Append(Op::kScatterNd, {nobody, indices, numbers}, b.attributes());
  const Value last = b.Append(Op::kEqual, {b.Append(Op::kGatherNd, {written, indices}), numbers});
  b.Give(2, b.Select(last, picked, b.Number(picked, 0)));
}

void UnsortedSegment(Backward& b) {
  const std::string& combine = b.attributes().String("combine");
  if (combine != "sum") {
    throw Unimplemented("there is no gradient of ", Name(b.op()), " with combine '", combine, "'");
  }
  // Dropped elements have negative numbers.
  const Value ids = b.x(1);
  const Value zero = b.Number(ids, 0);
  const Value rows = b.Append(Op::kGather, {b.dy(), b.Append(Op::kMaximum, {ids, zero})},
                              {{"axis", int64_t{0}}, {"batch_dims", int64_t{0}}});
  Dims column = b.shape(ids).dims();
  column.resize(static_cast<size_t>(b.shape(rows).rank()), 1);
  const Value kept = b.Reshape(b.Append(Op::kGreaterEqual, {ids, zero}), column);
  b.Give(0, b.Select(kept, rows, b.Number(rows, 0)));
}

void MatrixBandPart(Backward& b) {
  b.Give(0, b.Append(Op::kMatrixBandPart, {b.dy()}, b.attributes()));
}

void Resample(Backward& b) {
  const int64_t axis = b.attributes().Int("axis");
  b.Give(0, b.Append(Op::kResampleGrad, {b.dy(), b.x(1), b.x(2)},
                     {{"axis", axis}, {"size", b.shape(b.x())[static_cast<int>(axis)]}}));
}

}  // namespace

const std::vector<GradientRow>& MovementGradients() {
  static const std::vector<GradientRow> rows = {
      {Op::kReshape, Reshape},
      {Op::kTranspose, Transpose},
      {Op::kBroadcastTo, BroadcastTo},
      {Op::kConcat, Concat},
      {Op::kSlice, Slice},
      {Op::kSliceGrad, SliceGrad},
      {Op::kPad, Pad},
      {Op::kMirrorPad, MirrorPad},
      {Op::kMirrorPadGrad, MirrorPadGrad},
      {Op::kTile, Tile},
      {Op::kReverse, Reverse},
      {Op::kIota, nullptr},
      {Op::kOneHot, OneHot},
      {Op::kGather, Gather},
      {Op::kGatherNd, GatherNd},
      {Op::kScatterNd, ScatterNd},
      {Op::kUnsortedSegment, UnsortedSegment},
      {Op::kMatrixBandPart, MatrixBandPart},
      {Op::kResample, Resample},
  };
  return rows;
}

const std::vector<GradientRow>& RandomGradients() {
  static const std::vector<GradientRow> rows = {
      {Op::kStatelessRandomGetKeyCounter, nullptr},
      {Op::kRandomUniform, nullptr},
      {Op::kRandomNormal, nullptr},
      {Op::kRandomTruncatedNormal, nullptr},
      {Op::kRandomBits, nullptr},
      {Op::kRandomUniformInt, nullptr},
      {Op::kRandomCategorical, nullptr},
      {Op::kRandomPermutation, nullptr},
  };
  return rows;
}

}  // namespace mlcompute
