// The object model as a C++ program uses it. What each layer computes is tested from Python.
#include "mlcompute/inference_graph.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mlcompute/error.h"
#include "mlcompute/layers/activation.h"
#include "mlcompute/layers/arithmetic.h"
#include "mlcompute/layers/convolution.h"

namespace mlcompute {
namespace {

std::shared_ptr<TensorData> Data(const std::vector<float>& values) {
  return TensorData::Copy(values.data(), values.size() * sizeof(float));
}

std::vector<float> Values(const Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.contents().shape.elements()));
  tensor.CopyData(values.data(), values.size() * sizeof(float));
  return values;
}

TensorPtr MakeTensor(Shape shape) {
  return std::make_shared<Tensor>(TensorDescriptor(std::move(shape)));
}

LayerPtr Add() { return std::make_shared<ArithmeticLayer>(ArithmeticOperation::kAdd); }

template <typename F>
std::string Refusal(const F& f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    return e.what();
  }
  return "";
}

// MLCompute's first published program: two additions.
TEST(InferenceGraph, SumOfThree) {
  const TensorPtr x = MakeTensor({6, 1});
  const TensorPtr y = MakeTensor({6, 1});
  const TensorPtr z = MakeTensor({6, 1});
  auto graph = std::make_shared<Graph>();
  const TensorPtr sum = graph->Node(Add(), {graph->Node(Add(), {x, y}), z});
  InferenceGraph inference({graph});
  inference.AddInputs({{"x", x}, {"y", y}, {"z", z}});
  inference.Compile(std::make_shared<Device>());
  const auto execution = inference.Execute({{"x", Data({1, 2, 3, 4, 5, 6})},
                                            {"y", Data({.5f, .5f, .5f, .5f, .5f, .5f})},
                                            {"z", Data({-1, -2, -3, -4, -5, -6})}});
  EXPECT_EQ(execution.result, sum);
  EXPECT_EQ(Values(*sum), std::vector<float>(6, .5f));
  EXPECT_EQ(sum->device(), inference.device());
}

TEST(InferenceGraph, ResultsStayWhatTheyWere) {
  const TensorPtr x = MakeTensor({2});
  auto graph = std::make_shared<Graph>();
  const TensorPtr y = graph->Node(Add(), {x, x});
  InferenceGraph inference({graph});
  inference.AddInputs({{"x", x}});
  inference.Compile(std::make_shared<Device>());
  std::vector<Tensor::Contents> kept;
  for (int i = 0; i < 4; ++i) {
    inference.Execute({{"x", Data({static_cast<float>(i), 1})}});
    kept.push_back(y->contents());
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(static_cast<const float*>(kept[static_cast<size_t>(i)].data->bytes())[0], 2.f * i);
  }
}

TEST(InferenceGraph, ImmutableOutputIsRefused) {
  const TensorPtr x = MakeTensor({2});
  auto graph = std::make_shared<Graph>();
  const TensorPtr y = graph->Node(Add(), {x, x});
  InferenceGraph inference({graph});
  inference.AddInputs({{"x", x}});
  inference.AddOutputs({{"y", y}});
  inference.Compile(std::make_shared<Device>());
  const float bytes[2] = {7, 7};
  const auto output = TensorData::ImmutableNoCopy(bytes, sizeof bytes);
  const std::string text = Refusal([&] {
    inference.Execute({{"x", Data({1, 2})}}, 0, {{"y", output}});
  });
  EXPECT_NE(text.find("immutable"), std::string::npos) << text;
  EXPECT_EQ(bytes[0], 7);
  EXPECT_FALSE(y->has_data());
}

TEST(InferenceGraph, ShortDataAreRefused) {
  const TensorPtr x = MakeTensor({2});
  auto graph = std::make_shared<Graph>();
  graph->Node(Add(), {x, x});
  InferenceGraph inference({graph});
  inference.AddInputs({{"x", x}});
  inference.Compile(std::make_shared<Device>());
  EXPECT_NE(Refusal([&] {
              inference.Execute({{"x", Data({1})}});
            }).find("needs 8 bytes"),
            std::string::npos);
  // As MLCompute, which rounds buffers up to pages.
  inference.Execute({{"x", Data({1, 2, 3})}});
}

TEST(InferenceGraph, FailedCompilationLeavesNothingToExecute) {
  const TensorPtr x = MakeTensor({2});
  auto graph = std::make_shared<Graph>();
  graph->Node(Add(), {x, MakeTensor({2})});
  InferenceGraph inference({graph});
  inference.AddInputs({{"x", x}});
  EXPECT_NE(Refusal([&] { inference.Compile(std::make_shared<Device>()); }).find("neither"),
            std::string::npos);
  EXPECT_NE(Refusal([&] {
              inference.Execute({{"x", Data({1, 2})}});
            }).find("not compiled"),
            std::string::npos);
}

TEST(Layer, RefusalNamesLayerAndSources) {
  auto graph = std::make_shared<Graph>();
  const LayerPtr layer = Add();
  layer->set_label("total");
  const std::string text = Refusal([&] {
    graph->Node(layer, {MakeTensor({2, 3}), MakeTensor({4})});
  });
  EXPECT_NE(text.find("Arithmetic (add) 'total'"), std::string::npos) << text;
  EXPECT_NE(text.find("float32[2,3], float32[4]"), std::string::npos) << text;
  EXPECT_EQ(layer->id(), 0u);
}

TEST(Layer, ResultTypesWithoutAGraph) {
  ConvolutionDescriptor descriptor{ConvolutionType::kStandard, {{3, 3}}, 2, 4};
  descriptor.window.strides = 2;
  const auto weights = Tensor::Filled(TensorDescriptor::ConvolutionWeights(3, 3, 2, 4), 1);
  const ConvolutionLayer layer(weights, nullptr, descriptor);
  const auto types = layer.ResultTypes({{DataType::kFloat32, {1, 2, 7, 8}}});
  ASSERT_EQ(types.size(), 1u);
  EXPECT_EQ(types[0].shape, (Shape{1, 4, 4, 4}));
  EXPECT_EQ(layer.parameters(), std::vector<TensorPtr>{weights});
}

TEST(Activation, DefaultsOfTypes) {
  const auto check = [](ActivationType type, float a, float b) {
    const ActivationDescriptor descriptor(type);
    EXPECT_EQ(descriptor.a, a) << NameOf(type);
    EXPECT_EQ(descriptor.b, b) << NameOf(type);
  };
  check(ActivationType::kReLU, 0, 1);
  check(ActivationType::kLinear, 1, 0);
  check(ActivationType::kHardSigmoid, .2f, .5f);
  check(ActivationType::kHardShrink, .5f, 1);
  check(ActivationType::kSoftShrink, .5f, 1);
  check(ActivationType::kTanh, 1, 1);
  EXPECT_EQ(ActivationLayer::Relu6()->descriptor().b, 6);
  EXPECT_EQ(ActivationLayer::LeakyRelu()->descriptor().a, .01f);
}

TEST(Tensor, CopyHasItsOwnIdAndSharesData) {
  const TensorPtr x = std::make_shared<Tensor>(TensorDescriptor({2}), Data({1, 2}));
  const Tensor copy(*x);
  EXPECT_NE(copy.id(), x->id());
  EXPECT_EQ(copy.label(), "data" + std::to_string(copy.id()));
  EXPECT_EQ(copy.contents().data, x->contents().data);
}

}  // namespace
}  // namespace mlcompute
