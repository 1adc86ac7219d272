// What an LSTM layer is lowered to: one operation for all steps of a pass.
#include <gtest/gtest.h>

#include "mlcompute/layers/lstm.h"

namespace mlcompute {
namespace {

int Count(const Program& program, Op op) {
  int count = 0;
  for (const Operation& operation : program.operations()) count += operation.op == op;
  return count;
}

// The operations of two layers in both directions over 50 steps.
Program Lowered(ActivationType output) {
  LstmDescriptor descriptor{3, 4};
  descriptor.layer_count = 2;
  descriptor.is_bidirectional = true;
  const auto parameters = [](int64_t first, int64_t second) {
    std::vector<TensorPtr> all;
    for (int i = 0; i < 16; ++i) {
      all.push_back(Tensor::Filled(TensorDescriptor({1, i % 8 < 4 ? first : second}), 0.1));
    }
    return all;
  };
  const LstmLayer layer(descriptor, parameters(4 * 3, 4 * 8), parameters(4 * 4, 4 * 4), {}, {},
                        ActivationDescriptor(output));
  Lowering to;
  const Value x = to.program().AddInput({DataType::kFloat32, {2, 50, 3}});
  const std::vector<Value> results = layer.Append(to, {x});
  EXPECT_EQ(to.shape(results[0]), (Shape{2, 50, 8}));
  return to.program();
}

TEST(LstmLowering, OneOperationForEachPass) {
  const Program program = Lowered(ActivationType::kTanh);
  EXPECT_EQ(Count(program, Op::kLstm), 4);
  // A product of the inputs for each pass; those of the states are inside.
  EXPECT_EQ(Count(program, Op::kMatMul), 4);
}

TEST(LstmLowering, StepByStepWithOtherActivations) {
  const Program program = Lowered(ActivationType::kReLU);
  EXPECT_EQ(Count(program, Op::kLstm), 0);
  EXPECT_EQ(Count(program, Op::kMatMul), 4 * (1 + 50));
}

}  // namespace
}  // namespace mlcompute
