#include <algorithm>

#include "mlcompute/program/rule.h"
#include "mlcompute/program/spatial.h"

namespace mlcompute {
namespace {

using Types = std::vector<TensorType>;

Types MatMul(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  rule.Numeric(0);
  rule.SameType(0, 1);
  rule.RankAtLeast(0, 2);
  rule.RankAtLeast(1, 2);
  const Shape& a = rule.shape(0);
  const Shape& b = rule.shape(1);
  const int a_last = a.rank() - 1;
  const int b_last = b.rank() - 1;
  const bool transpose_a = attributes.Bool("transpose_a");
  const bool transpose_b = attributes.Bool("transpose_b");
  const int64_t m = a[transpose_a ? a_last : a_last - 1];
  const int64_t k = a[transpose_a ? a_last - 1 : a_last];
  const int64_t n = b[transpose_b ? b_last - 1 : b_last];
  rule.Check(k == b[transpose_b ? b_last : b_last - 1], "inner sizes of ", rule.input(0).ToString(),
             transpose_a ? " (transposed)" : "", " and ", rule.input(1).ToString(),
             transpose_b ? " (transposed)" : "", " differ");
  std::vector<int64_t> dims =
      Broadcast(Shape(std::vector<int64_t>(a.dims().begin(), a.dims().end() - 2)),
                Shape(std::vector<int64_t>(b.dims().begin(), b.dims().end() - 2)))
          .dims();
  dims.push_back(m);
  dims.push_back(n);
  return {{rule.dtype(), Shape(std::move(dims))}};
}

// The spatial rank of activations of shape `x`.
int SpatialRank(const Rule& rule, const Shape& x, const char* what) {
  const int r = x.rank() - 2;
  rule.Check(r >= 1 && r <= 3, what, " ", x.ToString(), " must have rank 3, 4 or 5");
  return r;
}

void CheckSpatial(const Rule& rule, int r) {
  const auto n = static_cast<size_t>(r);
  rule.Ints("strides", n, 1);
  rule.Ints("pads_begin", n, 0);
  rule.Ints("pads_end", n, 0);
}

// The shape a window makes of `x`, with `channels` channels.
Shape Slide(const Rule& rule, const Spatial& spatial, const ActivationLayout& layout,
            const Shape& x, int64_t channels) {
  std::vector<int64_t> positions;
  for (int i = 0; i < spatial.rank(); ++i) {
    const int64_t in = x[layout.spatial_axis(i)];
    positions.push_back(spatial.Positions(i, in));
    rule.Check(positions.back() >= 0, "a window of ", Shape(spatial.window).ToString(),
               " does not fit ", x.ToString(), " with pads ", Shape(spatial.pads_begin).ToString(),
               " and ", Shape(spatial.pads_end).ToString());
  }
  return layout.Make(x[0], positions, channels);
}

// The result of convolving `x` with `filter`, after checking that they fit.
Shape Convolved(const Rule& rule, const Shape& x, const Shape& filter) {
  const int r = SpatialRank(rule, x, "x");
  rule.Check(filter.rank() == r + 2, "filter ", filter.ToString(), " must have rank ", r + 2,
             " for x ", x.ToString());
  CheckSpatial(rule, r);
  rule.Ints("dilations", static_cast<size_t>(r), 1);
  const ActivationLayout layout{rule.attributes.Bool("channels_last"), r};
  const int64_t channels = x[layout.channel_axis()];
  const int64_t groups = rule.attributes.Int("groups");
  rule.Check(groups >= 1, "groups = ", groups, " must be positive");
  rule.Check(filter[r] * groups == channels, "x ", x.ToString(), " has ", channels,
             " channels, but filter ", filter.ToString(), " takes ", filter[r], " in each of ",
             groups, " groups");
  rule.Check(filter[r + 1] % groups == 0, "the ", filter[r + 1], " output channels of filter ",
             filter.ToString(), " do not divide into ", groups, " groups");
  for (int i = 0; i < r; ++i) {
    rule.Check(filter[i] >= 1, "filter ", filter.ToString(), " is empty in space");
  }
  return Slide(rule, ConvolutionSpatial(rule.attributes, filter), layout, x, filter[r + 1]);
}

void ConvolutionInputs(const Rule& rule) {
  rule.InputCount(2);
  rule.Numeric(0);
  rule.SameType(0, 1);
}

Types Convolution(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  ConvolutionInputs(rule);
  return {{rule.dtype(), Convolved(rule, rule.shape(0), rule.shape(1))}};
}

Types ConvolutionGradInput(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  ConvolutionInputs(rule);
  const Shape x = rule.ShapeAttribute("input_shape");
  rule.ShapeIs(1, Convolved(rule, x, rule.shape(0)));
  return {{rule.dtype(), x}};
}

Types ConvolutionGradFilter(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  ConvolutionInputs(rule);
  const Shape filter = rule.ShapeAttribute("filter_shape");
  rule.ShapeIs(1, Convolved(rule, rule.shape(0), filter));
  return {{rule.dtype(), filter}};
}

Shape Pooled(const Rule& rule, const Shape& x) {
  const int r = SpatialRank(rule, x, "x");
  CheckSpatial(rule, r);
  rule.Ints("window", static_cast<size_t>(r), 1);
  const Spatial spatial = PoolingSpatial(rule.attributes);
  for (size_t i = 0; i < spatial.window.size(); ++i) {
    rule.Check(spatial.pads_begin[i] < spatial.window[i] && spatial.pads_end[i] < spatial.window[i],
               "pads ", Shape(spatial.pads_begin).ToString(), " and ",
               Shape(spatial.pads_end).ToString(), " must be less than the window ",
               Shape(spatial.window).ToString());
  }
  const ActivationLayout layout{rule.attributes.Bool("channels_last"), r};
  return Slide(rule, spatial, layout, x, x[layout.channel_axis()]);
}

Types Pool(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  if (op == Op::kAvgPool) {
    rule.Floating(0);
  } else {
    rule.Numeric(0);
  }
  return {{rule.dtype(), Pooled(rule, rule.shape(0))}};
}

Types MaxPoolGrad(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(3);
  rule.Numeric(0);
  rule.SameType(0, 1);
  rule.SameType(0, 2);
  const Shape pooled = Pooled(rule, rule.shape(0));
  rule.ShapeIs(1, pooled);
  rule.ShapeIs(2, pooled);
  return {rule.input(0)};
}

Types AvgPoolGrad(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  rule.Floating(0);
  const Shape x = rule.ShapeAttribute("input_shape");
  rule.ShapeIs(0, Pooled(rule, x));
  return {{rule.dtype(), x}};
}

Types Softmax(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(1);
  rule.Floating(0);
  rule.RankAtLeast(0, 1);
  return {rule.input(0)};
}

Types CrossEntropy(Op op, const Types& inputs, const Attributes& attributes) {
  const Rule rule{op, inputs, attributes};
  rule.InputCount(2);
  rule.Floating(0);
  rule.Rank(0, 2);
  const int64_t n = rule.shape(0)[0];
  if (op == Op::kSoftmaxCrossEntropy) {
    rule.SameType(0, 1);
    rule.ShapeIs(1, rule.shape(0));
  } else {
    rule.Indices(1);
    rule.ShapeIs(1, {n});
  }
  return {{rule.dtype(), {n}}, rule.input(0)};
}

}  // namespace

const std::vector<InferRow>& MatrixRules() {
  static const std::vector<InferRow> rows = {
      {Op::kMatMul, MatMul},
      {Op::kConvolution, Convolution},
      {Op::kConvolutionGradInput, ConvolutionGradInput},
      {Op::kConvolutionGradFilter, ConvolutionGradFilter},
      {Op::kMaxPool, Pool},
      {Op::kMaxPoolGrad, MaxPoolGrad},
      {Op::kAvgPool, Pool},
      {Op::kAvgPoolGrad, AvgPoolGrad},
      {Op::kSoftmax, Softmax},
      {Op::kLogSoftmax, Softmax},
      {Op::kSoftmaxCrossEntropy, CrossEntropy},
      {Op::kSparseSoftmaxCrossEntropy, CrossEntropy},
  };
  return rows;
}

}  // namespace mlcompute
