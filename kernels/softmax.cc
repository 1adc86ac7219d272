// Softmax over the last axis and cross entropies of logits.
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

template <Op op>
void BuildSoftmax(BuildContext& c) {
  if (c.shape(0).rank() < 1) {
    throw InvalidArgument("logits must have >= 1 dimension, got ", c.shape(0).ToString());
  }
  c.Output(c.Append(op, {c.input(0)}));
}

void OutputAll(BuildContext& c, Op op, const std::vector<Value>& inputs) {
  for (const Value v : c.program.AppendMulti(op, inputs)) c.Output(v);
}

// Logits and labels may broadcast against each other to [batch, classes].
void BuildCrossEntropy(BuildContext& c) {
  const Shape shape = mlcompute::Broadcast(c.shape(0), c.shape(1));
  if (shape.rank() != 2) {
    throw InvalidArgument("logits must be either 2-dimensional, or broadcasted to be 2-dimensional",
                          ": ", c.shape(0).ToString(), " and ", c.shape(1).ToString());
  }
  std::vector<Value> inputs;
  for (int i = 0; i < 2; ++i) {
    inputs.push_back(c.shape(i) == shape
                         ? c.input(i)
                         : c.Append(Op::kBroadcastTo, {c.input(i)}, {{"shape", shape.dims()}}));
  }
  OutputAll(c, Op::kSoftmaxCrossEntropy, inputs);
}

void BuildSparseCrossEntropy(BuildContext& c) {
  const Shape& logits = c.shape(0);
  const Shape& labels = c.shape(1);
  if (logits.rank() != 2) {
    throw InvalidArgument("logits must be 2-D, but got shape ", logits.ToString());
  }
  if (labels.rank() != 1) {
    throw InvalidArgument("labels must be 1-D, but got shape ", labels.ToString());
  }
  if (logits[0] != labels[0]) {
    throw InvalidArgument("logits and labels must have the same first dimension, got logits shape ",
                          logits.ToString(), " and labels shape ", labels.ToString());
  }
  if (logits[1] == 0) {
    throw InvalidArgument("Must have at least one class, but got logits shape ", logits.ToString());
  }
  OutputAll(c, Op::kSparseSoftmaxCrossEntropy, {c.input(0), c.input(1)});
}

}  // namespace

const Rows& SoftmaxRows() {
  static const Rows rows = {
      {"Softmax", BuildSoftmax<Op::kSoftmax>, {{"T", Floats()}}},
      {"LogSoftmax", BuildSoftmax<Op::kLogSoftmax>, {{"T", Floats()}}},
      {"SoftmaxCrossEntropyWithLogits", BuildCrossEntropy, {{"T", Floats()}}},
      {"SparseSoftmaxCrossEntropyWithLogits",
       BuildSparseCrossEntropy,
       {{"T", Floats()}, {"Tlabels", IndexTypes()}}},
  };
  return rows;
}

}  // namespace tf_mlc
