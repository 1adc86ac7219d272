// Elementwise functions of one tensor, and AddN.
#include "kernels/elementwise.h"
#include "kernels/op_row.h"

namespace tf_mlc {
namespace {

void Identity(BuildContext& c) { c.Output(c.input(0)); }

template <int value>
void FilledLike(BuildContext& c) {
  const TensorType& type = c.type(0);
  const Value scalar = c.program.AddScalar(type.dtype, value);
  c.Output(c.Append(Op::kBroadcastTo, {scalar}, {{"shape", type.shape.dims()}}));
}

void BuildAddN(BuildContext& c) {
  Value sum = c.input(0);
  for (int i = 1; i < c.input_count(); ++i) {
    if (c.shape(i) != c.shape(0)) {
      throw mlcompute::InvalidArgument("Inputs to operation must have the same size and shape. ",
                                       "Input 0: ", c.shape(0).ToString(), " != input ", i, ": ",
                                       c.shape(i).ToString());
    }
    sum = c.Append(Op::kAdd, {sum, c.input(i)});
  }
  c.Output(sum);
}

// Half the sum of squares; the 16-bit types sum in float32.
void BuildL2Loss(BuildContext& c) {
  const DataType dtype = c.type(0).dtype;
  const bool narrow = dtype == DataType::kFloat16 || dtype == DataType::kBFloat16;
  const DataType wide = narrow ? DataType::kFloat32 : dtype;
  Value x = narrow ? c.Append(Op::kCast, {c.input(0)}, {{"to", wide}}) : c.input(0);
  std::vector<int64_t> axes;
  for (int axis = 0; axis < c.shape(0).rank(); ++axis) axes.push_back(axis);
  x = c.Append(Op::kReduceSum, {c.Append(Op::kSquare, {x})},
               {{"axes", axes}, {"keep_dims", false}});
  x = c.Append(Op::kMul, {x, c.program.AddScalar(wide, 0.5)});
  c.Output(narrow ? c.Append(Op::kCast, {x}, {{"to", dtype}}) : x);
}

}  // namespace

const Rows& UnaryRows() {
  static const Rows rows = [] {
    const Types floats = Floats();
    const Types wide = WideFloats();
    const Types no_bfloat16 = Without(floats, DataType::kBFloat16);
    const Types signed_numbers = ButInt32(Join(floats, SignedIntegers()));
    const Types numbers = ButInt32(Numbers());
    Rows result = {
        {"Abs", Elementwise<Op::kAbs>, {{"T", signed_numbers}}},
        {"Neg", Elementwise<Op::kNeg>, {{"T", signed_numbers}}},
        {"Sign", Elementwise<Op::kSign>, {{"T", signed_numbers}}},
        {"Square", Elementwise<Op::kSquare>, {{"T", numbers}}},
        {"Reciprocal", Elementwise<Op::kReciprocal>, {{"T", floats}}},
        {"Inv", Elementwise<Op::kReciprocal>, {{"T", floats}}},
        {"Sqrt", Elementwise<Op::kSqrt>, {{"T", floats}}},
        {"Rsqrt", Elementwise<Op::kRsqrt>, {{"T", floats}}},
        {"Exp", Elementwise<Op::kExp>, {{"T", floats}}},
        {"Expm1", Elementwise<Op::kExpm1>, {{"T", floats}}},
        {"Log", Elementwise<Op::kLog>, {{"T", floats}}},
        {"Log1p", Elementwise<Op::kLog1p>, {{"T", floats}}},
        {"Sin", Elementwise<Op::kSin>, {{"T", floats}}},
        {"Cos", Elementwise<Op::kCos>, {{"T", floats}}},
        {"Tan", Elementwise<Op::kTan>, {{"T", floats}}},
        {"Asin", Elementwise<Op::kAsin>, {{"T", floats}}},
        {"Acos", Elementwise<Op::kAcos>, {{"T", floats}}},
        {"Atan", Elementwise<Op::kAtan>, {{"T", floats}}},
        {"Sinh", Elementwise<Op::kSinh>, {{"T", floats}}},
        {"Cosh", Elementwise<Op::kCosh>, {{"T", floats}}},
        {"Tanh", Elementwise<Op::kTanh>, {{"T", floats}}},
        {"Asinh", Elementwise<Op::kAsinh>, {{"T", floats}}},
        {"Acosh", Elementwise<Op::kAcosh>, {{"T", floats}}},
        {"Atanh", Elementwise<Op::kAtanh>, {{"T", floats}}},
        {"Erf", Elementwise<Op::kErf>, {{"T", floats}}},
        {"Erfc", Elementwise<Op::kErfc>, {{"T", floats}}},
        {"Lgamma", Elementwise<Op::kLgamma>, {{"T", no_bfloat16}}},
        {"Digamma", Elementwise<Op::kDigamma>, {{"T", no_bfloat16}}},
        {"Erfinv", Elementwise<Op::kErfinv>, {{"T", wide}}},
        {"Ndtri", Elementwise<Op::kNdtri>, {{"T", wide}}},
        {"Ceil", Elementwise<Op::kCeil>, {{"T", floats}}},
        {"Floor", Elementwise<Op::kFloor>, {{"T", floats}}},
        {"Round", Elementwise<Op::kRound>, {{"T", floats}}},
        {"Round", Identity, {{"T", IndexTypes()}}},
        {"Rint", Elementwise<Op::kRound>, {{"T", wide}}},
        {"IsNan", Elementwise<Op::kIsNan>, {{"T", floats}}},
        {"IsInf", Elementwise<Op::kIsInf>, {{"T", floats}}},
        {"IsFinite", Elementwise<Op::kIsFinite>, {{"T", floats}}},
        {"LogicalNot", Elementwise<Op::kLogicalNot>, {}},
        {"Invert", Elementwise<Op::kBitwiseNot>, {{"T", Integers()}}},
        {"Snapshot", Identity, {{"T", AnyType()}}},
        {"ZerosLike", FilledLike<0>, {{"T", ButInt32(AnyType())}}},
        {"OnesLike", FilledLike<1>, {{"T", ButInt32(AnyType())}}},
        {"AddN", BuildAddN, {{"T", numbers}}},
        {"L2Loss", BuildL2Loss, {{"T", floats}}},
    };
    AddInt32ForClusters(&result);
    return result;
  }();
  return rows;
}

}  // namespace tf_mlc
