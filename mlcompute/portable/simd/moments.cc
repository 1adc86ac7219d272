// mlcompute/portable/simd/moments.cc: means of columns and sums of squared deviations from them.
//
// Of each block of rows the deviations from a shift are summed, and their squares, which gives the
// block's moments; blocks are joined by the pairwise update: Chan, Golub, LeVeque, "Algorithms for
// computing the sample variance: analysis and recommendations", The American Statistician 37
// (1983). The shift is the mean of the rows before. Where the block's own mean is far from it, what
// rounding loses of the squares is small beside what that distance adds to the sum of them all,
// as long as there are no more rows in the block than before it. The first block is read twice, to
// find its mean first.
#include <type_traits>

#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

constexpr size_t kAhead = 1024;  // floats: the processor's own prefetchers stop at each page

using DD = hn::ScalableTag<double>;
using VD = hn::Vec<DD>;

template <bool kWhole>
HWY_INLINE V Load(const float* x, size_t n) {
  if constexpr (kWhole) return hn::LoadU(D(), x);
  return LoadPart(D(), x, n);
}

template <bool kWhole>
HWY_INLINE void Save(V v, float* x, size_t n) {
  if constexpr (kWhole) return hn::StoreU(v, D(), x);
  StorePart(v, D(), x, n);
}

// f(j, n, whole) for each vector of columns, the last of which may be of fewer.
template <typename F>
HWY_INLINE void ForVectors(size_t columns, const F& f) {
  const size_t lanes = hn::Lanes(D());
  size_t j = 0;
  for (; j + lanes <= columns; j += lanes) f(j, lanes, std::true_type());
  if (j < columns) f(j, columns - j, std::false_type());
}

// shift = about the mean of each column; exactly its elements where these are equal.
void FindShift(const float* x, size_t stride, size_t rows, size_t n, float* shift) {
  const D d;
  const auto sum = [&](size_t first, size_t count) HWY_ATTR {
    const float* r = x + first * stride;
    ForVectors(n, [&](size_t j, size_t m, auto whole) HWY_ATTR {
      constexpr bool kWhole = decltype(whole)::value;
      const auto at = [&](size_t row) HWY_ATTR { return Load<kWhole>(r + row * stride + j, m); };
      const V from = Load<kWhole>(x + j, m);
      V total = first == 0 ? hn::Zero(d) : Load<kWhole>(shift + j, m);
      if (count == 8) {
        const V left = hn::Add(hn::Add(at(0), at(1)), hn::Add(at(2), at(3)));
        const V right = hn::Add(hn::Add(at(4), at(5)), hn::Add(at(6), at(7)));
        const V all = hn::Add(left, right);
        total = hn::Add(total, hn::Sub(all, hn::Mul(from, hn::Set(d, 8.0f))));
      } else {
        for (size_t i = 0; i < count; ++i) total = hn::Add(total, hn::Sub(at(i), from));
      }
      Save<kWhole>(total, shift + j, m);
    });
  };
  size_t i = 0;
  for (; i + 8 <= rows; i += 8) sum(i, 8);
  if (i < rows) sum(i, rows - i);
  const V inverse = hn::Set(d, 1.0f / static_cast<float>(rows));
  ForVectors(n, [&](size_t j, size_t m, auto whole) HWY_ATTR {
    constexpr bool kWhole = decltype(whole)::value;
    const V total = Load<kWhole>(shift + j, m);
    Save<kWhole>(hn::MulAdd(total, inverse, Load<kWhole>(x + j, m)), shift + j, m);
  });
}

// Sums of x - shift and of its square.
void SumDeviations(const float* x, size_t stride, size_t rows, size_t n, const float* shift,
                   float* sums, float* squares) {
  const D d;
  const auto sum = [&](size_t first, size_t count) HWY_ATTR {
    const float* r = x + first * stride;
    ForVectors(n, [&](size_t j, size_t m, auto whole) HWY_ATTR {
      constexpr bool kWhole = decltype(whole)::value;
      const V by = Load<kWhole>(shift + j, m);
      const auto at = [&](size_t row) HWY_ATTR {
        __builtin_prefetch(r + row * stride + j + kAhead);
        return hn::Sub(Load<kWhole>(r + row * stride + j, m), by);
      };
      V s = first == 0 ? hn::Zero(d) : Load<kWhole>(sums + j, m);
      V q = first == 0 ? hn::Zero(d) : Load<kWhole>(squares + j, m);
      if (count == 8) {
        const V a = at(0), b = at(1), c = at(2), e = at(3);
        const V f = at(4), g = at(5), h = at(6), k = at(7);
        const V left = hn::Add(hn::Add(a, b), hn::Add(c, e));
        const V right = hn::Add(hn::Add(f, g), hn::Add(h, k));
        s = hn::Add(s, hn::Add(left, right));
        const V one = hn::MulAdd(e, e, hn::MulAdd(c, c, hn::MulAdd(b, b, hn::Mul(a, a))));
        const V two = hn::MulAdd(k, k, hn::MulAdd(h, h, hn::MulAdd(g, g, hn::Mul(f, f))));
        q = hn::Add(q, hn::Add(one, two));
      } else {
        for (size_t i = 0; i < count; ++i) {
          const V a = at(i);
          s = hn::Add(s, a);
          q = hn::MulAdd(a, a, q);
        }
      }
      Save<kWhole>(s, sums + j, m);
      Save<kWhole>(q, squares + j, m);
    });
  };
  size_t i = 0;
  for (; i + 8 <= rows; i += 8) sum(i, 8);
  if (i < rows) sum(i, rows - i);
}

// shift = the mean so far, 0 where that is infinite or undefined.
void ShiftTo(const double* mean, size_t n, float* shift) {
  for (size_t j = 0; j < n; ++j) {
    const auto narrow = static_cast<float>(mean[j]);
    shift[j] = __builtin_isfinite(narrow) ? narrow : 0.0f;
  }
}

// How two parts are weighed against each other.
struct Weights {
  Weights(double before, double count)
      : old_part(before / (before + count)),
        new_part(count / (before + count)),
        between(before * (count / (before + count))) {}
  double old_part, new_part, between;
};

// An infinite mean stays one unless the other is its negative.
void MergeOne(double mean_of, double squares_of, const Weights& w, double* mean, double* squares) {
  const double delta = mean_of - *mean;
  *squares += squares_of + delta * delta * w.between;
  *mean = __builtin_isfinite(delta) ? *mean + delta * w.new_part
                                    : *mean * w.old_part + mean_of * w.new_part;
}

HWY_INLINE void MergeVector(VD mean_of, VD squares_of, const Weights& w, double* mean,
                            double* squares) {
  const DD d;
  const VD old = hn::LoadU(d, mean);
  const VD delta = hn::Sub(mean_of, old);
  const VD between = hn::MulAdd(hn::Mul(delta, delta), hn::Set(d, w.between), squares_of);
  hn::StoreU(hn::Add(hn::LoadU(d, squares), between), d, squares);
  const VD part = hn::Set(d, w.new_part);
  const VD moved = hn::MulAdd(delta, part, old);
  const VD weighed = hn::MulAdd(mean_of, part, hn::Mul(old, hn::Set(d, w.old_part)));
  hn::StoreU(hn::IfThenElse(hn::IsFinite(delta), moved, weighed), d, mean);
}

// What float32 does not hold, and infinite and undefined numbers.
void PlainMoments(const float* x, size_t stride, size_t rows, double* mean, double* squares) {
  double sum = 0;
  for (size_t i = 0; i < rows; ++i) sum += static_cast<double>(x[i * stride]);
  *mean = sum / static_cast<double>(rows);
  *squares = 0;
  for (size_t i = 0; i < rows; ++i) {
    const double deviation = static_cast<double>(x[i * stride]) - *mean;
    *squares += deviation * deviation;
  }
}

bool AllFinite(const float* x, size_t n) {
  const D d;
  bool all = true;
  ForVectors(n, [&](size_t j, size_t m, auto whole) HWY_ATTR {
    const V v = Load<decltype(whole)::value>(x + j, m);
    all = all && hn::AllTrue(d, hn::IsFinite(v));
  });
  return all;
}

void Moments(const float* x, size_t stride, size_t rows, size_t n, float* work, double before,
             double* mean, double* squares) {
  float* const shift = work;
  float* const sums = work + n;
  float* const squared = work + 2 * n;
  if (before == 0) {
    FindShift(x, stride, rows, n, shift);
  } else {
    ShiftTo(mean, n, shift);
  }
  SumDeviations(x, stride, rows, n, shift, sums, squared);
  const Weights w(before, static_cast<double>(rows));
  const double inverse = 1.0 / static_cast<double>(rows);
  size_t j = 0;
  if (AllFinite(squared, n)) {
    const DD d;
    const hn::Rebind<float, DD> narrow;
    const auto wide = [&](const float* v)
                          HWY_ATTR { return hn::PromoteTo(d, hn::LoadU(narrow, v + j)); };
    for (; j + hn::Lanes(d) <= n; j += hn::Lanes(d)) {
      const VD s = wide(sums);
      const VD more = hn::Mul(s, hn::Set(d, inverse));
      const VD mean_of = hn::Add(wide(shift), more);
      const VD squares_of = hn::Max(hn::NegMulAdd(s, more, wide(squared)), hn::Zero(d));
      if (before == 0) {
        hn::StoreU(mean_of, d, mean + j);
        hn::StoreU(squares_of, d, squares + j);
      } else {
        MergeVector(mean_of, squares_of, w, mean + j, squares + j);
      }
    }
  }
  for (; j < n; ++j) {
    double mean_of, squares_of;
    if (__builtin_isfinite(squared[j])) {
      const double s = static_cast<double>(sums[j]);
      const double left = static_cast<double>(squared[j]) - s * (s * inverse);
      mean_of = static_cast<double>(shift[j]) + s * inverse;
      squares_of = left > 0 ? left : 0;
    } else {
      PlainMoments(x + j, stride, rows, &mean_of, &squares_of);
    }
    if (before == 0) {
      mean[j] = mean_of;
      squares[j] = squares_of;
    } else {
      MergeOne(mean_of, squares_of, w, mean + j, squares + j);
    }
  }
}

void MergeMoments(const double* mean_of, const double* squares_of, double count, double before,
                  double* mean, double* squares, size_t n) {
  const DD d;
  const Weights w(before, count);
  size_t j = 0;
  for (; j + hn::Lanes(d) <= n; j += hn::Lanes(d)) {
    MergeVector(hn::LoadU(d, mean_of + j), hn::LoadU(d, squares_of + j), w, mean + j, squares + j);
  }
  for (; j < n; ++j) MergeOne(mean_of[j], squares_of[j], w, mean + j, squares + j);
}

}  // namespace

void FillMoments(SpanTable* table) {
  table->moments = Moments;
  table->merge_moments = MergeMoments;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
