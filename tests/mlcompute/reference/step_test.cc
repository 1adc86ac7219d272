#include "mlcompute/backend/step.h"

#include "mlcompute/reference/reference.h"
#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

TensorType F(std::initializer_list<int64_t> dims) { return {DataType::kFloat32, Shape(dims)}; }

std::unique_ptr<Step> MakeStep(Op op, const std::vector<TensorType>& inputs,
                               const Attributes& attributes = {}) {
  const Operation operation{op, {}, {}, attributes, nullptr};
  return reference::MakeStep({operation, inputs, Infer(op, inputs, attributes)});
}

TEST(ReferenceStep, ElementwiseResultsMayTakeAnInputOfTheirSize) {
  const auto add = MakeStep(Op::kAdd, {F({2, 3}), F({3})});
  EXPECT_TRUE(add->CanShare(0, 0));
  EXPECT_FALSE(add->CanShare(0, 1));  // read again for the second row
  EXPECT_TRUE(MakeStep(Op::kCast, {F({2})}, {{"to", DataType::kInt32}})->CanShare(0, 0));
  EXPECT_FALSE(MakeStep(Op::kCast, {F({2})}, {{"to", DataType::kFloat64}})->CanShare(0, 0));
  EXPECT_FALSE(MakeStep(Op::kLess, {F({2}), F({2})})->CanShare(0, 0));
  EXPECT_FALSE(MakeStep(Op::kCumSum, {F({2})},
                        {{"axis", int64_t{0}}, {"exclusive", true}, {"reverse", false}})
                   ->CanShare(0, 0));
}

TEST(ReferenceStep, RunsInPlace) {
  std::vector<float> x = {1, 2, 3, 4};
  const std::vector<float> y = {10, 20};
  const void* inputs[] = {x.data(), y.data()};
  void* results[] = {x.data()};
  MakeStep(Op::kSub, {F({2, 2}), F({2})})->Run(inputs, results, nullptr);
  EXPECT_EQ(x, (std::vector<float>{-9, -18, -7, -16}));
}

// A step outlives the operation it was made from.
TEST(ReferenceStep, KeepsItsAttributes) {
  const auto step = MakeStep(Op::kLeakyRelu, {F({1})}, {{"alpha", 0.5}});
  const float x = -4;
  float y = 0;
  const void* inputs[] = {&x};
  void* results[] = {&y};
  step->Run(inputs, results, nullptr);
  EXPECT_EQ(y, -2);
}

}  // namespace
}  // namespace mlcompute::testing
