// mlcompute/portable/simd/math.cc: exponentials, logarithms and what is made of them.
#include "mlcompute/portable/simd/sigmoid.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

constexpr float kInfinity = __builtin_inff();

HWY_INLINE V LogOf(V x) {
  V y = hn::Log(d, x);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), C(-kInfinity), y);
  y = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), C(__builtin_nanf("")), y);
  y = hn::IfThenElse(hn::Eq(x, C(kInfinity)), x, y);
  return KeepNaN(x, y);
}

HWY_INLINE V Log1pOf(V x) {
  V y = hn::Log1p(d, x);
  y = hn::IfThenElse(hn::Eq(x, C(-1.0f)), C(-kInfinity), y);
  y = hn::IfThenElse(hn::Lt(x, C(-1.0f)), C(__builtin_nanf("")), y);
  y = hn::IfThenElse(hn::Eq(x, C(kInfinity)), x, y);
  return KeepNaN(x, y);
}

HWY_INLINE V Expm1Of(V x) {
  return KeepNaN(x, hn::Expm1(d, hn::Min(hn::Max(x, C(-104.0f)), C(89.0f))));
}

// erf(x) / x as a polynomial of x^2 on [0, 1], relative error 4e-11 before rounding.
HWY_INLINE V ErfOverX(V x) {
  const V z = hn::Mul(x, x);
  V p = C(-9.673591036759341e-06f);
  p = hn::MulAdd(p, z, C(0.00011268253972720178f));
  p = hn::MulAdd(p, z, C(-0.0008484396561428785f));
  p = hn::MulAdd(p, z, C(0.005221053413284826f));
  p = hn::MulAdd(p, z, C(-0.02686543831078425f));
  p = hn::MulAdd(p, z, C(0.11283782622066973f));
  p = hn::MulAdd(p, z, C(-0.37612638475991694f));
  return hn::MulAdd(p, z, C(1.1283791670623606f));
}

// x * x less its rounded value.
HWY_INLINE V SquareError(V x, V square) {
#if HWY_NATIVE_FMA
  return hn::MulSub(x, x, square);
#else
  // Products of halves of the mantissa are exact.
  const hn::RebindToUnsigned<D> du;
  const V high = hn::And(x, hn::BitCast(d, hn::Set(du, 0xfffff000u)));
  const V low = hn::Sub(x, high);
  const V cross = hn::Mul(hn::Add(high, high), low);
  return hn::Add(hn::Add(hn::Sub(hn::Mul(high, high), square), cross), hn::Mul(low, low));
#endif
}

// erfc(a) = p e for a in [0.95, 10.3]: exp(-a^2) times t P(t), t = 2 / (2 + a), relative error
// 5e-10 before rounding. The part of a^2 that float drops is made good, since exp would magnify it.
HWY_INLINE void ErfcFactors(V a, V* factor, V* power) {
  const V t = hn::Div(C(2.0f), hn::Add(C(2.0f), a));
  V p = C(-0.06296581913958872f);
  p = hn::MulAdd(p, t, C(0.19412309658008095f));
  p = hn::MulAdd(p, t, C(-0.15231862155311f));
  p = hn::MulAdd(p, t, C(-0.06507250448756427f));
  p = hn::MulAdd(p, t, C(0.028122996652200437f));
  p = hn::MulAdd(p, t, C(0.06664445798308705f));
  p = hn::MulAdd(p, t, C(0.18097886885850534f));
  p = hn::MulAdd(p, t, C(0.2461004523743053f));
  p = hn::MulAdd(p, t, C(0.28215730466193145f));
  p = hn::MulAdd(p, t, C(0.2820925400053533f));
  const V square = hn::Mul(a, a);
  const V dropped = SquareError(a, square);
  const V e = hn::Exp(d, hn::Neg(square));
  *factor = hn::Mul(t, p);
  *power = hn::NegMulAdd(e, dropped, e);
}

HWY_INLINE V ErfOf(V x) {
  const V a = hn::Abs(x);
  V p, e;
  ErfcFactors(hn::Min(a, C(6.0f)), &p, &e);
  const V large = hn::CopySign(hn::NegMulAdd(p, e, C(1.0f)), x);
  return KeepNaN(x, hn::IfThenElse(hn::Lt(a, C(0.96f)), hn::Mul(ErfOverX(x), x), large));
}

HWY_INLINE V ErfcOf(V x) {
  const V a = hn::Abs(x);
  V p, e;
  ErfcFactors(hn::Min(a, C(10.05f)), &p, &e);
  const V tail = hn::Mul(p, e);
  V y = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Sub(C(2.0f), tail), tail);
  y = hn::IfThenElse(hn::Lt(a, C(0.96f)), hn::NegMulAdd(ErfOverX(x), x, C(1.0f)), y);
  y = hn::IfThenZeroElse(hn::Gt(x, C(10.05f)), y);
  return KeepNaN(x, y);
}

struct Exp {
  HWY_INLINE V operator()(V x) const { return ExpOf(x); }
};
struct Expm1 {
  HWY_INLINE V operator()(V x) const { return Expm1Of(x); }
};
struct Log {
  HWY_INLINE V operator()(V x) const { return LogOf(x); }
};
struct Log1p {
  HWY_INLINE V operator()(V x) const { return Log1pOf(x); }
};
struct Tanh {
  HWY_INLINE V operator()(V x) const { return TanhOf(x); }
};
struct Sigmoid {
  HWY_INLINE V operator()(V x) const { return SigmoidOf(x); }
};
struct Erf {
  HWY_INLINE V operator()(V x) const { return ErfOf(x); }
};
struct Erfc {
  HWY_INLINE V operator()(V x) const { return ErfcOf(x); }
};
struct Elu {
  HWY_INLINE V operator()(V x) const {
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), Expm1Of(x), x);
  }
};
// Klambauer et al. 2017, section 2.
struct Selu {
  HWY_INLINE V operator()(V x) const {
    const V negative = hn::Mul(C(1.6732632423543772f), Expm1Of(x));
    return hn::Mul(C(1.0507009873554805f), hn::IfThenElse(hn::Lt(x, hn::Zero(d)), negative, x));
  }
};
struct Softplus {
  HWY_INLINE V operator()(V x) const {
    const V positive = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x);
    return hn::Add(positive, Log1pOf(ExpOf(hn::Neg(hn::Abs(x)))));
  }
};

// Hendrycks and Gimpel 2016: x * Phi(x).
struct Gelu {
  HWY_INLINE V operator()(V x) const {
    return hn::Mul(hn::Mul(C(0.5f), x), ErfcOf(hn::Mul(x, C(-0.70710678118654752440f))));
  }
};
// Its approximation by tanh(u), with (1 + tanh(u)) / 2 as the logistic function of 2u.
struct GeluTanh {
  HWY_INLINE V operator()(V x) const {
    const V cubic = hn::Mul(hn::Mul(x, x), x);
    const V u = hn::Mul(C(0.79788456080286535588f), hn::MulAdd(C(0.044715f), cubic, x));
    const V e = ExpOf(hn::Mul(C(-2.0f), u));
    return hn::Div(x, hn::Add(C(1.0f), e));
  }
};
// Beyond 39000 Highway's reduction to a period has lost it.
template <typename Near>
HWY_INLINE V Periodic(V x, const Near& near, float (*far)(float)) {
  const V y = near(x);
  if (HWY_LIKELY(hn::AllTrue(d, hn::Lt(hn::Abs(x), C(39000.0f))))) return y;
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(x, d, lanes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = far(lanes[i]);
  return hn::Load(d, lanes);
}
float FarSin(float x) { return __builtin_sinf(x); }
float FarCos(float x) { return __builtin_cosf(x); }
struct Sin {
  HWY_INLINE V operator()(V x) const {
    return Periodic(
        x, [](V v) HWY_ATTR { return hn::Sin(d, v); }, FarSin);
  }
};
struct Cos {
  HWY_INLINE V operator()(V x) const {
    return Periodic(
        x, [](V v) HWY_ATTR { return hn::Cos(d, v); }, FarCos);
  }
};

template <typename F>
void Span(const float* x, float* y, size_t n) {
  MapUnary(x, y, n, F());
}

// dy times the logistic function of x.
struct SoftplusGrad {
  HWY_INLINE V operator()(V dy, V x) const { return hn::Mul(dy, SigmoidOf(x)); }
};

template <typename F>
void Span2(const float* a, const float* b, float* y, size_t n) {
  MapBinary(a, b, y, n, F());
}

struct Row {
  Op op;
  UnarySpan span;
};

constexpr Row kRows[] = {
    {Op::kExp, Span<Exp>},     {Op::kExpm1, Span<Expm1>},       {Op::kLog, Span<Log>},
    {Op::kLog1p, Span<Log1p>}, {Op::kTanh, Span<Tanh>},         {Op::kSigmoid, Span<Sigmoid>},
    {Op::kErf, Span<Erf>},     {Op::kErfc, Span<Erfc>},         {Op::kElu, Span<Elu>},
    {Op::kSelu, Span<Selu>},   {Op::kSoftplus, Span<Softplus>}, {Op::kSin, Span<Sin>},
    {Op::kCos, Span<Cos>},
};

}  // namespace

void FillMath(SpanTable* table) {
  for (const Row& row : kRows) table->unary[static_cast<size_t>(row.op)] = row.span;
  table->gelu = Span<Gelu>;
  table->gelu_tanh = Span<GeluTanh>;
  table->binary[static_cast<size_t>(Op::kSoftplusGrad)] = Span2<SoftplusGrad>;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
