#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using Types = std::vector<TensorType>;
using Ints64 = std::vector<int64_t>;

TensorType F(std::initializer_list<int64_t> dims) { return {DataType::kFloat32, Shape(dims)}; }
TensorType I(std::initializer_list<int64_t> dims) { return {DataType::kInt32, Shape(dims)}; }

std::string Refused(Op op, const Types& inputs, const Attributes& attributes) {
  return InvalidArgumentOf([&] { Infer(op, inputs, attributes); });
}

Attributes Transposes(bool a, bool b) { return {{"transpose_a", a}, {"transpose_b", b}}; }

TEST(MatMulRule, Shapes) {
  EXPECT_EQ(Infer(Op::kMatMul, {F({2, 3}), F({3, 4})}, Transposes(false, false)), Types{F({2, 4})});
  EXPECT_EQ(Infer(Op::kMatMul, {F({5, 1, 3, 2}), F({7, 4, 3})}, Transposes(true, true)),
            Types{F({5, 7, 2, 4})});
}

TEST(MatMulRule, RefusesWhatDoesNotFit) {
  EXPECT_EQ(Refused(Op::kMatMul, {F({2, 3}), F({4, 3})}, Transposes(false, false)),
            "MatMul: inner sizes of float32[2,3] and float32[4,3] differ");
  EXPECT_EQ(Refused(Op::kMatMul, {F({2, 3}), I({3, 4})}, Transposes(false, false)),
            "MatMul: inputs 0 and 1 must have one element type, got float32[2,3] and int32[3,4]");
  EXPECT_EQ(Refused(Op::kMatMul, {F({3}), F({3, 4})}, Transposes(false, false)),
            "MatMul: input 0 must have rank 2 or more, got float32[3]");
  EXPECT_EQ(Refused(Op::kMatMul, {F({3, 4})}, Transposes(false, false)),
            "MatMul: takes 2 inputs, got 1");
  Refused(Op::kMatMul, {F({2, 2, 3}), F({3, 3, 4})}, Transposes(false, false));
}

Attributes Convolution() {
  return {{"strides", Ints64{2, 1}},
          {"dilations", Ints64{1, 2}},
          {"pads_begin", Ints64{1, 0}},
          {"pads_end", Ints64{0, 0}},
          {"groups", int64_t{2}},
          {"channels_last", true},
          {"input_shape", Ints64{8, 6, 7, 4}},
          {"filter_shape", Ints64{3, 2, 2, 6}}};
}

Attributes With(Attributes attributes, std::string_view name, AttributeValue value) {
  return attributes.Set(name, std::move(value));
}

TEST(ConvolutionRule, Shapes) {
  const TensorType x = F({8, 6, 7, 4});
  const TensorType filter = F({3, 2, 2, 6});
  const TensorType y = F({8, 3, 5, 6});
  EXPECT_EQ(Infer(Op::kConvolution, {x, filter}, Convolution()), Types{y});
  EXPECT_EQ(Infer(Op::kConvolutionGradInput, {filter, y}, Convolution()), Types{x});
  EXPECT_EQ(Infer(Op::kConvolutionGradFilter, {x, y}, Convolution()), Types{filter});
  EXPECT_EQ(Infer(Op::kConvolution, {F({8, 4, 6, 7}), filter},
                  With(Convolution(), "channels_last", false)),
            Types{F({8, 6, 3, 5})});
}

TEST(ConvolutionRule, AWindowLargerThanXByOneHasNoPositions) {
  EXPECT_EQ(Infer(Op::kConvolution, {F({8, 1, 7, 4}), F({3, 2, 2, 6})}, Convolution())[0].shape,
            (Shape{8, 0, 5, 6}));
}

TEST(ConvolutionRule, RefusesWhatDoesNotFit) {
  const TensorType x = F({8, 6, 7, 4});
  const TensorType filter = F({3, 2, 2, 6});
  const auto refused = [&](const TensorType& a, const TensorType& b, const Attributes& attributes) {
    return Refused(Op::kConvolution, {a, b}, attributes);
  };
  EXPECT_EQ(refused(F({8, 6, 7, 6}), filter, Convolution()),
            "Convolution: x [8,6,7,6] has 6 channels, but filter [3,2,2,6] takes 2 in each of 2 "
            "groups");
  EXPECT_EQ(refused(x, F({3, 2, 2, 5}), Convolution()),
            "Convolution: the 5 output channels of filter [3,2,2,5] do not divide into 2 groups");
  EXPECT_EQ(refused(x, F({11, 2, 2, 6}), Convolution()),
            "Convolution: a window of [11,2] does not fit [8,6,7,4] with pads [1,0] and [0,0]");
  EXPECT_EQ(refused(x, F({3, 2, 6}), Convolution()),
            "Convolution: filter [3,2,6] must have rank 4 for x [8,6,7,4]");
  EXPECT_EQ(refused(x, filter, With(Convolution(), "strides", Ints64{0, 1})),
            "Convolution: strides = [0,1] holds a value under 1");
  EXPECT_EQ(refused(x, filter, With(Convolution(), "dilations", Ints64{1})),
            "Convolution: dilations = [1] must have 2 elements for input float32[8,6,7,4]");
  refused(x, filter, With(Convolution(), "pads_end", Ints64{-1, 0}));
  refused(x, filter, With(Convolution(), "groups", int64_t{0}));
  refused(x, F({0, 2, 2, 6}), Convolution());
  refused(F({8, 4}), filter, Convolution());
  refused(x, I({3, 2, 2, 6}), Convolution());
}

TEST(ConvolutionRule, GradientsCheckDy) {
  EXPECT_EQ(Refused(Op::kConvolutionGradInput, {F({3, 2, 2, 6}), F({8, 3, 4, 6})}, Convolution()),
            "ConvolutionGradInput: input 1 must have shape [8,3,5,6], got float32[8,3,4,6]");
  Refused(Op::kConvolutionGradFilter, {F({8, 6, 7, 4}), F({8, 3, 5, 4})}, Convolution());
}

Attributes Window() {
  return {{"window", Ints64{3, 2}},     {"strides", Ints64{2, 2}},
          {"pads_begin", Ints64{1, 0}}, {"pads_end", Ints64{1, 1}},
          {"channels_last", true},      {"input_shape", Ints64{1, 4, 5, 2}}};
}

TEST(PoolingRule, Shapes) {
  const TensorType x = F({1, 4, 5, 2});
  const TensorType y = F({1, 2, 3, 2});
  EXPECT_EQ(Infer(Op::kMaxPool, {x}, Window()), Types{y});
  EXPECT_EQ(Infer(Op::kAvgPool, {x}, Window()), Types{y});
  EXPECT_EQ(Infer(Op::kMaxPoolGrad, {x, y, y}, Window()), Types{x});
  EXPECT_EQ(Infer(Op::kAvgPoolGrad, {y}, Window()), Types{x});
}

TEST(PoolingRule, RefusesWhatDoesNotFit) {
  Refused(Op::kMaxPool, {F({1, 4, 5, 2})}, With(Window(), "pads_begin", Ints64{3, 0}));
  Refused(Op::kMaxPool, {F({1, 4, 5, 2})}, With(Window(), "window", Ints64{3}));
  Refused(Op::kAvgPool, {I({1, 4, 5, 2})}, Window());
  EXPECT_EQ(
      Refused(Op::kMaxPoolGrad, {F({1, 4, 5, 2}), F({1, 2, 3, 2}), F({1, 2, 2, 2})}, Window()),
      "MaxPoolGrad: input 2 must have shape [1,2,3,2], got float32[1,2,2,2]");
}

TEST(SoftmaxRules, Shapes) {
  EXPECT_EQ(Infer(Op::kSoftmax, {F({2, 3})}, {}), Types{F({2, 3})});
  const Types loss_and_gradient = {F({2}), F({2, 3})};
  EXPECT_EQ(Infer(Op::kSoftmaxCrossEntropy, {F({2, 3}), F({2, 3})}, {}), loss_and_gradient);
  EXPECT_EQ(Infer(Op::kSparseSoftmaxCrossEntropy, {F({2, 3}), I({2})}, {}), loss_and_gradient);
  Refused(Op::kSoftmax, {F({})}, {});
  Refused(Op::kLogSoftmax, {I({3})}, {});
  Refused(Op::kSoftmaxCrossEntropy, {F({2, 3}), F({2, 4})}, {});
  Refused(Op::kSparseSoftmaxCrossEntropy, {F({2, 3}), I({3})}, {});
  Refused(Op::kSparseSoftmaxCrossEntropy, {F({2, 3}), F({2})}, {});
}

}  // namespace
}  // namespace mlcompute::testing
