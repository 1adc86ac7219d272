// Polynomials and the reduction of arguments are those of Highway's functions, where simd/ calls
// these, so that loops and spans agree.
#if defined(__x86_64__)

#include "mlcompute/portable/jit/x86_math.h"

namespace mlcompute::portable {
namespace {

using W = X86Writer;
using V = const Vector&;

constexpr uint32_t kSign = 0x80000000;
constexpr uint32_t kMagnitude = 0x7fffffff;
constexpr float kInfinity = __builtin_inff();

// y = x where the comparison holds, else as it is.
void ReplaceWhere(W& w, V y, float value) {
  w.vmovups(w.temp(0), w.Number(value));
  w.ChooseWhere(y, w.temp(0), y);
}

// Of vmaxps and vminps the second operand comes through when it is NaN.
void AtLeast(W& w, V y, float low, V x) {
  w.vmovups(w.temp(0), w.Number(low));
  w.vmaxps(y, w.temp(0), x);
}
void AtMost(W& w, V y, float high, V x) {
  w.vmovups(w.temp(0), w.Number(high));
  w.vminps(y, w.temp(0), x);
}
// To where exp() is neither 0 nor infinite, and a little further.
void ClampForExp(W& w, V y, V x) {
  AtLeast(w, y, -104.0f, x);
  AtMost(w, y, 89.0f, y);
}

// exp(x) = (y + 1) * 2^q for x within [-104, 89]; y may be x. r and s are overwritten.
void ReducedExp(W& w, V y, V q, V x, V r, V s) {
  V t = w.temp(0);
  V u = w.temp(1);
  w.vandps(q, x, w.Bits(kSign));
  w.vorps(q, q, w.Number(0.5f));
  w.vfmadd231ps(q, x, w.Number(1.44269504088896340736f));
  w.Round(q, q, 3);
  w.vmovaps(r, x);
  w.vfmadd231ps(r, q, w.Number(-0.693145751953125f));
  w.vfmadd231ps(r, q, w.Number(-1.428606765330187045e-6f));
  w.vmulps(s, r, r);
  w.vmulps(u, s, s);
  w.Polynomial(y, r, {0.166666671633720397949219f, 0.5f});
  w.Polynomial(t, r, {0.00833336077630519866943359f, 0.0416664853692054748535156f});
  w.vfmadd231ps(y, s, t);
  w.Polynomial(t, r, {0.000198527617612853646278381f, 0.00139304355252534151077271f});
  w.vfmadd231ps(y, u, t);
  w.vfmadd213ps(y, s, r);
}

// y *= 2^q for a whole q that 2^q may be too small or large for; rounds once.
void Scale(W& w, V y, V q) {
  if (w.is_avx512()) {
    w.vscalefps(y, y, q);
    return;
  }
  V half = w.temp(0);
  V power = w.temp(1);
  w.vcvttps2dq(q, q);
  w.vpsrad(half, q, 1);
  w.vpsubd(q, q, half);
  for (V part : {half, q}) {
    w.vpaddd(power, part, w.Bits(127));
    w.vpslld(power, power, 23);
    w.vmulps(y, y, power);
  }
}

// y may be x, which is within [-104, 89]. Overwrites q, r and s.
void ExpOf(W& w, V y, V x, V q, V r, V s) {
  ReducedExp(w, y, q, x, r, s);
  w.vaddps(y, y, w.Number(1));
  Scale(w, y, q);
}

void Exp(W& w, V y, V a, V, V) {
  ClampForExp(w, y, a);
  ExpOf(w, y, y, w.scratch(0), w.scratch(1), w.scratch(2));
}

void Expm1(W& w, V y, V a, V, V) {
  V q = w.scratch(0);
  V large = w.scratch(3);
  ClampForExp(w, y, a);
  ReducedExp(w, y, q, y, w.scratch(1), w.scratch(2));
  w.vaddps(large, y, w.Number(1));
  Scale(w, large, q);
  w.vsubps(large, large, w.Number(1));
  w.vandps(w.temp(0), a, w.Bits(kMagnitude));
  w.Compare(w.temp(0), w.Number(0.346573590279972654708616f), kLess);
  w.ChooseWhere(y, y, large);
}

void Elu(W& w, V y, V a, V b, V c) {
  Expm1(w, y, a, b, c);
  w.Compare(a, w.Number(0), kLess);
  w.ChooseWhere(y, y, a);
}

void Selu(W& w, V y, V a, V b, V c) {
  Expm1(w, y, a, b, c);
  w.vmulps(y, y, w.Number(1.6732632423543772f));
  w.Compare(a, w.Number(0), kLess);
  w.ChooseWhere(y, y, a);
  w.vmulps(y, y, w.Number(1.0507009873554805f));
}

void Sigmoid(W& w, V y, V a, V, V) {
  w.vxorps(y, a, w.Bits(kSign));
  ClampForExp(w, y, y);
  ExpOf(w, y, y, w.scratch(0), w.scratch(1), w.scratch(2));
  w.vaddps(y, y, w.Number(1));
  w.vmovups(w.temp(0), w.Number(1));
  w.vdivps(y, w.temp(0), y);
}

void SoftplusGrad(W& w, V y, V a, V b, V c) {
  Sigmoid(w, y, b, b, c);
  w.vmulps(y, a, y);
}

// The sign of y is that of x: of y that is not negative.
void TakeSign(W& w, V y, V x) {
  w.vandps(w.temp(0), x, w.Bits(kSign));
  w.vorps(y, y, w.temp(0));
}

void CompareMagnitude(W& w, V x, float limit) {
  w.vandps(w.temp(0), x, w.Bits(kMagnitude));
  w.Compare(w.temp(0), w.Number(limit), kLess);
}

void Tanh(W& w, V y, V a, V, V) {
  V z = w.scratch(0);
  V p = w.scratch(1);
  w.vandps(y, a, w.Bits(kMagnitude));
  w.vaddps(y, y, y);
  AtMost(w, y, 40.0f, y);
  ExpOf(w, y, y, z, p, w.scratch(2));
  w.vaddps(y, y, w.Number(1));
  w.vmovups(w.temp(0), w.Number(2));
  w.vdivps(y, w.temp(0), y);
  w.vmovups(w.temp(0), w.Number(1));
  w.vsubps(y, w.temp(0), y);
  TakeSign(w, y, a);
  w.vmulps(z, a, a);
  w.Polynomial(
      p, z,
      {0.0022727037f, -0.0083264009f, 0.021763633f, -0.053958624f, 0.13333301f, -0.33333333f});
  w.vmulps(p, p, z);
  w.vfmadd213ps(p, a, a);
  CompareMagnitude(w, a, 0.625f);
  w.ChooseWhere(y, p, y);
}

// p = erf(x) / x for |x| < 1. Overwrites z.
void ErfOverX(W& w, V p, V x, V z) {
  w.vmulps(z, x, x);
  w.Polynomial(p, z,
               {-9.673591036759341e-06f, 0.00011268253972720178f, -0.0008484396561428785f,
                0.005221053413284826f, -0.02686543831078425f, 0.11283782622066973f,
                -0.37612638475991694f, 1.1283791670623606f});
}

// erfc(m) = p * m, of the m that was given, within [0, 10.3]. Overwrites y and the first scratch.
void ErfcFactors(W& w, V m, V p, V y) {
  V t = w.scratch(0);
  w.vaddps(t, m, w.Number(2));
  w.vmovups(p, w.Number(2));
  w.vdivps(t, p, t);
  w.Polynomial(
      p, t,
      {-0.06296581913958872f, 0.19412309658008095f, -0.15231862155311f, -0.06507250448756427f,
       0.028122996652200437f, 0.06664445798308705f, 0.18097886885850534f, 0.2461004523743053f,
       0.28215730466193145f, 0.2820925400053533f});
  w.vmulps(p, t, p);
  w.vmulps(y, m, m);
  w.vfmsub213ps(m, m, y);  // what the square has lost
  w.vxorps(y, y, w.Bits(kSign));
  ExpOf(w, y, y, w.scratch(0), w.scratch(1), w.scratch(2));
  w.vfnmadd213ps(m, y, y);
}

void Erf(W& w, V y, V a, V, V) {
  V m = w.scratch(3);
  V p = w.scratch(4);
  w.vandps(m, a, w.Bits(kMagnitude));
  AtMost(w, m, 6.0f, m);
  ErfcFactors(w, m, p, y);
  w.vmovups(y, w.Number(1));
  w.vfnmadd231ps(y, p, m);
  TakeSign(w, y, a);
  ErfOverX(w, p, a, m);
  w.vmulps(p, p, a);
  CompareMagnitude(w, a, 0.96f);
  w.ChooseWhere(y, p, y);
}

void Erfc(W& w, V y, V a, V, V) {
  V m = w.scratch(3);
  V p = w.scratch(4);
  w.vandps(m, a, w.Bits(kMagnitude));
  AtMost(w, m, 10.05f, m);
  ErfcFactors(w, m, p, y);
  w.vmulps(y, p, m);
  w.vmovups(w.temp(0), w.Number(2));
  w.vsubps(w.temp(0), w.temp(0), y);
  w.Compare(a, w.Number(0), kLess);
  w.ChooseWhere(y, w.temp(0), y);
  ErfOverX(w, p, a, m);
  w.vfnmadd213ps(p, a, w.Number(1));
  CompareMagnitude(w, a, 0.96f);
  w.ChooseWhere(y, p, y);
  w.Compare(a, w.Number(10.05f), kGreater);
  w.DropWhere(y, y);
}

// y = log(x) of finite positive numbers, of those below the normal ones if `subnormal`. Overwrites
// four scratch vectors from `first` on.
void LogOf(W& w, V y, V x, bool subnormal, int first) {
  V e = w.scratch(first);
  V z = w.scratch(first + 1);
  V less = w.scratch(first + 2);  // by one: the mantissa
  V square = w.scratch(first + 3);
  V t = w.temp(0);
  V fourth = w.temp(1);
  constexpr uint32_t kRootHalf = 0x3f3504f3;
  if (subnormal) {
    w.vmulps(z, x, w.Number(33554432.0f));
    w.vmovups(e, w.Bits(static_cast<uint32_t>(-25)));
    w.Compare(x, w.Bits(0x00800000), kLess);
    w.ChooseWhere(z, z, x);
    w.KeepWhere(e, e);
    w.vpaddd(z, z, w.Bits(0x3f800000 - kRootHalf));
  } else {
    w.vmovups(e, w.Bits(0x3f800000 - kRootHalf));
    w.vpaddd(z, x, e);
    w.vxorps(e, e, e);
  }
  w.vpsrld(t, z, 23);
  w.vpaddd(t, t, w.Bits(static_cast<uint32_t>(-127)));
  w.vpaddd(e, e, t);
  w.vcvtdq2ps(e, e);
  w.vandps(z, z, w.Bits(0x007fffff));
  w.vpaddd(z, z, w.Bits(kRootHalf));
  w.vsubps(less, z, w.Number(1));
  w.vaddps(z, z, w.Number(1));
  w.vdivps(z, less, z);
  w.vmulps(square, z, z);
  w.vmulps(fourth, square, square);
  w.Polynomial(y, fourth, {0.28498786688f, 0.66666662693f});
  w.Polynomial(t, fourth, {0.24279078841f, 0.40000972152f});
  w.vmulps(t, t, fourth);
  w.vfmadd213ps(y, square, t);
  w.vsubps(y, less, y);
  w.vmulps(t, e, w.Number(9.0580006145e-6f));
  w.vfmsub213ps(y, z, t);
  w.vsubps(y, y, less);
  w.vfmsub231ps(y, e, w.Number(0.69313812256f));
}

// What logarithms are at the end of their range, `pole`, and beyond it.
void LogLimits(W& w, V y, V x, float pole) {
  w.Compare(x, w.Number(pole), kEqual);
  ReplaceWhere(w, y, -kInfinity);
  w.Compare(x, w.Number(pole), kLess);
  ReplaceWhere(w, y, __builtin_nanf(""));
  w.Compare(x, w.Number(kInfinity), kNotLess);
  w.ChooseWhere(y, x, y);
}

void Log(W& w, V y, V a, V, V) {
  LogOf(w, y, a, true, 0);
  LogLimits(w, y, a, 0.0f);
}

// log(x) x' / (x - 1) for x = 1 + x' as it is rounded. Overwrites scratch vectors [0, 5).
void Log1pOf(W& w, V y, V a) {
  V x = w.scratch(0);
  V rest = w.scratch(1);
  w.vaddps(x, a, w.Number(1));
  LogOf(w, y, x, false, 1);
  w.Compare(x, w.Number(1), kEqual);
  w.DropWhere(rest, x);
  w.vsubps(rest, rest, w.Number(1));
  w.vdivps(rest, a, rest);
  w.vmulps(y, y, rest);
  w.Compare(x, w.Number(1), kEqual);
  w.ChooseWhere(y, a, y);
}

void Log1p(W& w, V y, V a, V, V) {
  Log1pOf(w, y, a);
  LogLimits(w, y, a, -1.0f);
}

void Softplus(W& w, V y, V a, V, V) {
  V e = w.scratch(5);
  w.vorps(e, a, w.Bits(kSign));
  ClampForExp(w, e, e);
  ExpOf(w, e, e, w.scratch(0), w.scratch(1), w.scratch(2));
  Log1pOf(w, y, e);
  w.Compare(e, e, kUnordered);
  w.ChooseWhere(y, e, y);
  w.Compare(a, w.Number(0), kLess);
  w.DropWhere(e, a);
  w.vaddps(y, e, y);
}

struct Row {
  Op op;
  X86Operation operation;
};

constexpr Row kRows[] = {
    {Op::kExp, {Exp, 3}},           {Op::kExpm1, {Expm1, 4}},
    {Op::kLog, {Log, 4}},           {Op::kLog1p, {Log1p, 5}},
    {Op::kTanh, {Tanh, 3}},         {Op::kSigmoid, {Sigmoid, 3}},
    {Op::kErf, {Erf, 5}},           {Op::kErfc, {Erfc, 5}},
    {Op::kElu, {Elu, 4}},           {Op::kSelu, {Selu, 4}},
    {Op::kSoftplus, {Softplus, 6}}, {Op::kSoftplusGrad, {SoftplusGrad, 3}},
};

}  // namespace

const X86Operation* FindX86Math(Op op) {
  for (const Row& row : kRows) {
    if (row.op == op) return &row.operation;
  }
  return nullptr;
}

}  // namespace mlcompute::portable

#endif
