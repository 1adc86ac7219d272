// Reductions, positions of extremes and running sums.
#include <algorithm>

#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

// Negative axes count from the end; an axis named twice is an error, as in TensorFlow.
std::vector<int64_t> ReductionAxes(const BuildContext& c) {
  const int rank = c.shape(0).rank();
  if (c.shape(1).rank() > 1) {
    throw mlcompute::InvalidArgument(
        "reduction_indices must be a scalar or a vector, not of shape ", c.shape(1).ToString());
  }
  std::vector<int64_t> axes;
  for (const int64_t given : c.StaticInts(1)) {
    if (given < -rank || given >= rank) {
      throw mlcompute::InvalidArgument("Invalid reduction dimension (", given, " for input with ",
                                       rank, " dimension(s)");
    }
    axes.push_back(given < 0 ? given + rank : given);
  }
  std::sort(axes.begin(), axes.end());
  const auto twice = std::adjacent_find(axes.begin(), axes.end());
  if (twice != axes.end()) {
    throw mlcompute::InvalidArgument("Invalid reduction arguments: Axes contains duplicate ",
                                     "dimension: ", *twice);
  }
  return axes;
}

template <Op op>
void BuildReduction(BuildContext& c) {
  const std::vector<int64_t> axes = ReductionAxes(c);
  const bool keep_dims = c.node.Bool("keep_dims");
  c.Output(c.Append(op, {c.input(0)}, {{"axes", axes}, {"keep_dims", keep_dims}}));
}

void BuildEuclideanNorm(BuildContext& c) {
  const std::vector<int64_t> axes = ReductionAxes(c);
  const bool keep_dims = c.node.Bool("keep_dims");
  const Value squares = c.Append(Op::kSquare, {c.input(0)});
  c.Output(c.Append(Op::kSqrt, {c.Append(Op::kReduceSum, {squares},
                                         {{"axes", axes}, {"keep_dims", keep_dims}})}));
}

template <Op op>
void BuildArg(BuildContext& c) {
  const int rank = c.shape(0).rank();
  const int64_t given = c.StaticInt(1);
  if (given < -rank || given >= rank) {
    throw mlcompute::InvalidArgument("Expected dimension in the range [", -rank, ", ", rank,
                                     "), but got ", given);
  }
  const int axis = mlcompute::NormalizeAxis(given, rank);
  if (c.shape(0)[axis] == 0) {
    throw mlcompute::InvalidArgument("Reduction axis ", axis, " is empty in shape ",
                                     c.shape(0).ToString());
  }
  c.Output(
      c.Append(op, {c.input(0)}, {{"axis", int64_t{axis}}, {"to", c.node.Type("output_type")}}));
}

template <Op op>
void BuildScan(BuildContext& c) {
  const int rank = c.shape(0).rank();
  const int64_t given = c.StaticInt(1);
  if (given < -rank || given >= rank) {
    throw mlcompute::InvalidArgument("ScanOp: Expected scan axis in the range [", -rank, ", ", rank,
                                     "), but got ", given);
  }
  const int64_t axis = mlcompute::NormalizeAxis(given, rank);
  c.Output(c.Append(op, {c.input(0)},
                    {{"axis", axis},
                     {"exclusive", c.node.Bool("exclusive")},
                     {"reverse", c.node.Bool("reverse")}}));
}

}  // namespace

const Rows& ReductionRows() {
  static const Rows rows = [] {
    const TypeAttr index = {"Tidx", IndexTypes()};
    const std::vector<HostArg> axes = {Static("reduction_indices", 1)};
    // TensorFlow keeps int32 sums and products (sizes of shapes) in host memory.
    const std::vector<HostArg> all_host = {InHost("input"), Static("reduction_indices", 1),
                                           InHost("output")};
    const std::vector<HostArg> dimension = {Static("dimension", 1)};
    const std::vector<HostArg> axis = {Static("axis", 1)};
    const TypeAttr numbers = {"T", ButInt32(Numbers())};
    const TypeAttr int32 = {"T", Int32()};
    const TypeAttr position = {"output_type", IndexTypes()};
    const auto inside = [](OpRow row) {
      row.cluster_only = true;
      return row;
    };
    return Rows{
        {"Sum", BuildReduction<Op::kReduceSum>, {numbers, index}, axes},
        {"Sum", BuildReduction<Op::kReduceSum>, {int32, index}, all_host},
        {"Mean", BuildReduction<Op::kReduceMean>, {numbers, index}, axes},
        {"Mean", BuildReduction<Op::kReduceMean>, {int32, index}, all_host},
        {"Prod", BuildReduction<Op::kReduceProd>, {numbers, index}, axes},
        {"Prod", BuildReduction<Op::kReduceProd>, {int32, index}, all_host},
        {"Max", BuildReduction<Op::kReduceMax>, {numbers, index}, axes},
        inside({"Max", BuildReduction<Op::kReduceMax>, {int32, index}, all_host}),
        {"Min", BuildReduction<Op::kReduceMin>, {numbers, index}, axes},
        inside({"Min", BuildReduction<Op::kReduceMin>, {int32, index}, all_host}),
        {"All", BuildReduction<Op::kReduceAll>, {index}, axes},
        {"Any", BuildReduction<Op::kReduceAny>, {index}, axes},
        {"EuclideanNorm", BuildEuclideanNorm, {{"T", Floats()}, index}, axes},
        {"ArgMax", BuildArg<Op::kArgMax>, {{"T", AnyType()}, position}, dimension},
        {"ArgMin", BuildArg<Op::kArgMin>, {{"T", AnyType()}, position}, dimension},
        {"Cumsum", BuildScan<Op::kCumSum>, {{"T", Numbers()}, index}, axis},
        {"Cumprod", BuildScan<Op::kCumProd>, {{"T", Numbers()}, index}, axis},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
