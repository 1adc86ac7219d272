// Gradients of products, convolutions, pooling and softmax.
#include "mlcompute/error.h"
#include "mlcompute/gradient/rule.h"

namespace mlcompute {
namespace {

void MatMul(Backward& b) {
  const bool ta = b.attributes().Bool("transpose_a");
  const bool tb = b.attributes().Bool("transpose_b");
  const Value dy = b.dy();
  // With A = op(a) and B = op(b): dA = dy B^T, dB = A^T dy, and transposed where a and b are.
  if (b.wants(0)) {
    b.Give(0, ta ? b.MatMul(b.x(1), dy, tb, true) : b.MatMul(dy, b.x(1), false, !tb));
  }
  if (b.wants(1)) {
    b.Give(1, tb ? b.MatMul(dy, b.x(0), true, ta) : b.MatMul(b.x(0), dy, !ta, false));
  }
}

Attributes With(const Attributes& attributes, const char* name, const Shape& shape) {
  Attributes all = attributes;
  return all.Set(name, shape.dims());
}

void Convolution(Backward& b) {
  const Value x = b.x(0), filter = b.x(1), dy = b.dy();
  if (b.wants(0)) {
    b.Give(0, b.Append(Op::kConvolutionGradInput, {filter, dy},
                       With(b.attributes(), "input_shape", b.shape(x))));
  }
  if (b.wants(1)) {
    b.Give(1, b.Append(Op::kConvolutionGradFilter, {x, dy},
                       With(b.attributes(), "filter_shape", b.shape(filter))));
  }
}

// The attributes of the convolution itself.
Attributes OfConvolution(const Attributes& from) {
  return {{"strides", from.Ints("strides")},       {"dilations", from.Ints("dilations")},
          {"pads_begin", from.Ints("pads_begin")}, {"pads_end", from.Ints("pads_end")},
          {"groups", from.Int("groups")},          {"channels_last", from.Bool("channels_last")}};
}

// (filter, g) -> the gradient of a convolution's input; linear in both.
void ConvolutionGradInput(Backward& b) {
  const Attributes attributes = OfConvolution(b.attributes());
  const Value filter = b.x(0), g = b.x(1), dy = b.dy();
  if (b.wants(0)) {
    b.Give(0, b.Append(Op::kConvolutionGradFilter, {dy, g},
                       With(attributes, "filter_shape", b.shape(filter))));
  }
  if (b.wants(1)) b.Give(1, b.Append(Op::kConvolution, {dy, filter}, attributes));
}

// (x, g) -> the gradient of a convolution's filter; linear in both.
void ConvolutionGradFilter(Backward& b) {
  const Attributes attributes = OfConvolution(b.attributes());
  const Value x = b.x(0), g = b.x(1), dy = b.dy();
  if (b.wants(0)) {
    b.Give(0, b.Append(Op::kConvolutionGradInput, {dy, g},
                       With(attributes, "input_shape", b.shape(x))));
  }
  if (b.wants(1)) b.Give(1, b.Append(Op::kConvolution, {x, dy}, attributes));
}

void MaxPool(Backward& b) {
  b.Give(0, b.Append(Op::kMaxPoolGrad, {b.x(), b.y(), b.dy()}, b.attributes()));
}

void AvgPool(Backward& b) {
  b.Give(0,
         b.Append(Op::kAvgPoolGrad, {b.dy()}, With(b.attributes(), "input_shape", b.shape(b.x()))));
}

void AvgPoolGrad(Backward& b) {
  const Attributes& from = b.attributes();
  b.Give(0, b.Append(Op::kAvgPool, {b.dy()},
                     {{"window", from.Ints("window")},
                      {"strides", from.Ints("strides")},
                      {"pads_begin", from.Ints("pads_begin")},
                      {"pads_end", from.Ints("pads_end")},
                      {"channels_last", from.Bool("channels_last")}}));
}

std::vector<int64_t> LastAxis(Backward& b) { return {b.shape(b.x()).rank() - 1}; }

void Softmax(Backward& b) {
  const Value weighted = b.Sum(b.Mul(b.dy(), b.y()), LastAxis(b), true);
  b.Give(0, b.Mul(b.Sub(b.dy(), weighted), b.y()));
}

void LogSoftmax(Backward& b) {
  const Value sum = b.Sum(b.dy(), LastAxis(b), true);
  b.Give(0, b.Sub(b.dy(), b.Mul(b.Append(Op::kExp, {b.y()}), sum)));
}

// Of the loss, for labels that add up to 1, which the operation's own gradient takes for granted;
// that is not differentiated again.
void CrossEntropy(Backward& b) {
  if (b.has_dy(1)) throw Unimplemented("the second derivative of ", Name(b.op()));
  const Value dy = b.Reshape(b.dy(0), {b.shape(b.dy(0))[0], 1});
  if (b.wants(0)) b.Give(0, b.Mul(b.y(1), dy));
  if (b.wants(1)) b.Give(1, b.Neg(b.Mul(b.Append(Op::kLogSoftmax, {b.x(0)}), dy)));
}

}  // namespace

const std::vector<GradientRow>& MatrixGradients() {
  static const std::vector<GradientRow> rows = {
      {Op::kMatMul, MatMul},
      {Op::kConvolution, Convolution},
      {Op::kConvolutionGradInput, ConvolutionGradInput},
      {Op::kConvolutionGradFilter, ConvolutionGradFilter},
      {Op::kMaxPool, MaxPool},
      {Op::kAvgPool, AvgPool},
      {Op::kAvgPoolGrad, AvgPoolGrad},
      {Op::kSoftmax, Softmax},
      {Op::kLogSoftmax, LogSoftmax},
      {Op::kSoftmaxCrossEntropy, CrossEntropy},
      {Op::kSparseSoftmaxCrossEntropy, CrossEntropy},
  };
  return rows;
}

}  // namespace mlcompute
