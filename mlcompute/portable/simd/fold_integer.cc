// mlcompute/portable/simd/fold_integer.cc: sums, products and extrema of integers, in loops that
// compilers vectorise.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// clang-format off
template <typename T> struct Wrapping;  // the unsigned type that T's arithmetic wraps around in
template <> struct Wrapping<int32_t> { using type = uint32_t; };
template <> struct Wrapping<int64_t> { using type = uint64_t; };
template <> struct Wrapping<uint8_t> { using type = uint32_t; };

struct Sum { template <typename T> HWY_INLINE T operator()(T a, T b) const {
  using U = typename Wrapping<T>::type;
  return static_cast<T>(static_cast<U>(a) + static_cast<U>(b)); } };
struct Prod { template <typename T> HWY_INLINE T operator()(T a, T b) const {
  using U = typename Wrapping<T>::type;
  return static_cast<T>(static_cast<U>(a) * static_cast<U>(b)); } };
struct Max { template <typename T> HWY_INLINE T operator()(T a, T b) const {
  return a < b ? b : a; } };
struct Min { template <typename T> HWY_INLINE T operator()(T a, T b) const {
  return b < a ? b : a; } };
// clang-format on

template <typename T, typename F>
T Run(const T* x, size_t n) {
  const F f;
  T total = x[0];
  for (size_t i = 1; i < n; ++i) total = f(total, x[i]);
  return total;
}

template <typename T, typename F>
void Merge(const T* x, T* y, size_t n) {
  const F f;
  for (size_t j = 0; j < n; ++j) y[j] = f(y[j], x[j]);
}

template <typename T, typename F>
void Rows(const T* x, size_t stride, size_t rows, T* y, size_t n) {
  for (size_t i = 0; i < rows; ++i) Merge<T, F>(x + i * stride, y, n);
}

template <typename T, typename F>
FoldSpans<T, T> Spans() {
  return {Run<T, F>, Rows<T, F>, Merge<T, F>, Merge<T, F>};
}

template <typename T>
void Fill(FoldSpans<T, T>* spans) {
  spans[static_cast<int>(Fold::kSum)] = Spans<T, Sum>();
  spans[static_cast<int>(Fold::kProd)] = Spans<T, Prod>();
  spans[static_cast<int>(Fold::kMax)] = Spans<T, Max>();
  spans[static_cast<int>(Fold::kMin)] = Spans<T, Min>();
}

}  // namespace

void FillFoldInteger(SpanTable* table) {
  Fill(table->fold_int32);
  Fill(table->fold_int64);
  Fill(table->fold_uint8);
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
