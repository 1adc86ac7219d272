// Activation functions.
#include "kernels/elementwise.h"
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

template <Op op>
void BuildLeakyRelu(BuildContext& c) {
  if (op == Op::kLeakyReluGrad && c.shape(0) != c.shape(1)) {
    throw mlcompute::InvalidArgument("gradients and features must have the same shape, not ",
                                     c.shape(0).ToString(), " and ", c.shape(1).ToString());
  }
  const double alpha = c.node.Float("alpha");
  c.Output(c.Append(op, AllInputs(c), {{"alpha", alpha}}));
}

}  // namespace

const Rows& ActivationRows() {
  static const Rows rows = [] {
    const Types floats = Floats();
    return Rows{
        {"Sigmoid", Elementwise<Op::kSigmoid>, {{"T", floats}}},
        {"Relu", Elementwise<Op::kRelu>, {{"T", Numbers()}}},
        {"Relu6", Elementwise<Op::kRelu6>, {{"T", Numbers()}}},
        {"LeakyRelu", BuildLeakyRelu<Op::kLeakyRelu>, {{"T", floats}}},
        {"LeakyReluGrad", BuildLeakyRelu<Op::kLeakyReluGrad>, {{"T", floats}}},
        {"Elu", Elementwise<Op::kElu>, {{"T", floats}}},
        {"Selu", Elementwise<Op::kSelu>, {{"T", floats}}},
        {"Softplus", Elementwise<Op::kSoftplus>, {{"T", floats}}},
        {"Softsign", Elementwise<Op::kSoftsign>, {{"T", floats}}},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
