// mlcompute/portable/simd/fold_float.cc: sums, products and extrema of floats.
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// Each combines vectors and, in double, what is left of them.
struct Sum {
  static constexpr double kInitial = 0.0;
  template <typename X>
  HWY_INLINE X operator()(X a, X b) const {
    return hn::Add(a, b);
  }
  HWY_INLINE double operator()(double a, double b) const { return a + b; }
  template <typename DT, typename X>
  static HWY_INLINE double Across(DT d, X v) {
    return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, v)));
  }
};
struct Prod {
  static constexpr double kInitial = 1.0;
  template <typename X>
  HWY_INLINE X operator()(X a, X b) const {
    return hn::Mul(a, b);
  }
  HWY_INLINE double operator()(double a, double b) const { return a * b; }
  template <typename DT, typename X>
  static HWY_INLINE double Across(DT d, X v) {
    HWY_ALIGN hn::TFromD<DT> lanes[hn::MaxLanes(d)];
    hn::Store(v, d, lanes);
    double product = 1.0;
    for (size_t i = 0; i < hn::Lanes(d); ++i) product *= static_cast<double>(lanes[i]);
    return product;
  }
};
struct Max {
  static constexpr double kInitial = -__builtin_inf();
  template <typename X>
  HWY_INLINE X operator()(X a, X b) const {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(b)), b, a);
  }
  HWY_INLINE double operator()(double a, double b) const { return a < b || b != b ? b : a; }
  template <typename DT, typename X>
  static HWY_INLINE double Across(DT d, X v) {
    if (!hn::AllFalse(d, hn::IsNaN(v))) return __builtin_nan("");
    return static_cast<double>(hn::GetLane(hn::MaxOfLanes(d, v)));
  }
};
struct Min {
  static constexpr double kInitial = __builtin_inf();
  template <typename X>
  HWY_INLINE X operator()(X a, X b) const {
    return hn::IfThenElse(hn::Or(hn::Lt(b, a), hn::IsNaN(b)), b, a);
  }
  HWY_INLINE double operator()(double a, double b) const { return b < a || b != b ? b : a; }
  template <typename DT, typename X>
  static HWY_INLINE double Across(DT d, X v) {
    if (!hn::AllFalse(d, hn::IsNaN(v))) return __builtin_nan("");
    return static_cast<double>(hn::GetLane(hn::MinOfLanes(d, v)));
  }
};

constexpr size_t kBlock = 32;  // vectors combined one after another

template <typename T, typename F>
double Run(const T* x, size_t n) {
  const hn::ScalableTag<T> t;
  const size_t lanes = hn::Lanes(t);
  const F f;
  double total = F::kInitial;
  while (n >= 4 * lanes) {
    const size_t size = HWY_MIN(n / (4 * lanes), kBlock) * 4 * lanes;
    auto a = hn::LoadU(t, x);
    auto b = hn::LoadU(t, x + lanes);
    auto c = hn::LoadU(t, x + 2 * lanes);
    auto e = hn::LoadU(t, x + 3 * lanes);
    for (size_t i = 4 * lanes; i < size; i += 4 * lanes) {
      a = f(a, hn::LoadU(t, x + i));
      b = f(b, hn::LoadU(t, x + i + lanes));
      c = f(c, hn::LoadU(t, x + i + 2 * lanes));
      e = f(e, hn::LoadU(t, x + i + 3 * lanes));
    }
    total = f(total, F::Across(t, f(f(a, b), f(c, e))));
    x += size;
    n -= size;
  }
  if (n == 0) return total;
  const auto initial = hn::Set(t, static_cast<T>(F::kInitial));
  auto rest = initial;
  for (; n >= lanes; n -= lanes, x += lanes) rest = f(rest, hn::LoadU(t, x));
  if (n > 0) rest = f(rest, hn::IfThenElse(hn::FirstN(t, n), LoadPart(t, x, n), initial));
  return f(total, F::Across(t, rest));
}

template <typename T, typename F>
void Rows(const T* x, size_t stride, size_t rows, T* y, size_t n) {
  const hn::ScalableTag<T> t;
  const size_t lanes = hn::Lanes(t);
  const size_t whole = n - n % lanes;
  const F f;
  size_t i = 0;
  for (; i + 8 <= rows; i += 8) {
    const T* r = x + i * stride;
    const auto at = [&](size_t row, size_t j)
                        HWY_ATTR { return hn::LoadU(t, r + row * stride + j); };
    for (size_t j = 0; j < whole; j += lanes) {
      const auto left = f(f(at(0, j), at(1, j)), f(at(2, j), at(3, j)));
      const auto right = f(f(at(4, j), at(5, j)), f(at(6, j), at(7, j)));
      hn::StoreU(f(hn::LoadU(t, y + j), f(left, right)), t, y + j);
    }
    for (size_t j = whole; j < n; ++j) {
      double total = y[j];
      for (size_t row = 0; row < 8; ++row)
        total = f(total, static_cast<double>(r[row * stride + j]));
      y[j] = static_cast<T>(total);
    }
  }
  for (; i < rows; ++i) {
    const T* r = x + i * stride;
    for (size_t j = 0; j < whole; j += lanes) {
      hn::StoreU(f(hn::LoadU(t, y + j), hn::LoadU(t, r + j)), t, y + j);
    }
    for (size_t j = whole; j < n; ++j) {
      y[j] = static_cast<T>(f(static_cast<double>(y[j]), static_cast<double>(r[j])));
    }
  }
}

template <typename T, typename F>
void Merge(const T* x, double* y, size_t n) {
  const F f;
  for (size_t j = 0; j < n; ++j) y[j] = f(y[j], static_cast<double>(x[j]));
}

template <typename T, typename F>
FoldSpans<T, double> Spans() {
  return {Run<T, F>, Rows<T, F>, Merge<T, F>, Merge<double, F>};
}

template <typename T>
void Fill(FoldSpans<T, double>* spans) {
  spans[static_cast<int>(Fold::kSum)] = Spans<T, Sum>();
  spans[static_cast<int>(Fold::kProd)] = Spans<T, Prod>();
  spans[static_cast<int>(Fold::kMax)] = Spans<T, Max>();
  spans[static_cast<int>(Fold::kMin)] = Spans<T, Min>();
}

float MaxFloat(const float* x, size_t n) { return static_cast<float>(Run<float, Max>(x, n)); }

}  // namespace

void FillFoldFloat(SpanTable* table) {
  Fill(table->fold_float32);
  Fill(table->fold_float64);
  table->max = MaxFloat;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
