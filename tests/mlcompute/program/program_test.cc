#include "mlcompute/program/program.h"

#include <cstring>

#include "mlcompute/float16.h"
#include "tests/mlcompute/evaluate.h"

namespace mlcompute::testing {
namespace {

TEST(Program, Text) {
  Program p;
  const Value x = p.AddInput({DataType::kFloat32, {2, 3}});
  const Value half = p.AddScalar(DataType::kFloat32, 0.5);
  const Value y = p.Append(Op::kMul, {x, half});
  const std::vector<Value> top =
      p.AppendMulti(Op::kTopK, {y}, {{"k", int64_t{2}}, {"to", DataType::kInt32}});
  p.AddOutput(top[1]);
  p.AddOutput(x);
  EXPECT_EQ(p.ToString(),
            "%0: float32[2,3] = input\n"
            "%1: float32[] = constant\n"
            "%2: float32[2,3] = Mul(%0, %1) {}\n"
            "%3: float32[2,2], %4: int32[2,2] = TopK(%2) {k=2, to=int32}\n"
            "return %4 %0\n");
}

TEST(Program, KnowsTypesInputsAndOutputs) {
  Program p;
  const Value x = p.AddInput({DataType::kInt8, {4, 1}});
  const Value y = p.AddInput({DataType::kInt8, {3}});
  const Value less = p.Append(Op::kLess, {x, y});
  p.AddOutput(less);
  p.AddOutput(less);
  EXPECT_EQ(p.value_count(), 3);
  EXPECT_EQ(p.inputs(), (std::vector<Value>{x, y}));
  EXPECT_EQ(p.outputs(), (std::vector<Value>{less, less}));
  EXPECT_EQ(p.type(less), (TensorType{DataType::kBool, {4, 3}}));
  ASSERT_EQ(p.operations().size(), 1u);
  EXPECT_EQ(p.operations()[0].op, Op::kLess);
}

TEST(Program, CopiesConstants) {
  Program p;
  std::vector<int32_t> values = {1, 2, 3};
  const Value c = p.AddConstant({DataType::kInt32, {3}}, values.data());
  const Value x = p.AddInput({DataType::kInt32, {3}});
  values[0] = 9;
  int32_t kept[3];
  std::memcpy(kept, p.constant(c), sizeof kept);
  EXPECT_EQ(kept[0], 1);
  EXPECT_EQ(kept[2], 3);
  EXPECT_EQ(p.constant(x), nullptr);
}

TEST(Program, AnEmptyConstantIsStillAConstant) {
  Program p;
  EXPECT_NE(p.constant(p.AddConstant({DataType::kFloat32, {0, 2}}, nullptr)), nullptr);
}

template <typename T>
T Scalar(DataType dtype, double value) {
  Program p;
  const Value v = p.AddScalar(dtype, value);
  EXPECT_EQ(p.type(v), (TensorType{dtype, {}}));
  T typed;
  std::memcpy(&typed, p.constant(v), sizeof typed);
  return typed;
}

TEST(Program, ScalarsAreRoundedToTheirType) {
  EXPECT_EQ(Scalar<float>(DataType::kFloat32, 0.1), 0.1f);
  EXPECT_EQ(Scalar<double>(DataType::kFloat64, 0.1), 0.1);
  EXPECT_EQ(Scalar<Float16>(DataType::kFloat16, 0.1).bits, 0x2e66);
  EXPECT_EQ(Scalar<BFloat16>(DataType::kBFloat16, 0.1).bits, 0x3dcd);
  EXPECT_EQ(Scalar<int64_t>(DataType::kInt64, -3.0), -3);
  EXPECT_EQ(Scalar<uint8_t>(DataType::kBool, 2.0), 1);
}

TEST(Program, RefusesWhatTheShapeRuleRefuses) {
  Program p;
  const Value x = p.AddInput({DataType::kFloat32, {2, 3}});
  const Value y = p.AddInput({DataType::kFloat32, {4}});
  EXPECT_EQ(InvalidArgumentOf([&] {
              p.Append(Op::kAdd, {x, y});
            }),
            "Add: Incompatible shapes: [2,3] vs. [4]");
  EXPECT_EQ(p.value_count(), 2);  // nothing was added
  EXPECT_TRUE(p.operations().empty());
}

template <typename Body>
void ExpectInternal(const Body& body) {
  try {
    body();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInternal) << error.what();
  }
}

TEST(Program, ValuesOfNowhereAreADefect) {
  Program p;
  const Value x = p.AddInput({DataType::kFloat32, {2}});
  ExpectInternal([&] { p.Append(Op::kAdd, {x, 7}); });
  ExpectInternal([&] { p.Append(Op::kAdd, {x, -1}); });
  ExpectInternal([&] { p.AddOutput(1); });
  ExpectInternal([&] { p.Append(Op::kTopK, {x}, {{"k", int64_t{1}}, {"to", DataType::kInt32}}); });
}

}  // namespace
}  // namespace mlcompute::testing
