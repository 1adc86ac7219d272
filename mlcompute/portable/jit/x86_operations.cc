#if defined(__x86_64__)

#include "mlcompute/portable/jit/x86_operations.h"

#include "mlcompute/portable/jit/x86_math.h"

namespace mlcompute::portable {
namespace {

using W = X86Writer;
using V = const Vector&;

constexpr uint32_t kSign = 0x80000000;
constexpr uint32_t kMagnitude = 0x7fffffff;
constexpr float kInfinity = __builtin_inff();

void Abs(W& w, V y, V a, V, V) { w.vandps(y, a, w.Bits(kMagnitude)); }
void Neg(W& w, V y, V a, V, V) { w.vxorps(y, a, w.Bits(kSign)); }
void Sign(W& w, V y, V a, V, V) {
  w.vandps(y, a, w.Bits(kSign));
  w.vorps(y, y, w.Number(1));
  w.Compare(a, a, kUnordered);
  w.ChooseWhere(y, a, y);
  w.Compare(a, w.Number(0), kEqual);
  w.DropWhere(y, y);
}
void Square(W& w, V y, V a, V, V) { w.vmulps(y, a, a); }
void Sqrt(W& w, V y, V a, V, V) { w.vsqrtps(y, a); }
void Reciprocal(W& w, V y, V a, V, V) {
  w.vmovups(y, w.Number(1));
  w.vdivps(y, y, a);
}
void Rsqrt(W& w, V y, V a, V, V) {
  w.vsqrtps(w.temp(0), a);
  w.vmovups(y, w.Number(1));
  w.vdivps(y, y, w.temp(0));
}
void Ceil(W& w, V y, V a, V, V) { w.Round(y, a, 2); }
void Floor(W& w, V y, V a, V, V) { w.Round(y, a, 1); }
void Round(W& w, V y, V a, V, V) { w.Round(y, a, 0); }
// vmaxps and vminps give their second operand when one is NaN or both are zero.
void Relu(W& w, V y, V a, V, V) {
  w.vxorps(y, y, y);
  w.vmaxps(y, y, a);
}
void Relu6(W& w, V y, V a, V, V) {
  Relu(w, y, a, a, a);
  w.vmovups(w.temp(0), w.Number(6));
  w.vminps(y, w.temp(0), y);
}
void Softsign(W& w, V y, V a, V, V) {
  Abs(w, y, a, a, a);
  w.vaddps(y, y, w.Number(1));
  w.vdivps(y, a, y);
}
void Move(W& w, V y, V a, V, V) { w.vmovaps(y, a); }

void Add(W& w, V y, V a, V b, V) { w.vaddps(y, a, b); }
void Sub(W& w, V y, V a, V b, V) { w.vsubps(y, a, b); }
void Mul(W& w, V y, V a, V b, V) { w.vmulps(y, a, b); }
void Div(W& w, V y, V a, V b, V) { w.vdivps(y, a, b); }
void DivNoNan(W& w, V y, V a, V b, V) {
  w.vdivps(y, a, b);
  w.Compare(b, w.Number(0), kEqual);
  w.DropWhere(y, y);
}
void MulNoNan(W& w, V y, V a, V b, V) {
  w.vmulps(y, a, b);
  w.Compare(b, w.Number(0), kEqual);
  w.DropWhere(y, y);
}
void Xdivy(W& w, V y, V a, V b, V) {
  w.vdivps(y, a, b);
  w.Compare(a, w.Number(0), kEqual);
  w.DropWhere(y, y);
}
void SquaredDifference(W& w, V y, V a, V b, V) {
  w.vsubps(y, a, b);
  w.vmulps(y, y, y);
}
void FloorDiv(W& w, V y, V a, V b, V) {
  w.vdivps(y, a, b);
  w.Round(y, y, 1);
}
void Maximum(W& w, V y, V a, V b, V) {
  w.vmaxps(y, b, a);
  w.Compare(b, b, kUnordered);
  w.ChooseWhere(y, b, y);
}
void Minimum(W& w, V y, V a, V b, V) {
  w.vminps(y, b, a);
  w.Compare(b, b, kUnordered);
  w.ChooseWhere(y, b, y);
}

// Gradients of functions of a with result `a`, and that of the result, b; others: (b, a) there.
void TanhGrad(W& w, V y, V a, V b, V) {
  w.vmovups(y, w.Number(1));
  w.vfnmadd231ps(y, a, a);
  w.vmulps(y, b, y);
}
void SigmoidGrad(W& w, V y, V a, V b, V) {
  w.vmovups(y, w.Number(1));
  w.vsubps(y, y, a);
  w.vmulps(y, a, y);
  w.vmulps(y, b, y);
}
void WhereNotZero(W& w, V y, V b) {
  w.Compare(b, w.Number(0), kEqual);
  w.DropWhere(y, y);
}
void SqrtGrad(W& w, V y, V a, V b, V) {
  w.vmulps(y, b, w.Number(0.5f));
  w.vdivps(y, y, a);
  WhereNotZero(w, y, b);
}
void RsqrtGrad(W& w, V y, V a, V b, V) {
  w.vmulps(w.temp(0), a, a);
  w.vmulps(w.temp(0), w.temp(0), a);
  w.vmulps(y, b, w.Number(-0.5f));
  w.vmulps(y, y, w.temp(0));
  WhereNotZero(w, y, b);
}
void ReciprocalGrad(W& w, V y, V a, V b, V) {
  Neg(w, y, b, b, b);
  w.vmulps(y, y, a);
  w.vmulps(y, y, a);
  WhereNotZero(w, y, b);
}
void ReluGrad(W& w, V y, V a, V b, V) {
  w.vmovups(y, w.Number(1));
  w.Compare(b, w.Number(0), kGreater);
  w.KeepWhere(y, y);
  w.vmulps(y, a, y);
}
void Relu6Grad(W& w, V y, V a, V b, V) {
  w.vmovups(y, w.Number(1));
  w.Compare(b, w.Number(0), kGreater);
  w.KeepWhere(y, y);
  w.Compare(b, w.Number(6), kLess);
  w.KeepWhere(y, y);
  w.vmulps(y, a, y);
}
void EluGrad(W& w, V y, V a, V b, V) {
  w.vaddps(y, b, w.Number(1));
  w.vmulps(y, a, y);
  w.Compare(b, w.Number(0), kLess);
  w.ChooseWhere(y, y, a);
}
void SeluGrad(W& w, V y, V a, V b, V) {
  w.vaddps(y, b, w.Number(1.7580993408473766f));
  w.vmovups(w.temp(0), w.Number(1.0507009873554805f));
  w.Compare(b, w.Number(0), kLess);
  w.ChooseWhere(y, y, w.temp(0));
  w.vmulps(y, a, y);
}
void SoftsignGrad(W& w, V y, V a, V b, V) {
  Abs(w, y, b, b, b);
  w.vaddps(y, y, w.Number(1));
  w.vmulps(y, y, y);
  w.vdivps(y, a, y);
}

template <Predicate predicate>
void CompareAs(W& w, V y, V a, V b, V) {
  w.Compare(a, b, predicate);
  w.StoreCompare(y);
}
void IsNan(W& w, V y, V a, V, V) { CompareAs<kUnordered>(w, y, a, a, a); }
template <Predicate predicate>
void MagnitudeIs(W& w, V y, V a, V, V) {
  Abs(w, y, a, a, a);
  w.Compare(y, w.Number(kInfinity), predicate);
  w.StoreCompare(y);
}

void And(W& w, V y, V a, V b, V) { w.vandps(y, a, b); }
void Or(W& w, V y, V a, V b, V) { w.vorps(y, a, b); }
void Xor(W& w, V y, V a, V b, V) { w.vxorps(y, a, b); }
void Not(W& w, V y, V a, V, V) { w.vxorps(y, a, w.Bits(0xffffffff)); }
void FromBool(W& w, V y, V a, V, V) { w.vandps(y, a, w.Number(1)); }
void Select(W& w, V y, V a, V b, V c) {
  w.CompareIsSet(a);
  w.ChooseWhere(y, b, c);
}

struct Row {
  Op op;
  X86Operation operation;
};

constexpr Row kOfFloats[] = {
    {Op::kAbs, {Abs}},
    {Op::kNeg, {Neg}},
    {Op::kSign, {Sign}},
    {Op::kSquare, {Square}},
    {Op::kSqrt, {Sqrt}},
    {Op::kRsqrt, {Rsqrt}},
    {Op::kReciprocal, {Reciprocal}},
    {Op::kCeil, {Ceil}},
    {Op::kFloor, {Floor}},
    {Op::kRound, {Round}},
    {Op::kRelu, {Relu}},
    {Op::kRelu6, {Relu6}},
    {Op::kSoftsign, {Softsign}},
    {Op::kCast, {Move}},
    {Op::kAdd, {Add}},
    {Op::kSub, {Sub}},
    {Op::kMul, {Mul}},
    {Op::kDiv, {Div}},
    {Op::kDivNoNan, {DivNoNan}},
    {Op::kMulNoNan, {MulNoNan}},
    {Op::kXdivy, {Xdivy}},
    {Op::kSquaredDifference, {SquaredDifference}},
    {Op::kFloorDiv, {FloorDiv}},
    {Op::kMaximum, {Maximum}},
    {Op::kMinimum, {Minimum}},
    {Op::kTanhGrad, {TanhGrad}},
    {Op::kSigmoidGrad, {SigmoidGrad}},
    {Op::kSqrtGrad, {SqrtGrad}},
    {Op::kRsqrtGrad, {RsqrtGrad}},
    {Op::kReciprocalGrad, {ReciprocalGrad}},
    {Op::kReluGrad, {ReluGrad}},
    {Op::kRelu6Grad, {Relu6Grad}},
    {Op::kEluGrad, {EluGrad}},
    {Op::kSeluGrad, {SeluGrad}},
    {Op::kSoftsignGrad, {SoftsignGrad}},
    {Op::kEqual, {CompareAs<kEqual>}},
    {Op::kNotEqual, {CompareAs<kNotEqual>}},
    {Op::kLess, {CompareAs<kLess>}},
    {Op::kLessEqual, {CompareAs<kLessEqual>}},
    {Op::kGreater, {CompareAs<kGreater>}},
    {Op::kGreaterEqual, {CompareAs<kGreaterEqual>}},
    {Op::kIsNan, {IsNan}},
    {Op::kIsInf, {MagnitudeIs<kEqual>}},
    {Op::kIsFinite, {MagnitudeIs<kLess>}},
    {Op::kSelect, {Select}},
};

constexpr Row kOfBools[] = {
    {Op::kLogicalAnd, {And}}, {Op::kLogicalOr, {Or}},  {Op::kLogicalXor, {Xor}},
    {Op::kLogicalNot, {Not}}, {Op::kCast, {FromBool}},
};

template <size_t N>
const X86Operation* Find(const Row (&rows)[N], Op op) {
  for (const Row& row : rows) {
    if (row.op == op) return &row.operation;
  }
  return nullptr;
}

}  // namespace

const X86Operation* FindX86Operation(Op op, DataType from) {
  if (from == DataType::kBool) return Find(kOfBools, op);
  const X86Operation* found = Find(kOfFloats, op);
  return found ? found : FindX86Math(op);
}

}  // namespace mlcompute::portable

#endif
