// Choosing between tensors by a condition, and clipping.
#include "kernels/elementwise.h"
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

// The first version of the op: t and e are of one shape; the condition is of that shape, a scalar,
// or a vector that chooses whole slices along the first axis.
void BuildSelect(BuildContext& c) {
  const Shape& condition = c.shape(0);
  const Shape& t = c.shape(1);
  if (t != c.shape(2)) {
    throw mlcompute::InvalidArgument("'t' and 'e' must have the same size, but received: ",
                                     t.ToString(), " vs. ", c.shape(2).ToString());
  }
  Value chosen = c.input(0);
  if (condition.rank() == 1 && t.rank() > 1) {
    if (condition[0] != t[0]) {
      throw mlcompute::InvalidArgument("Number of batches of 't' must match size of 'cond', but ",
                                       "saw: ", t[0], " vs. ", condition[0]);
    }
    std::vector<int64_t> column(static_cast<size_t>(t.rank()), 1);
    column[0] = t[0];
    chosen = c.Append(Op::kReshape, {chosen}, {{"shape", column}});
  } else if (condition.rank() != 0 && condition != t) {
    throw mlcompute::InvalidArgument("'cond' must be a scalar, a vector or of the shape of 't': ",
                                     condition.ToString(), " vs. ", t.ToString());
  }
  c.Output(c.Append(Op::kSelect, {chosen, c.input(1), c.input(2)}));
}

void BuildClipByValue(BuildContext& c) {
  for (int i = 1; i <= 2; ++i) {
    if (c.shape(i).rank() != 0 && c.shape(i) != c.shape(0)) {
      throw mlcompute::InvalidArgument(
          "clip_value_min and clip_value_max must be either of the same shape as input, or a ",
          "scalar. input shape: ", c.shape(0).ToString(),
          " clip_value_min shape: ", c.shape(1).ToString(),
          " clip_value_max shape: ", c.shape(2).ToString());
    }
  }
  Elementwise<Op::kClipByValue>(c);
}

}  // namespace

const Rows& SelectRows() {
  static const Rows rows = {
      {"SelectV2", Elementwise<Op::kSelect>, {{"T", AnyType()}}},
      {"Select", BuildSelect, {{"T", AnyType()}}},
      {"ClipByValue",
       BuildClipByValue,
       {{"T", Join(Join(Floats(), SignedIntegers()), {DataType::kUInt8, DataType::kUInt16})}}},
  };
  return rows;
}

}  // namespace tf_mlc
