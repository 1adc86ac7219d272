// mlcompute/reference/binary.cc: elementwise functions of two broadcast inputs.
#include <cmath>
#include <limits>

#include "mlcompute/reference/broadcast.h"
#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/families.h"

namespace mlcompute::reference {
namespace {

template <typename T, typename R, typename F>
void Map(const Call& call, const F& f) {
  using C = Compute<T>;
  const Shape& out = call.view.results[0].shape;
  const T* x = call.input<T>(0);
  const T* y = call.input<T>(1);
  R* z = call.result<R>();
  ForEach<2>(out,
             {BroadcastStrides(call.view.inputs[0].shape, out),
              BroadcastStrides(call.view.inputs[1].shape, out)},
             [&](int64_t i, const std::array<int64_t, 2>& at) {
               z[i] = static_cast<R>(f(static_cast<C>(x[at[0]]), static_cast<C>(y[at[1]])));
             });
}

template <typename F>
void Floats(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    Map<T, T>(call, F());
  });
}

template <typename F>
void Integers(const Call& call) {
  DispatchIntegers(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    Map<T, T>(call, F());
  });
}

template <typename F>
void Numbers(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    Map<T, T>(call, F());
  });
}

template <typename F>
void Compare(const Call& call) {
  DispatchAll(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    Map<T, bool>(call, F());
  });
}

template <typename F>
void Logical(const Call& call) {
  Map<bool, bool>(call, F());
}

// Integers wrap around: their arithmetic is done unsigned.
template <typename T, typename F>
T Wrap(T x, T y, const F& f) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(f(static_cast<uint64_t>(x), static_cast<uint64_t>(y)));
  } else {
    return f(x, y);
  }
}

// Quotient rounded toward zero. -min / -1 wraps to min.
template <typename T>
T Quotient(T x, T y) {
  if constexpr (std::is_integral_v<T>) {
    if (y == 0) throw InvalidArgument("Integer division by zero");
    if constexpr (std::is_signed_v<T>) {
      if (y == T{-1}) return Wrap(T{0}, x, [](auto a, auto b) { return a - b; });
    }
    return static_cast<T>(x / y);
  } else {
    return x / y;
  }
}

template <typename T>
T Remainder(T x, T y) {
  if constexpr (std::is_integral_v<T>) {
    if (y == 0) throw InvalidArgument("Integer division by zero");
    if constexpr (std::is_signed_v<T>) {
      if (y == T{-1}) return 0;
    }
    return static_cast<T>(x % y);
  } else {
    return std::fmod(x, y);
  }
}

// By repeated squaring; a negative exponent is an error, as in TensorFlow.
template <typename T>
T IntegerPower(T x, T y) {
  if constexpr (std::is_signed_v<T>) {
    if (y < 0) throw InvalidArgument("Integers to negative integer powers are not allowed");
  }
  uint64_t base = static_cast<uint64_t>(x);
  uint64_t result = 1;
  for (auto e = static_cast<uint64_t>(y); e > 0; e >>= 1) {
    if (e & 1) result *= base;
    base *= base;
  }
  return static_cast<T>(result);
}

template <typename T>
bool IsNan(T x) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(x);
  return false;
}

// clang-format off
struct Add { template <typename T> T operator()(T x, T y) const {
  return Wrap(x, y, [](auto a, auto b) { return a + b; }); } };
struct Sub { template <typename T> T operator()(T x, T y) const {
  return Wrap(x, y, [](auto a, auto b) { return a - b; }); } };
struct Mul { template <typename T> T operator()(T x, T y) const {
  return Wrap(x, y, [](auto a, auto b) { return a * b; }); } };
struct SquaredDifference { template <typename T> T operator()(T x, T y) const {
  return Wrap(x, y, [](auto a, auto b) { return (a - b) * (a - b); }); } };
struct Div { template <typename T> T operator()(T x, T y) const { return Quotient(x, y); } };
struct DivNoNan { template <typename T> T operator()(T x, T y) const {
  return y == T{0} ? T{0} : x / y; } };
struct MulNoNan { template <typename T> T operator()(T x, T y) const {
  return y == T{0} ? T{0} : x * y; } };
struct FloorDiv { template <typename T> T operator()(T x, T y) const {
  if constexpr (std::is_floating_point_v<T>) { return std::floor(x / y); }
  else {
    const T q = Quotient(x, y);
    return Remainder(x, y) != 0 && (x < 0) != (y < 0) ? static_cast<T>(q - 1) : q; } } };
struct TruncDiv { template <typename T> T operator()(T x, T y) const {
  if constexpr (std::is_floating_point_v<T>) return std::trunc(x / y);
  else return Quotient(x, y); } };
struct FloorMod { template <typename T> T operator()(T x, T y) const {
  const T r = Remainder(x, y);
  return r != T{0} && (r < T{0}) != (y < T{0}) ? static_cast<T>(r + y) : r; } };
struct TruncMod { template <typename T> T operator()(T x, T y) const {
  return Remainder(x, y); } };
struct Pow { template <typename T> T operator()(T x, T y) const {
  if constexpr (std::is_floating_point_v<T>) return std::pow(x, y);
  else return IntegerPower(x, y); } };
struct Maximum { template <typename T> T operator()(T x, T y) const {
  if (IsNan(x) || IsNan(y)) return static_cast<T>(x + y);
  return x < y ? y : x; } };
struct Minimum { template <typename T> T operator()(T x, T y) const {
  if (IsNan(x) || IsNan(y)) return static_cast<T>(x + y);
  return y < x ? y : x; } };
struct Atan2 { template <typename T> T operator()(T x, T y) const { return std::atan2(x, y); } };
struct Xdivy { template <typename T> T operator()(T x, T y) const {
  return x == T{0} ? T{0} : x / y; } };
struct Xlogy { template <typename T> T operator()(T x, T y) const {
  return x == T{0} ? T{0} : x * std::log(y); } };
struct Xlog1py { template <typename T> T operator()(T x, T y) const {
  return x == T{0} ? T{0} : x * std::log1p(y); } };
struct BitwiseAnd { template <typename T> T operator()(T x, T y) const {
  return static_cast<T>(x & y); } };
struct BitwiseOr { template <typename T> T operator()(T x, T y) const {
  return static_cast<T>(x | y); } };
struct BitwiseXor { template <typename T> T operator()(T x, T y) const {
  return static_cast<T>(x ^ y); } };
// Shift counts are clamped to the width, as TensorFlow does: C++ leaves larger ones undefined.
template <typename T> T Clamped(T y) {
  const T last = static_cast<T>(sizeof(T) * 8 - 1);
  if constexpr (std::is_signed_v<T>) { if (y < 0) return 0; }
  return y > last ? last : y; }
struct LeftShift { template <typename T> T operator()(T x, T y) const {
  return static_cast<T>(static_cast<uint64_t>(x) << Clamped(y)); } };
struct RightShift { template <typename T> T operator()(T x, T y) const {
  return static_cast<T>(x >> Clamped(y)); } };
struct And { bool operator()(bool x, bool y) const { return x && y; } };
struct Or { bool operator()(bool x, bool y) const { return x || y; } };
struct Xor { bool operator()(bool x, bool y) const { return x != y; } };
struct Equal { template <typename T> bool operator()(T x, T y) const { return x == y; } };
struct NotEqual { template <typename T> bool operator()(T x, T y) const { return x != y; } };
struct Less { template <typename T> bool operator()(T x, T y) const { return x < y; } };
struct LessEqual { template <typename T> bool operator()(T x, T y) const { return x <= y; } };
struct Greater { template <typename T> bool operator()(T x, T y) const { return x > y; } };
struct GreaterEqual { template <typename T> bool operator()(T x, T y) const { return x >= y; } };
// clang-format on

// The neighbour of x in the type itself, so not by way of float for the 16-bit formats. Their bits
// count up from zero in steps of one, on either side of it.
template <typename T>
T Neighbour(T x, T y) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::nextafter(x, y);
  } else {
    const float from = x;
    const float to = y;
    if (std::isnan(from)) return x;
    if (std::isnan(to) || from == to) return y;
    if (from == 0.0f) {
      x.bits = std::signbit(to) ? 0x8001 : 0x0001;
    } else if ((to > from) == (from > 0.0f)) {
      ++x.bits;
    } else {
      --x.bits;
    }
    return x;
  }
}

void NextAfter(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Shape& out = call.view.results[0].shape;
    const T* x = call.input<T>(0);
    const T* y = call.input<T>(1);
    T* z = call.result<T>();
    ForEach<2>(
        out,
        {BroadcastStrides(call.view.inputs[0].shape, out),
         BroadcastStrides(call.view.inputs[1].shape, out)},
        [&](int64_t i, const std::array<int64_t, 2>& at) { z[i] = Neighbour(x[at[0]], y[at[1]]); });
  });
}

}  // namespace

const std::vector<Row>& BinaryRows() {
  static const std::vector<Row> rows = {
      {Op::kAdd, Numbers<Add>},
      {Op::kSub, Numbers<Sub>},
      {Op::kMul, Numbers<Mul>},
      {Op::kDiv, Numbers<Div>},
      {Op::kDivNoNan, Floats<DivNoNan>},
      {Op::kMulNoNan, Floats<MulNoNan>},
      {Op::kFloorDiv, Numbers<FloorDiv>},
      {Op::kTruncDiv, Numbers<TruncDiv>},
      {Op::kFloorMod, Numbers<FloorMod>},
      {Op::kTruncMod, Numbers<TruncMod>},
      {Op::kPow, Numbers<Pow>},
      {Op::kMaximum, Numbers<Maximum>},
      {Op::kMinimum, Numbers<Minimum>},
      {Op::kSquaredDifference, Numbers<SquaredDifference>},
      {Op::kAtan2, Floats<Atan2>},
      {Op::kXdivy, Floats<Xdivy>},
      {Op::kXlogy, Floats<Xlogy>},
      {Op::kXlog1py, Floats<Xlog1py>},
      {Op::kNextAfter, NextAfter},
      {Op::kBitwiseAnd, Integers<BitwiseAnd>},
      {Op::kBitwiseOr, Integers<BitwiseOr>},
      {Op::kBitwiseXor, Integers<BitwiseXor>},
      {Op::kLeftShift, Integers<LeftShift>},
      {Op::kRightShift, Integers<RightShift>},
      {Op::kLogicalAnd, Logical<And>},
      {Op::kLogicalOr, Logical<Or>},
      {Op::kLogicalXor, Logical<Xor>},
      {Op::kEqual, Compare<Equal>},
      {Op::kNotEqual, Compare<NotEqual>},
      {Op::kLess, Compare<Less>},
      {Op::kLessEqual, Compare<LessEqual>},
      {Op::kGreater, Compare<Greater>},
      {Op::kGreaterEqual, Compare<GreaterEqual>},
  };
  return rows;
}

}  // namespace mlcompute::reference
