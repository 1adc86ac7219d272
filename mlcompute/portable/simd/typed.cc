// mlcompute/portable/simd/typed.cc: arithmetic of double and integers, in loops that compilers
// vectorise.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// Where arithmetic is done: unsigned for integers, which wrap around.
template <typename T>
struct Wrapping {
  using type = T;
};
template <>
struct Wrapping<int32_t> {
  using type = uint32_t;
};
template <>
struct Wrapping<int64_t> {
  using type = uint64_t;
};
template <typename T>
using W = typename Wrapping<T>::type;

// clang-format off
struct Neg { template <typename T> HWY_INLINE T operator()(T x) const {
  return static_cast<T>(-static_cast<W<T>>(x)); } };
struct Square { template <typename T> HWY_INLINE T operator()(T x) const {
  return static_cast<T>(static_cast<W<T>>(x) * static_cast<W<T>>(x)); } };
struct Add { template <typename T> HWY_INLINE T operator()(T a, T b) const {
  return static_cast<T>(static_cast<W<T>>(a) + static_cast<W<T>>(b)); } };
struct Sub { template <typename T> HWY_INLINE T operator()(T a, T b) const {
  return static_cast<T>(static_cast<W<T>>(a) - static_cast<W<T>>(b)); } };
struct Mul { template <typename T> HWY_INLINE T operator()(T a, T b) const {
  return static_cast<T>(static_cast<W<T>>(a) * static_cast<W<T>>(b)); } };
struct Div { template <typename T> HWY_INLINE T operator()(T a, T b) const { return a / b; } };
struct Maximum { template <typename T> HWY_INLINE T operator()(T a, T b) const {
  return a < b || b != b ? b : a; } };
struct Minimum { template <typename T> HWY_INLINE T operator()(T a, T b) const {
  return b < a || b != b ? b : a; } };
struct Equal { template <typename T> HWY_INLINE uint8_t operator()(T a, T b) const {
  return a == b; } };
struct NotEqual { template <typename T> HWY_INLINE uint8_t operator()(T a, T b) const {
  return a != b; } };
struct Less { template <typename T> HWY_INLINE uint8_t operator()(T a, T b) const {
  return a < b; } };
struct LessEqual { template <typename T> HWY_INLINE uint8_t operator()(T a, T b) const {
  return a <= b; } };
struct Greater { template <typename T> HWY_INLINE uint8_t operator()(T a, T b) const {
  return a > b; } };
struct GreaterEqual { template <typename T> HWY_INLINE uint8_t operator()(T a, T b) const {
  return a >= b; } };
// clang-format on

template <typename T, typename F>
void Unary(const void* x, void* y, size_t n) {
  const F f;
  const auto* in = static_cast<const T*>(x);
  auto* out = static_cast<T*>(y);
  for (size_t i = 0; i < n; ++i) out[i] = f(in[i]);
}

template <typename T, typename R, typename F>
void Binary(const void* a, const void* b, void* y, size_t n) {
  const F f;
  const auto* left = static_cast<const T*>(a);
  const auto* right = static_cast<const T*>(b);
  auto* out = static_cast<R*>(y);
  for (size_t i = 0; i < n; ++i) out[i] = f(left[i], right[i]);
}

template <typename T>
void Select(const uint8_t* condition, const void* x, const void* y, void* z, size_t n) {
  const auto* a = static_cast<const T*>(x);
  const auto* b = static_cast<const T*>(y);
  auto* out = static_cast<T*>(z);
  for (size_t i = 0; i < n; ++i) {
    const T left = a[i];
    const T right = b[i];
    out[i] = condition[i] ? left : right;
  }
}

template <typename T>
void Fill(TypedSpans* spans) {
  const struct {
    Op op;
    AnyUnarySpan span;
  } unary[] = {{Op::kNeg, Unary<T, Neg>}, {Op::kSquare, Unary<T, Square>}};
  const struct {
    Op op;
    AnyBinarySpan span;
  } binary[] = {
      {Op::kAdd, Binary<T, T, Add>},
      {Op::kSub, Binary<T, T, Sub>},
      {Op::kMul, Binary<T, T, Mul>},
      {Op::kMaximum, Binary<T, T, Maximum>},
      {Op::kMinimum, Binary<T, T, Minimum>},
      {Op::kEqual, Binary<T, uint8_t, Equal>},
      {Op::kNotEqual, Binary<T, uint8_t, NotEqual>},
      {Op::kLess, Binary<T, uint8_t, Less>},
      {Op::kLessEqual, Binary<T, uint8_t, LessEqual>},
      {Op::kGreater, Binary<T, uint8_t, Greater>},
      {Op::kGreaterEqual, Binary<T, uint8_t, GreaterEqual>},
  };
  for (const auto& row : unary) spans->unary[static_cast<size_t>(row.op)] = row.span;
  for (const auto& row : binary) spans->binary[static_cast<size_t>(row.op)] = row.span;
}

}  // namespace

void FillTyped(SpanTable* table) {
  Fill<double>(&table->float64);
  Fill<int32_t>(&table->int32);
  Fill<int64_t>(&table->int64);
  table->float64.binary[static_cast<size_t>(Op::kDiv)] = Binary<double, double, Div>;
  table->select_any[0] = Select<uint8_t>;
  table->select_any[1] = Select<uint16_t>;
  table->select_any[2] = Select<uint32_t>;
  table->select_any[3] = Select<uint64_t>;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
