// mlcompute/reference/unary.cc: elementwise functions of one input.
#include <cmath>
#include <cstring>
#include <limits>

#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/families.h"
#include "mlcompute/reference/special.h"

namespace mlcompute::reference {
namespace {

template <typename T, typename F>
void Map(const Call& call, const F& f) {
  using C = Compute<T>;
  const T* x = call.input<T>(0);
  T* y = call.result<T>();
  const int64_t n = call.view.results[0].elements();
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<T>(f(static_cast<C>(x[i])));
}

// A function given as a struct with a template operator(), over floats or over all numbers.
template <typename F>
void Floats(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype,
                 [&](auto tag) { Map<typename decltype(tag)::type>(call, F()); });
}

template <typename F>
void Numbers(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype,
                  [&](auto tag) { Map<typename decltype(tag)::type>(call, F()); });
}

// Integers wrap around: arithmetic on them is done unsigned.
template <typename T>
T WrappingMul(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  } else {
    return a * b;
  }
}

template <typename T>
T WrappingNeg(T a) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(uint64_t{0} - static_cast<uint64_t>(a));
  } else {
    return -a;
  }
}

// clang-format off
struct Abs { template <typename T> T operator()(T x) const {
  if constexpr (std::is_floating_point_v<T>) return std::fabs(x);
  else if constexpr (std::is_unsigned_v<T>) return x;
  else return x < 0 ? WrappingNeg(x) : x; } };
struct Neg { template <typename T> T operator()(T x) const { return WrappingNeg(x); } };
struct Sign { template <typename T> T operator()(T x) const {
  if constexpr (std::is_floating_point_v<T>) { if (std::isnan(x)) return x; }
  return static_cast<T>((x > T{0}) - (x < T{0})); } };
struct Square { template <typename T> T operator()(T x) const { return WrappingMul(x, x); } };
struct Reciprocal { template <typename T> T operator()(T x) const { return T{1} / x; } };
struct Sqrt { template <typename T> T operator()(T x) const { return std::sqrt(x); } };
struct Rsqrt { template <typename T> T operator()(T x) const { return T{1} / std::sqrt(x); } };
struct Exp { template <typename T> T operator()(T x) const { return std::exp(x); } };
struct Expm1 { template <typename T> T operator()(T x) const { return std::expm1(x); } };
struct Log { template <typename T> T operator()(T x) const { return std::log(x); } };
struct Log1p { template <typename T> T operator()(T x) const { return std::log1p(x); } };
struct Sin { template <typename T> T operator()(T x) const { return std::sin(x); } };
struct Cos { template <typename T> T operator()(T x) const { return std::cos(x); } };
struct Tan { template <typename T> T operator()(T x) const { return std::tan(x); } };
struct Asin { template <typename T> T operator()(T x) const { return std::asin(x); } };
struct Acos { template <typename T> T operator()(T x) const { return std::acos(x); } };
struct Atan { template <typename T> T operator()(T x) const { return std::atan(x); } };
struct Sinh { template <typename T> T operator()(T x) const { return std::sinh(x); } };
struct Cosh { template <typename T> T operator()(T x) const { return std::cosh(x); } };
struct Tanh { template <typename T> T operator()(T x) const { return std::tanh(x); } };
struct Asinh { template <typename T> T operator()(T x) const { return std::asinh(x); } };
struct Acosh { template <typename T> T operator()(T x) const { return std::acosh(x); } };
struct Atanh { template <typename T> T operator()(T x) const { return std::atanh(x); } };
struct Erf { template <typename T> T operator()(T x) const { return std::erf(x); } };
struct Erfc { template <typename T> T operator()(T x) const { return std::erfc(x); } };
struct Lgamma { template <typename T> T operator()(T x) const { return std::lgamma(x); } };
struct DigammaF { template <typename T> T operator()(T x) const {
  return static_cast<T>(Digamma(x)); } };
struct ErfinvF { template <typename T> T operator()(T x) const {
  return static_cast<T>(Erfinv(x)); } };
struct NdtriF { template <typename T> T operator()(T x) const {
  return static_cast<T>(Ndtri(x)); } };
struct Ceil { template <typename T> T operator()(T x) const { return std::ceil(x); } };
struct Floor { template <typename T> T operator()(T x) const { return std::floor(x); } };
struct Round { template <typename T> T operator()(T x) const {
  if constexpr (std::is_floating_point_v<T>) return std::nearbyint(x); else return x; } };
struct Sigmoid { template <typename T> T operator()(T x) const {
  return T{1} / (T{1} + std::exp(-x)); } };
struct Relu { template <typename T> T operator()(T x) const { return x <= T{0} ? T{0} : x; } };
struct Relu6 { template <typename T> T operator()(T x) const {
  return x <= T{0} ? T{0} : (x > T{6} ? T{6} : x); } };
struct Elu { template <typename T> T operator()(T x) const {
  return x < T{0} ? std::expm1(x) : x; } };
// Klambauer et al. 2017, section 2.
struct Selu { template <typename T> T operator()(T x) const {
  return T(1.0507009873554804934193349852946) *
         (x < T{0} ? T(1.6732632423543772848170429916717) * std::expm1(x) : x); } };
struct Softplus { template <typename T> T operator()(T x) const {
  return x > T{0} ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); } };
struct Softsign { template <typename T> T operator()(T x) const {
  return x / (T{1} + std::fabs(x)); } };
struct BitwiseNot { template <typename T> T operator()(T x) const { return static_cast<T>(~x); } };
// clang-format on

void LeakyRelu(const Call& call) {
  const double alpha = call.view.attributes().Double("alpha");
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using C = Compute<T>;
    Map<T>(call, [a = static_cast<C>(alpha)](C x) { return x < C{0} ? a * x : x; });
  });
}

// Hendrycks and Gimpel 2016: x * Phi(x), or its approximation by tanh.
void Gelu(const Call& call) {
  const bool approximate = call.view.attributes().Bool("approximate");
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using C = Compute<T>;
    if (approximate) {
      Map<T>(call, [](C x) {
        return C(0.5) * x *
               (C{1} + std::tanh(C(0.79788456080286535588) * (x + C(0.044715) * x * x * x)));
      });
    } else {
      Map<T>(call, [](C x) { return C(0.5) * x * std::erfc(-x * C(0.70710678118654752440)); });
    }
  });
}

void LogicalNot(const Call& call) {
  Map<bool>(call, [](bool x) { return !x; });
}

template <bool (*kTest)(double)>
void Test(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* x = call.input<T>(0);
    bool* y = call.result<bool>();
    const int64_t n = call.view.results[0].elements();
    for (int64_t i = 0; i < n; ++i) y[i] = kTest(static_cast<double>(x[i]));
  });
}

bool IsNan(double x) { return std::isnan(x); }
bool IsInf(double x) { return std::isinf(x); }
bool IsFinite(double x) { return std::isfinite(x); }

void Integers(const Call& call) {
  DispatchIntegers(call.view.inputs[0].dtype,
                   [&](auto tag) { Map<typename decltype(tag)::type>(call, BitwiseNot()); });
}

// A float that the integer type cannot hold gives its smallest value, as x86 conversions do: C++
// leaves it undefined.
template <typename To, typename From>
To Convert(From x) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> &&
                !std::is_same_v<To, bool>) {
    constexpr bool kWide = sizeof(To) == 8 || std::is_same_v<To, uint32_t>;
    using Middle = std::conditional_t<kWide, int64_t, int32_t>;
    if constexpr (std::is_same_v<To, uint64_t>) {
      if (x >= From(9223372036854775808.0) && x < From(18446744073709551616.0)) {
        return static_cast<uint64_t>(x);
      }
    }
    constexpr From kLimit = kWide ? From(9223372036854775808.0) : From(2147483648.0);
    if (!(x >= -kLimit && x < kLimit)) {
      return static_cast<To>(std::numeric_limits<Middle>::min());
    }
    return static_cast<To>(static_cast<Middle>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else {
    return static_cast<To>(x);
  }
}

void Cast(const Call& call) {
  const int64_t n = call.view.results[0].elements();
  DispatchAll(call.view.inputs[0].dtype, [&](auto from) {
    DispatchAll(call.view.results[0].dtype, [&](auto to) {
      using From = typename decltype(from)::type;
      using To = typename decltype(to)::type;
      const From* x = call.input<From>(0);
      To* y = call.result<To>();
      for (int64_t i = 0; i < n; ++i) {
        y[i] = static_cast<To>(Convert<Compute<To>>(static_cast<Compute<From>>(x[i])));
      }
    });
  });
}

void Copy(const Call& call) {
  const size_t bytes = call.view.results[0].bytes();
  if (bytes > 0) std::memmove(call.results[0], call.inputs[0], bytes);
}

}  // namespace

const std::vector<Row>& UnaryRows() {
  static const std::vector<Row> rows = {
      {Op::kCopy, Copy},
      {Op::kAbs, Numbers<Abs>},
      {Op::kNeg, Numbers<Neg>},
      {Op::kSign, Numbers<Sign>},
      {Op::kReciprocal, Floats<Reciprocal>},
      {Op::kSquare, Numbers<Square>},
      {Op::kSqrt, Floats<Sqrt>},
      {Op::kRsqrt, Floats<Rsqrt>},
      {Op::kExp, Floats<Exp>},
      {Op::kExpm1, Floats<Expm1>},
      {Op::kLog, Floats<Log>},
      {Op::kLog1p, Floats<Log1p>},
      {Op::kSin, Floats<Sin>},
      {Op::kCos, Floats<Cos>},
      {Op::kTan, Floats<Tan>},
      {Op::kAsin, Floats<Asin>},
      {Op::kAcos, Floats<Acos>},
      {Op::kAtan, Floats<Atan>},
      {Op::kSinh, Floats<Sinh>},
      {Op::kCosh, Floats<Cosh>},
      {Op::kTanh, Floats<Tanh>},
      {Op::kAsinh, Floats<Asinh>},
      {Op::kAcosh, Floats<Acosh>},
      {Op::kAtanh, Floats<Atanh>},
      {Op::kErf, Floats<Erf>},
      {Op::kErfc, Floats<Erfc>},
      {Op::kLgamma, Floats<Lgamma>},
      {Op::kDigamma, Floats<DigammaF>},
      {Op::kErfinv, Floats<ErfinvF>},
      {Op::kNdtri, Floats<NdtriF>},
      {Op::kCeil, Floats<Ceil>},
      {Op::kFloor, Floats<Floor>},
      {Op::kRound, Numbers<Round>},
      {Op::kSigmoid, Floats<Sigmoid>},
      {Op::kRelu, Numbers<Relu>},
      {Op::kRelu6, Numbers<Relu6>},
      {Op::kLeakyRelu, LeakyRelu},
      {Op::kElu, Floats<Elu>},
      {Op::kSelu, Floats<Selu>},
      {Op::kSoftplus, Floats<Softplus>},
      {Op::kSoftsign, Floats<Softsign>},
      {Op::kGelu, Gelu},
      {Op::kLogicalNot, LogicalNot},
      {Op::kBitwiseNot, Integers},
      {Op::kIsNan, Test<IsNan>},
      {Op::kIsInf, Test<IsInf>},
      {Op::kIsFinite, Test<IsFinite>},
      {Op::kCast, Cast},
      {Op::kBitcast, Copy},
  };
  return rows;
}

}  // namespace mlcompute::reference
