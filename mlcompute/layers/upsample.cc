#include "mlcompute/layers/upsample.h"

#include <algorithm>
#include <cmath>

namespace mlcompute {

UpsampleLayer::UpsampleLayer(Yx shape, SampleMode mode, bool aligns_corners)
    : Layer("Upsampling"), shape_(shape), mode_(mode), aligns_corners_(aligns_corners) {
  if (shape.y < 1 || shape.x < 1) {
    throw InvalidArgument("layer ", Describe(), ": shape ", Shape(shape.numbers()).ToString(),
                          " must be positive");
  }
}

Value UpsampleLayer::Nearest(Lowering& to, Value x, int axis, int64_t out) const {
  const int64_t in = to.shape(x)[axis];
  if (in == out) return x;
  std::vector<int64_t> indices(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; ++i) indices[static_cast<size_t>(i)] = i * in / out;
  const Value index = to.program().AddConstant({DataType::kInt64, {out}}, indices.data());
  return to.Append(Op::kGather, {x, index}, {{"axis", int64_t{axis}}, {"batch_dims", int64_t{0}}});
}

Value UpsampleLayer::Weights(Lowering& to, Value x, int64_t in, int64_t out) const {
  std::vector<float> weights(static_cast<size_t>(in * out), 0);
  for (int64_t i = 0; i < out; ++i) {
    double at =
        (static_cast<double>(i) + 0.5) * static_cast<double>(in) / static_cast<double>(out) - 0.5;
    if (aligns_corners_) {
      at = out == 1 ? 0 : static_cast<double>(i * (in - 1)) / static_cast<double>(out - 1);
    }
    at = std::clamp(at, 0.0, static_cast<double>(in - 1));
    const auto low = static_cast<int64_t>(std::floor(at));
    const int64_t high = std::min(low + 1, in - 1);
    const auto part = static_cast<float>(at - static_cast<double>(low));
    weights[static_cast<size_t>(i * in + low)] += 1 - part;
    weights[static_cast<size_t>(i * in + high)] += part;
  }
  const Value constant = to.program().AddConstant({DataType::kFloat32, {out, in}}, weights.data());
  if (to.dtype(x) == DataType::kFloat32) return constant;
  return to.Append(Op::kCast, {constant}, {{"to", to.dtype(x)}});
}

std::vector<Value> UpsampleLayer::Lower(Lowering& to, const std::vector<Value>& sources) const {
  SourceCount(sources, 1);
  const Value x = sources[0];
  const Shape& in = to.shape(x);
  CheckRank(in, 4);
  if (mode_ == SampleMode::kNearest) {
    return {Nearest(to, Nearest(to, x, 2, shape_.y), 3, shape_.x)};
  }
  if (!IsFloating(to.dtype(x))) {
    throw InvalidArgument("takes floating point, got ", to.type(x).ToString());
  }
  // Rows are mixed by a matrix from the left, columns by one from the right.
  const Value rows = to.Append(Op::kMatMul, {Weights(to, x, in[2], shape_.y), x},
                               {{"transpose_a", false}, {"transpose_b", false}});
  return {to.Append(Op::kMatMul, {rows, Weights(to, x, in[3], shape_.x)},
                    {{"transpose_a", false}, {"transpose_b", true}})};
}

}  // namespace mlcompute
