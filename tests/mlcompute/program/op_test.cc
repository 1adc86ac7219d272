#include "mlcompute/program/op.h"

#include <gtest/gtest.h>

#include <set>

#include "mlcompute/error.h"
#include "mlcompute/program/infer.h"

namespace mlcompute {
namespace {

Op At(int i) { return static_cast<Op>(i); }

TEST(Ops, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i < kOpCount; ++i) {
    EXPECT_FALSE(Name(At(i)).empty()) << i;
    EXPECT_TRUE(names.insert(Name(At(i))).second) << Name(At(i));
  }
  EXPECT_EQ(Name(Op::kCopy), "Copy");
  EXPECT_EQ(Name(Op::kSparseSoftmaxCrossEntropy), "SparseSoftmaxCrossEntropy");
  EXPECT_EQ(Name(Op::kRandomUniformInt), "RandomUniformInt");
}

TEST(Ops, Kinds) {
  EXPECT_EQ(Kind(Op::kCast), OpKind::kUnary);
  EXPECT_EQ(Kind(Op::kGreaterEqual), OpKind::kBinary);
  EXPECT_EQ(Kind(Op::kReluGrad), OpKind::kBinary);
  EXPECT_EQ(Kind(Op::kSelect), OpKind::kTernary);
  EXPECT_EQ(Kind(Op::kReduceAny), OpKind::kReduction);
  EXPECT_EQ(Kind(Op::kArgMax), OpKind::kOther);
  EXPECT_EQ(Kind(Op::kMatMul), OpKind::kOther);
}

// No operation takes ten inputs of rank 0, and each says so under its own name. Concat takes any
// number of inputs; it lacks its axis here.
TEST(Ops, HaveShapeRulesWhoseErrorsNameThem) {
  const std::vector<TensorType> inputs(10, {DataType::kBool, {}});
  for (int i = 0; i < kOpCount; ++i) {
    try {
      Infer(At(i), inputs, {});
      ADD_FAILURE() << Name(At(i)) << " takes ten scalars";
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find(std::string(Name(At(i))) + ": "), 0u)
          << error.what();
    }
  }
}

}  // namespace
}  // namespace mlcompute
