#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

using Types = std::vector<TensorType>;

TensorType F(std::initializer_list<int64_t> dims) { return {DataType::kFloat32, Shape(dims)}; }
TensorType I(std::initializer_list<int64_t> dims) { return {DataType::kInt32, Shape(dims)}; }
TensorType B(std::initializer_list<int64_t> dims) { return {DataType::kBool, Shape(dims)}; }

std::string Refused(Op op, const Types& inputs, const Attributes& attributes = {}) {
  return InvalidArgumentOf([&] { Infer(op, inputs, attributes); });
}

TEST(UnaryRules, KeepTypeAndShape) {
  for (const DataType t :
       {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16, DataType::kFloat64}) {
    const TensorType x = {t, {2, 0, 3}};
    for (const Op op : {Op::kCopy, Op::kAbs, Op::kExp, Op::kErfinv, Op::kRelu, Op::kSoftsign}) {
      EXPECT_EQ(Infer(op, {x}, {}), Types{x}) << Name(op);
    }
    EXPECT_EQ(Infer(Op::kLeakyRelu, {x}, {{"alpha", 0.2}}), Types{x});
    EXPECT_EQ(Infer(Op::kGelu, {x}, {{"approximate", true}}), Types{x});
  }
  EXPECT_EQ(Infer(Op::kNeg, {I({})}, {}), Types{I({})});
  EXPECT_EQ(Infer(Op::kLogicalNot, {B({4})}, {}), Types{B({4})});
  EXPECT_EQ(Infer(Op::kBitwiseNot, {I({4})}, {}), Types{I({4})});
}

TEST(UnaryRules, SomeChangeTheType) {
  EXPECT_EQ(Infer(Op::kIsNan, {F({2, 3})}, {}), Types{B({2, 3})});
  EXPECT_EQ(Infer(Op::kCast, {B({2})}, {{"to", DataType::kFloat32}}), Types{F({2})});
  EXPECT_EQ(Infer(Op::kBitcast, {F({2})}, {{"to", DataType::kInt32}}), Types{I({2})});
}

TEST(UnaryRules, RefuseWhatDoesNotFit) {
  EXPECT_EQ(Refused(Op::kExp, {I({2})}), "Exp: is not defined for int32[2]");
  EXPECT_EQ(Refused(Op::kAbs, {B({2})}), "Abs: is not defined for bool[2]");
  EXPECT_EQ(Refused(Op::kIsNan, {I({2})}), "IsNan: is not defined for int32[2]");
  EXPECT_EQ(Refused(Op::kLogicalNot, {F({2})}), "LogicalNot: is not defined for float32[2]");
  EXPECT_EQ(Refused(Op::kBitwiseNot, {F({})}), "BitwiseNot: is not defined for float32[]");
  EXPECT_EQ(Refused(Op::kNeg, {F({2}), F({2})}), "Neg: takes 1 input, got 2");
  EXPECT_EQ(Refused(Op::kCast, {F({2})}, {{"to", DataType::kInvalid}}),
            "Cast: to = invalid is not an element type");
  EXPECT_EQ(Refused(Op::kBitcast, {F({2})}, {{"to", DataType::kInt64}}),
            "Bitcast: to = int64 has another size than float32");
}

TEST(BinaryRules, Broadcast) {
  EXPECT_EQ(Infer(Op::kAdd, {F({2, 3}), F({3})}, {}), Types{F({2, 3})});
  EXPECT_EQ(Infer(Op::kFloorMod, {I({}), I({0, 2})}, {}), Types{I({0, 2})});
  EXPECT_EQ(Infer(Op::kLess, {F({4, 1}), F({1, 5})}, {}), Types{B({4, 5})});
  EXPECT_EQ(Infer(Op::kEqual, {B({2}), B({2})}, {}), Types{B({2})});
  EXPECT_EQ(Infer(Op::kLogicalXor, {B({2, 1}), B({3})}, {}), Types{B({2, 3})});
}

TEST(BinaryRules, RefuseWhatDoesNotFit) {
  EXPECT_EQ(Refused(Op::kAdd, {F({2, 3}), F({2})}), "Add: Incompatible shapes: [2,3] vs. [2]");
  EXPECT_EQ(Refused(Op::kMul, {F({2}), I({2})}),
            "Mul: inputs 0 and 1 must have one element type, got float32[2] and int32[2]");
  EXPECT_EQ(Refused(Op::kSub, {F({2})}), "Sub: takes 2 inputs, got 1");
  EXPECT_EQ(Refused(Op::kAdd, {B({2}), B({2})}), "Add: is not defined for bool[2]");
  EXPECT_EQ(Refused(Op::kDivNoNan, {I({2}), I({2})}), "DivNoNan: is not defined for int32[2]");
  EXPECT_EQ(Refused(Op::kBitwiseAnd, {F({2}), F({2})}),
            "BitwiseAnd: is not defined for float32[2]");
  EXPECT_EQ(Refused(Op::kLogicalAnd, {I({2}), I({2})}), "LogicalAnd: is not defined for int32[2]");
  EXPECT_EQ(Refused(Op::kLess, {B({2}), B({2})}), "Less: is not defined for bool[2]");
}

TEST(GradientRules, TakeOneShape) {
  EXPECT_EQ(Infer(Op::kTanhGrad, {F({2, 3}), F({2, 3})}, {}), Types{F({2, 3})});
  EXPECT_EQ(Infer(Op::kReluGrad, {I({2}), I({2})}, {}), Types{I({2})});
  EXPECT_EQ(Infer(Op::kLeakyReluGrad, {F({2}), F({2})}, {{"alpha", 0.1}}), Types{F({2})});
  EXPECT_EQ(Refused(Op::kTanhGrad, {F({2, 3}), F({3})}),
            "TanhGrad: inputs must have one shape, got float32[2,3] and float32[3]");
  EXPECT_EQ(Refused(Op::kReluGrad, {F({2}), F({1})}),
            "ReluGrad: inputs must have one shape, got float32[2] and float32[1]");
  EXPECT_EQ(Refused(Op::kEluGrad, {I({2}), I({2})}),
            "EluGrad: input 0 must be floating point, got int32[2]");
}

TEST(TernaryRules, Broadcast) {
  EXPECT_EQ(Infer(Op::kSelect, {B({2, 1}), F({3}), F({})}, {}), Types{F({2, 3})});
  EXPECT_EQ(Infer(Op::kSelect, {B({2}), B({2}), B({2})}, {}), Types{B({2})});
  EXPECT_EQ(Infer(Op::kClipByValue, {F({2, 3}), F({}), F({3})}, {}), Types{F({2, 3})});
  EXPECT_EQ(Refused(Op::kSelect, {I({2}), F({2}), F({2})}),
            "Select: the condition must be bool, got int32[2]");
  EXPECT_EQ(Refused(Op::kSelect, {B({2}), F({2}), I({2})}),
            "Select: inputs 1 and 2 must have one element type, got float32[2] and int32[2]");
  EXPECT_EQ(Refused(Op::kSelect, {B({2}), F({3}), F({3})}),
            "Select: Incompatible shapes: [2] vs. [3]");
  EXPECT_EQ(Refused(Op::kClipByValue, {F({2}), F({}), I({})}),
            "ClipByValue: inputs 0 and 2 must have one element type, got float32[2] and int32[]");
}

}  // namespace
}  // namespace mlcompute::testing
