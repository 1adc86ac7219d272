#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using Types = std::vector<TensorType>;
using Ints64 = std::vector<int64_t>;

TensorType F(std::initializer_list<int64_t> dims) { return {DataType::kFloat32, Shape(dims)}; }
TensorType B(std::initializer_list<int64_t> dims) { return {DataType::kBool, Shape(dims)}; }

Attributes Over(Ints64 axes, bool keep_dims = false) {
  return {{"axes", std::move(axes)}, {"keep_dims", keep_dims}};
}

std::string Refused(Op op, const Types& inputs, const Attributes& attributes) {
  return InvalidArgumentOf([&] { Infer(op, inputs, attributes); });
}

TEST(ReductionRules, Shapes) {
  const TensorType x = F({2, 3, 4});
  EXPECT_EQ(Infer(Op::kReduceSum, {x}, Over({})), Types{x});
  EXPECT_EQ(Infer(Op::kReduceSum, {x}, Over({0, 2})), Types{F({3})});
  EXPECT_EQ(Infer(Op::kReduceMax, {x}, Over({0, 2}, true)), Types{F({1, 3, 1})});
  EXPECT_EQ(Infer(Op::kReduceMean, {x}, Over({0, 1, 2})), Types{F({})});
  EXPECT_EQ(Infer(Op::kReduceProd, {F({2, 0})}, Over({1})), Types{F({2})});
  EXPECT_EQ(Infer(Op::kReduceAll, {B({2, 3})}, Over({1})), Types{B({2})});
  EXPECT_EQ(Infer(Op::kMoments, {x}, Over({0, 1}, true)), (Types{F({1, 1, 4}), F({1, 1, 4})}));
}

TEST(ReductionRules, RefuseWhatDoesNotFit) {
  const TensorType x = F({2, 3});
  const std::string message = " are not sorted, unique axes of float32[2,3]";
  EXPECT_EQ(Refused(Op::kReduceSum, {x}, Over({1, 0})), "ReduceSum: axes = [1,0]" + message);
  EXPECT_EQ(Refused(Op::kReduceSum, {x}, Over({1, 1})), "ReduceSum: axes = [1,1]" + message);
  EXPECT_EQ(Refused(Op::kReduceMin, {x}, Over({2})), "ReduceMin: axes = [2]" + message);
  EXPECT_EQ(Refused(Op::kReduceMin, {x}, Over({-1})), "ReduceMin: axes = [-1]" + message);
  EXPECT_EQ(Refused(Op::kReduceSum, {B({2})}, Over({0})),
            "ReduceSum: input 0 must hold numbers, got bool[2]");
  EXPECT_EQ(Refused(Op::kMoments, {B({2})}, Over({0})),
            "Moments: input 0 must be floating point, got bool[2]");
  EXPECT_EQ(Refused(Op::kReduceAny, {F({2})}, Over({0})),
            "ReduceAny: input 0 must be bool, got float32[2]");
}

Attributes Arg(int64_t axis, DataType to) { return {{"axis", axis}, {"to", to}}; }

TEST(ArgReductionRules, RemoveTheAxis) {
  EXPECT_EQ(Infer(Op::kArgMax, {F({2, 3, 4})}, Arg(1, DataType::kInt64)),
            (Types{{DataType::kInt64, {2, 4}}}));
  EXPECT_EQ(Infer(Op::kArgMin, {F({0, 3})}, Arg(1, DataType::kInt32)),
            (Types{{DataType::kInt32, {0}}}));
  EXPECT_EQ(Refused(Op::kArgMax, {F({2, 3})}, Arg(2, DataType::kInt32)),
            "ArgMax: axis = 2 is not in [0, 2)");
  EXPECT_EQ(Refused(Op::kArgMax, {F({})}, Arg(0, DataType::kInt32)),
            "ArgMax: input 0 must have rank 1 or more, got float32[]");
  EXPECT_EQ(Refused(Op::kArgMax, {F({2, 0})}, Arg(1, DataType::kInt32)),
            "ArgMax: axis 1 of float32[2,0] is empty");
  EXPECT_EQ(Refused(Op::kArgMin, {F({2})}, Arg(0, DataType::kFloat32)),
            "ArgMin: to = float32 is not an integer type");
}

TEST(CumulativeRules, KeepTheShape) {
  const Attributes along = {{"axis", int64_t{1}}, {"exclusive", false}, {"reverse", true}};
  EXPECT_EQ(Infer(Op::kCumSum, {F({2, 0})}, along), (Types{F({2, 0})}));
  EXPECT_EQ(Refused(Op::kCumSum, {F({2})}, along), "CumSum: axis = 1 is not in [0, 1)");
  EXPECT_EQ(Refused(Op::kCumProd, {B({2, 2})}, along),
            "CumProd: input 0 must hold numbers, got bool[2,2]");
}

}  // namespace
}  // namespace mlcompute::testing
