#include "tests/mlcompute/passes/pass_check.h"

namespace mlcompute {
namespace {

using testing::ExpectSameResults;
using testing::Ops;

Program SumOfProducts(DataType type, bool transpose_a, const std::vector<int64_t>& axes,
                      bool keeps_product) {
  Program program;
  const Value a = program.AddInput({type, {2, 3, 4, 5}});
  const Value b = program.AddInput({type, transpose_a ? Shape{2, 3, 4, 6} : Shape{2, 3, 5, 6}});
  const Value product =
      program.Append(Op::kMatMul, {a, b}, {{"transpose_a", transpose_a}, {"transpose_b", false}});
  program.AddOutput(
      program.Append(Op::kReduceSum, {product}, {{"axes", axes}, {"keep_dims", true}}));
  if (keeps_product) program.AddOutput(product);
  return program;
}

TEST(StackProducts, TheSumOverABatchIsOneProduct) {
  for (const DataType type : {DataType::kFloat32, DataType::kBFloat16}) {
    const Program program = SumOfProducts(type, true, {0, 1}, false);
    const Program now = StackProducts(program);
    const Operation* product = nullptr;
    for (const Operation& operation : now.operations()) {
      EXPECT_FALSE(operation.op == Op::kReduceSum) << now.ToString();
      if (operation.op == Op::kMatMul && now.type(operation.results[0]).shape == Shape({5, 6})) {
        product = &operation;
      }
    }
    ASSERT_NE(product, nullptr) << now.ToString();
    EXPECT_EQ(now.type(product->inputs[0]).shape, Shape({24, 5}));
    ExpectSameResults(program, now);
  }
}

TEST(StackProducts, OthersStay) {
  for (const Program& program : {SumOfProducts(DataType::kFloat32, false, {0, 1}, false),
                                 SumOfProducts(DataType::kFloat32, true, {0}, false),
                                 SumOfProducts(DataType::kFloat32, true, {0, 1, 2}, false),
                                 SumOfProducts(DataType::kFloat32, true, {0, 1}, true)}) {
    EXPECT_EQ(Ops(StackProducts(program)), Ops(program)) << program.ToString();
  }
}

}  // namespace
}  // namespace mlcompute
