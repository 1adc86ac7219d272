// Elementwise functions of two broadcast tensors, and gradients of elementwise functions.
#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

bool Broadcastable(const Shape& a, const Shape& b) {
  for (int i = 1; i <= std::min(a.rank(), b.rank()); ++i) {
    const int64_t da = a[a.rank() - i];
    const int64_t db = b[b.rank() - i];
    if (da != db && da != 1 && db != 1) return false;
  }
  return true;
}

// Equal and NotEqual may be told to call tensors of unlike shapes unequal instead of failing.
template <Op op>
void BuildEquality(BuildContext& c) {
  if (!Broadcastable(c.shape(0), c.shape(1)) && !c.node.Bool("incompatible_shape_error")) {
    c.Output(c.program.AddScalar(DataType::kBool, op == Op::kNotEqual));
    return;
  }
  Elementwise<op>(c);
}

// |x - y| < tolerance
void BuildApproximateEqual(BuildContext& c) {
  if (c.shape(0) != c.shape(1)) {
    throw mlcompute::InvalidArgument("x and y must be of the same shape. x shape: ",
                                     c.shape(0).ToString(), ". y shape: ", c.shape(1).ToString());
  }
  const double tolerance = c.node.Float("tolerance");
  const Value distance = c.Append(Op::kAbs, {c.Append(Op::kSub, {c.input(0), c.input(1)})});
  c.Output(c.Append(Op::kLess, {distance, c.program.AddScalar(c.type(0).dtype, tolerance)}));
}

// The two inputs of a gradient are of one shape, never broadcast.
template <Op op>
void BuildGradient(BuildContext& c) {
  if (c.shape(0) != c.shape(1)) {
    throw mlcompute::InvalidArgument("inputs must have the same shape, not ", c.shape(0).ToString(),
                                     " and ", c.shape(1).ToString());
  }
  Elementwise<op>(c);
}

}  // namespace

const Rows& BinaryRows() {
  static const Rows rows = [] {
    const Types floats = Floats();
    const Types wide = WideFloats();
    const Types numbers = ButInt32(Numbers());
    const Types integers = Integers();
    const Types comparable = ButInt32(AnyType());
    const Types wide_and_int64 = Join(wide, {DataType::kInt64});
    Rows result = {
        {"Add",
         Elementwise<Op::kAdd>,
         {{"T",
           Join(floats, {DataType::kInt8, DataType::kInt16, DataType::kInt64, DataType::kUInt8})}}},
        {"AddV2", Elementwise<Op::kAdd>, {{"T", numbers}}},
        {"Sub", Elementwise<Op::kSub>, {{"T", numbers}}},
        {"Mul", Elementwise<Op::kMul>, {{"T", numbers}}},
        {"Div", Elementwise<Op::kDiv>, {{"T", numbers}}},
        {"RealDiv", Elementwise<Op::kDiv>, {{"T", floats}}},
        {"DivNoNan", Elementwise<Op::kDivNoNan>, {{"T", floats}}},
        {"MulNoNan", Elementwise<Op::kMulNoNan>, {{"T", floats}}},
        {"FloorDiv", Elementwise<Op::kFloorDiv>, {{"T", numbers}}},
        {"TruncateDiv", Elementwise<Op::kTruncDiv>, {{"T", Numbers()}}},
        {"FloorMod", Elementwise<Op::kFloorMod>, {{"T", numbers}}},
        {"Mod", Elementwise<Op::kTruncMod>, {{"T", wide_and_int64}}},
        {"TruncateMod", Elementwise<Op::kTruncMod>, {{"T", wide_and_int64}}},
        {"Pow", Elementwise<Op::kPow>, {{"T", Join(floats, SignedIntegers())}}},
        {"Maximum", Elementwise<Op::kMaximum>, {{"T", numbers}}},
        {"Minimum", Elementwise<Op::kMinimum>, {{"T", numbers}}},
        {"SquaredDifference",
         Elementwise<Op::kSquaredDifference>,
         {{"T", Join(floats, {DataType::kInt64})}}},
        {"Atan2", Elementwise<Op::kAtan2>, {{"T", floats}}},
        {"Xdivy", Elementwise<Op::kXdivy>, {{"T", floats}}},
        {"Xlogy", Elementwise<Op::kXlogy>, {{"T", floats}}},
        {"Xlog1py", Elementwise<Op::kXlog1py>, {{"T", floats}}},
        {"NextAfter", Elementwise<Op::kNextAfter>, {{"T", wide}}},
        {"BitwiseAnd", Elementwise<Op::kBitwiseAnd>, {{"T", integers}}},
        {"BitwiseOr", Elementwise<Op::kBitwiseOr>, {{"T", integers}}},
        {"BitwiseXor", Elementwise<Op::kBitwiseXor>, {{"T", integers}}},
        {"LeftShift", Elementwise<Op::kLeftShift>, {{"T", integers}}},
        {"RightShift", Elementwise<Op::kRightShift>, {{"T", integers}}},
        {"LogicalAnd", Elementwise<Op::kLogicalAnd>, {}},
        {"LogicalOr", Elementwise<Op::kLogicalOr>, {}},
        {"Equal", BuildEquality<Op::kEqual>, {{"T", comparable}}},
        {"NotEqual", BuildEquality<Op::kNotEqual>, {{"T", comparable}}},
        {"ApproximateEqual", BuildApproximateEqual, {{"T", wide}}},
        {"Less", Elementwise<Op::kLess>, {{"T", numbers}}},
        {"LessEqual", Elementwise<Op::kLessEqual>, {{"T", numbers}}},
        {"Greater", Elementwise<Op::kGreater>, {{"T", numbers}}},
        {"GreaterEqual", Elementwise<Op::kGreaterEqual>, {{"T", numbers}}},
        {"TanhGrad", BuildGradient<Op::kTanhGrad>, {{"T", floats}}},
        {"SigmoidGrad", BuildGradient<Op::kSigmoidGrad>, {{"T", floats}}},
        {"SqrtGrad", BuildGradient<Op::kSqrtGrad>, {{"T", floats}}},
        {"RsqrtGrad", BuildGradient<Op::kRsqrtGrad>, {{"T", floats}}},
        {"ReciprocalGrad", BuildGradient<Op::kReciprocalGrad>, {{"T", floats}}},
        {"InvGrad", BuildGradient<Op::kReciprocalGrad>, {{"T", floats}}},
        {"ReluGrad", BuildGradient<Op::kReluGrad>, {{"T", Numbers()}}},
        {"Relu6Grad", BuildGradient<Op::kRelu6Grad>, {{"T", Numbers()}}},
        {"EluGrad", BuildGradient<Op::kEluGrad>, {{"T", floats}}},
        {"SeluGrad", BuildGradient<Op::kSeluGrad>, {{"T", floats}}},
        {"SoftplusGrad", BuildGradient<Op::kSoftplusGrad>, {{"T", floats}}},
        {"SoftsignGrad", BuildGradient<Op::kSoftsignGrad>, {{"T", floats}}},
    };
    AddInt32ForClusters(&result);
    return result;
  }();
  return rows;
}

}  // namespace tf_mlc
