// Adding one number per channel, and its gradient.
#include "kernels/data_format.h"
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

// The first version of the op has no data_format.
bool ChannelsLast(const Node& node) {
  return !node.Find("data_format") || DataFormatOf(node, 2).channels_last;
}

void BuildBiasAdd(BuildContext& c) {
  const Shape& x = c.shape(0);
  const Shape& bias = c.shape(1);
  if (x.rank() < 2) {
    throw mlcompute::InvalidArgument("Input tensor must be at least 2D: ", x.ToString());
  }
  if (bias.rank() != 1) {
    throw mlcompute::InvalidArgument("Biases must be 1D: ", bias.ToString());
  }
  const bool last = ChannelsLast(c.node);
  if (bias[0] != x[last ? x.rank() - 1 : 1]) {
    throw mlcompute::InvalidArgument(
        "Must provide as many biases as the ", last ? "last dimension" : "channel dimension",
        " of the input tensor: ", bias.ToString(), " vs. ", x.ToString());
  }
  c.Output(c.Append(Op::kAdd, {c.input(0), AlongChannels(c, c.input(1), last, x.rank())}));
}

void BuildBiasAddGrad(BuildContext& c) {
  const int rank = c.shape(0).rank();
  if (rank < 2) {
    throw mlcompute::InvalidArgument("Input tensor must be at least 2D: ", c.shape(0).ToString());
  }
  const int channel = ChannelsLast(c.node) ? rank - 1 : 1;
  std::vector<int64_t> axes;
  for (int axis = 0; axis < rank; ++axis) {
    if (axis != channel) axes.push_back(axis);
  }
  c.Output(c.Append(Op::kReduceSum, {c.input(0)}, {{"axes", axes}, {"keep_dims", false}}));
}

}  // namespace

const Rows& BiasRows() {
  static const Rows rows = {
      {"BiasAdd", BuildBiasAdd, {{"T", Numbers()}}},
      {"BiasAddV1", BuildBiasAdd, {{"T", Numbers()}}},
      {"BiasAddGrad", BuildBiasAddGrad, {{"T", Numbers()}}},
  };
  return rows;
}

}  // namespace tf_mlc
