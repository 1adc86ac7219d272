// mlcompute/portable/simd/winograd.cc: transforms and products of Winograd's convolutions with 3x3
// filters; what they compute is said in winograd.h of the folder above.
#include <array>
#include <tuple>
#include <utility>

#include "mlcompute/portable/simd/halves.h"
#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

const D d;
constexpr size_t kTaps = 3;
// Channels in scratch memory come in multiples of this, zeros at the end.
constexpr size_t kUnit = kWinogradUnit;

// Calls f(0) ... f(kCount - 1) with constants: compilers keep in registers the elements of an array
// that are named by constants from the start, and not those that become so when loops are unrolled.
template <typename F, size_t... kAt>
HWY_INLINE void UnrollOver(const F& f, std::index_sequence<kAt...>) {
  (f(std::integral_constant<size_t, kAt>()), ...);
}
template <size_t kCount, typename F>
HWY_INLINE void Unroll(const F& f) {
  UnrollOver(f, std::make_index_sequence<kCount>());
}

HWY_INLINE V Splat(float value) { return hn::Set(d, value); }

// Transforms of one axis. kOut results and kPoints points: kOut + 2 of them.
template <size_t kOut>
struct Axis;

// Points 0, 1, -1 and infinity.
template <>
struct Axis<2> {
  static constexpr size_t kPoints = 4;

  static HWY_INLINE void Input(const V* x, V* r) {
    r[0] = hn::Sub(x[0], x[2]);
    r[1] = hn::Add(x[1], x[2]);
    r[2] = hn::Sub(x[2], x[1]);
    r[3] = hn::Sub(x[3], x[1]);
  }
  static HWY_INLINE void Output(const V* m, V* y) {
    y[0] = hn::Add(m[0], hn::Add(m[1], m[2]));
    y[1] = hn::Add(m[3], hn::Sub(m[1], m[2]));
  }
  static HWY_INLINE void Filter(const V* g, V* u) {
    const V half = Splat(0.5f);
    const V even = hn::Mul(half, hn::Add(g[0], g[2]));
    u[0] = g[0];
    u[1] = hn::MulAdd(half, g[1], even);
    u[2] = hn::NegMulAdd(half, g[1], even);
    u[3] = g[2];
  }
  static HWY_INLINE void OutputGradient(const V* y, V* r) {
    r[0] = y[0];
    r[1] = hn::Add(y[0], y[1]);
    r[2] = hn::Sub(y[0], y[1]);
    r[3] = y[1];
  }
  static HWY_INLINE void FilterGradient(const V* s, V* g) {
    const V half = Splat(0.5f);
    const V even = hn::Mul(half, hn::Add(s[1], s[2]));
    g[0] = hn::Add(s[0], even);
    g[1] = hn::Mul(half, hn::Sub(s[1], s[2]));
    g[2] = hn::Add(s[3], even);
  }
};

// Points 0, a, -a, b, -b and infinity with a = sqrt(1/2), b = sqrt(2). Of the symmetric choices
// tried, these lose fewest digits: as a b = 1, no row of a transform outweighs another.
template <>
struct Axis<4> {
  static constexpr size_t kPoints = 6;
  static constexpr float kA = 0.70710678f;
  static constexpr float kB = 1.41421356f;
  static constexpr float kA3 = 0.35355339f;
  static constexpr float kB3 = 2.82842712f;
  // Of the points' polynomial: its derivatives at a and b.
  static constexpr float kOverA = -1.0f / 1.5f;
  static constexpr float kOverB = 1.0f / 6.0f;

  static HWY_INLINE void Input(const V* x, V* r) {
    const V two = Splat(2.0f), half = Splat(0.5f), both = Splat(2.5f);
    const V even_a = hn::NegMulAdd(two, x[2], x[4]);
    const V odd_a = hn::NegMulAdd(two, x[1], x[3]);
    const V even_b = hn::NegMulAdd(half, x[2], x[4]);
    const V odd_b = hn::NegMulAdd(half, x[1], x[3]);
    r[0] = hn::NegMulAdd(both, x[2], hn::Add(x[0], x[4]));
    r[1] = hn::MulAdd(Splat(kA), odd_a, even_a);
    r[2] = hn::NegMulAdd(Splat(kA), odd_a, even_a);
    r[3] = hn::MulAdd(Splat(kB), odd_b, even_b);
    r[4] = hn::NegMulAdd(Splat(kB), odd_b, even_b);
    r[5] = hn::NegMulAdd(both, x[3], hn::Add(x[1], x[5]));
  }
  static HWY_INLINE void Output(const V* m, V* y) {
    const V even_a = hn::Add(m[1], m[2]), odd_a = hn::Sub(m[1], m[2]);
    const V even_b = hn::Add(m[3], m[4]), odd_b = hn::Sub(m[3], m[4]);
    y[0] = hn::Add(m[0], hn::Add(even_a, even_b));
    y[1] = hn::MulAdd(Splat(kA), odd_a, hn::Mul(Splat(kB), odd_b));
    y[2] = hn::MulAdd(Splat(0.5f), even_a, hn::Add(even_b, even_b));
    y[3] = hn::MulAdd(Splat(kA3), odd_a, hn::MulAdd(Splat(kB3), odd_b, m[5]));
  }
  static HWY_INLINE void Filter(const V* g, V* u) {
    const V over_a = Splat(kOverA), over_b = Splat(kOverB);
    const V even_a = hn::Mul(over_a, hn::MulAdd(Splat(0.5f), g[2], g[0]));
    const V even_b = hn::Mul(over_b, hn::MulAdd(Splat(2.0f), g[2], g[0]));
    u[0] = g[0];
    u[1] = hn::MulAdd(Splat(kA * kOverA), g[1], even_a);
    u[2] = hn::NegMulAdd(Splat(kA * kOverA), g[1], even_a);
    u[3] = hn::MulAdd(Splat(kB * kOverB), g[1], even_b);
    u[4] = hn::NegMulAdd(Splat(kB * kOverB), g[1], even_b);
    u[5] = g[2];
  }
  static HWY_INLINE void OutputGradient(const V* y, V* r) {
    const V two = Splat(2.0f), half = Splat(0.5f);
    const V even_a = hn::MulAdd(half, y[2], y[0]), odd_a = hn::MulAdd(half, y[3], y[1]);
    const V even_b = hn::MulAdd(two, y[2], y[0]), odd_b = hn::MulAdd(two, y[3], y[1]);
    r[0] = y[0];
    r[1] = hn::MulAdd(Splat(kA), odd_a, even_a);
    r[2] = hn::NegMulAdd(Splat(kA), odd_a, even_a);
    r[3] = hn::MulAdd(Splat(kB), odd_b, even_b);
    r[4] = hn::NegMulAdd(Splat(kB), odd_b, even_b);
    r[5] = y[3];
  }
  static HWY_INLINE void FilterGradient(const V* s, V* g) {
    const V even_a = hn::Mul(Splat(kOverA), hn::Add(s[1], s[2]));
    const V even_b = hn::Mul(Splat(kOverB), hn::Add(s[3], s[4]));
    const V odd_a = hn::Sub(s[1], s[2]), odd_b = hn::Sub(s[3], s[4]);
    g[0] = hn::Add(s[0], hn::Add(even_a, even_b));
    g[1] = hn::MulAdd(Splat(kA * kOverA), odd_a, hn::Mul(Splat(kB * kOverB), odd_b));
    g[2] = hn::MulAdd(Splat(0.5f), even_a, hn::MulAdd(Splat(2.0f), even_b, s[5]));
  }
};

// Rows of a square that share parts of the first axis' transform, computed together. All at once
// are more than there are registers for; what several groups read, they load again.
template <size_t kFrom, size_t kTo>
struct Groups {
  using Type = std::tuple<std::make_index_sequence<kTo>>;
};
template <>
struct Groups<6, 6> {
  using Type = std::tuple<std::index_sequence<0>, std::index_sequence<1, 2>,
                          std::index_sequence<3, 4>, std::index_sequence<5>>;
};
template <>
struct Groups<6, 4> {
  using Type = std::tuple<std::index_sequence<0, 2>, std::index_sequence<1, 3>>;
};

template <size_t kFrom, size_t kTo, typename Load, typename Line, typename Store, size_t... kRows>
HWY_INLINE void BothOf(std::index_sequence<kRows...>, const Load& load, const Line& line,
                       const Store& store) {
  constexpr size_t kCount = sizeof...(kRows);
  constexpr std::array<size_t, kCount> kRow = {kRows...};
  V half[kCount][kFrom];
  Unroll<kFrom>([&](auto j) __attribute__((always_inline)) {
    V from[kFrom], to[kTo];
    Unroll<kFrom>([&](auto i) __attribute__((always_inline)) { from[i] = load(i, j); });
    line(from, to);
    Unroll<kCount>([&](auto i) __attribute__((always_inline)) { half[i][j] = to[kRow[i]]; });
  });
  Unroll<kCount>([&](auto i) __attribute__((always_inline)) {
    V to[kTo];
    line(half[i], to);
    store(kRow[i], to);
  });
}

template <size_t kFrom, size_t kTo, typename Load, typename Line, typename Store,
          typename... kGroups>
HWY_INLINE void EachGroup(std::tuple<kGroups...>, const Load& load, const Line& line,
                          const Store& store) {
  const auto each = [&](auto group) __attribute__((always_inline)) {
    BothOf<kFrom, kTo>(group, load, line, store);
    // Keeps compilers from loading once for all groups, and so from keeping it all on the stack.
    asm volatile("" ::: "memory");
  };
  (each(kGroups()), ...);
}

// A square of kFrom vectors a side, transformed along both axes to kTo a side: store(i, row i).
template <size_t kFrom, size_t kTo, typename Load, typename Line, typename Store>
HWY_INLINE void Both(const Load& load, const Line& line, const Store& store) {
  EachGroup<kFrom, kTo>(typename Groups<kFrom, kTo>::Type(), load, line, store);
}

// The same pointer; the compiler computes it where it is used rather than keep many of a kind.
template <typename T>
HWY_INLINE T* Here(T* x) {
  asm volatile("" : "+r"(x));
  return x;
}

HWY_INLINE V LoadUpTo(const float* x, size_t n) {
  return n >= hn::Lanes(d) ? hn::LoadU(d, x) : LoadPart(d, x, n);
}
template <typename T>
HWY_INLINE void StoreUpTo(V v, T* y, size_t n) {
  if (n >= hn::Lanes(d)) {
    StoreNarrow(v, y);
  } else {
    StoreNarrow(v, y, n);
  }
}

// Points of one vector, at `points`.
template <size_t kTo>
HWY_INLINE auto StorePoints(float* points, size_t stride) {
  return [=](size_t i, const V* row) __attribute__((always_inline)) {
    float* const to = Here(points + i * kTo * stride);
    Unroll<kTo>([&](auto j)
                    __attribute__((always_inline)) { hn::Store(row[j], d, to + j * stride); });
  };
}

// Pixels of `channels` elements each, to scratch memory with zeros after them. kCut: some columns
// are outside of the image.
template <size_t kFrom, size_t kTo, bool kCut, typename T, typename Line>
HWY_INLINE void SquareToScratch(const WinogradSquare<const T>& pixels, size_t channels, float* to,
                                size_t stride, const Line& line) {
  const size_t lanes = hn::Lanes(d);
  hn::Mask<D> inside[kFrom];
  if constexpr (kCut) {
    for (size_t j = 0; j < kFrom; ++j) {
      inside[j] = hn::FirstN(d, pixels.begin <= j && j < pixels.end ? lanes : 0);
    }
  }
  const auto cut = [&](V x, size_t j) __attribute__((always_inline)) {
    if constexpr (kCut) return hn::IfThenElseZero(inside[j], x);
    return x;
  };
  size_t c = 0;
  for (; c + lanes <= channels; c += lanes) {
    Both<kFrom, kTo>(
        [&](size_t i, size_t j) __attribute__((always_inline)) {
          return cut(LoadWide(pixels.rows[i] + pixels.columns[j] + c), j);
        },
        line, StorePoints<kTo>(to + c, stride));
  }
  if (c < channels) {
    Both<kFrom, kTo>(
        [&](size_t i, size_t j) __attribute__((always_inline)) {
          return cut(LoadWide(pixels.rows[i] + pixels.columns[j] + c, channels - c), j);
        },
        line, StorePoints<kTo>(to + c, stride));
    c += lanes;
  }
  const size_t whole = (channels + kUnit - 1) / kUnit * kUnit;
  for (; c < whole; c += lanes) {
    for (size_t f = 0; f < kTo * kTo; ++f) hn::Store(hn::Zero(d), d, to + f * stride + c);
  }
}

template <size_t kFrom, size_t kTo, typename T, typename Line>
HWY_INLINE void ToScratch(const WinogradSquare<const T>& pixels, size_t channels, float* to,
                          size_t stride, const Line& line) {
  if (pixels.begin == 0 && pixels.end == kFrom) {
    SquareToScratch<kFrom, kTo, false>(pixels, channels, to, stride, line);
  } else {
    SquareToScratch<kFrom, kTo, true>(pixels, channels, to, stride, line);
  }
}

template <size_t kOut, typename T>
void Input(const WinogradSquare<const T>& pixels, size_t channels, float* v, size_t stride) {
  constexpr size_t kPoints = Axis<kOut>::kPoints;
  ToScratch<kPoints, kPoints>(pixels, channels, v, stride,
                              [](const V* x, V* r) { Axis<kOut>::Input(x, r); });
}

template <size_t kOut, typename T>
void OutputGradient(const WinogradSquare<const T>& pixels, size_t channels, float* w,
                    size_t stride) {
  ToScratch<kOut, Axis<kOut>::kPoints>(pixels, channels, w, stride,
                                       [](const V* x, V* r) { Axis<kOut>::OutputGradient(x, r); });
}

template <size_t kOut, typename T>
void Filter(const T* g, size_t tap, size_t channels, float* u, size_t stride) {
  WinogradSquare<const T> taps;
  for (size_t t = 0; t < kTaps; ++t) {
    taps.rows[t] = g + t * kTaps * tap;
    taps.columns[t] = t * tap;
  }
  SquareToScratch<kTaps, Axis<kOut>::kPoints, false>(
      taps, channels, u, stride, [](const V* x, V* r) { Axis<kOut>::Filter(x, r); });
}

// Rounds if T is bfloat16; kAtOnce: by NarrowAtOnce().
template <bool kAtOnce, typename T>
HWY_INLINE void StoreResult(V v, T* y) {
#if HWY_TARGET <= HWY_AVX3
  if constexpr (kAtOnce) return hn::StoreU(NarrowAtOnce(v), Halves(), y);
#endif
  StoreNarrow(v, y);
}

// kCut: some pixels are outside of the image.
template <size_t kOut, bool kAtOnce, bool kCut, typename T>
HWY_INLINE bool OutputSquare(const float* m, size_t stride, const WinogradSquare<T>& pixels,
                             size_t channels) {
  constexpr size_t kPoints = Axis<kOut>::kPoints;
  V check = hn::Zero(d);  // NaN as soon as a result is not finite
  const auto run = [&](size_t c, const auto& store) __attribute__((always_inline)) {
    Both<kPoints, kOut>(
        [&](size_t i, size_t j) __attribute__((always_inline)) {
          return hn::Load(d, m + (i * kPoints + j) * stride + c);
        },
        [](const V* x, V* y) { Axis<kOut>::Output(x, y); },
        [&](size_t i, const V* row) __attribute__((always_inline)) {
          Unroll<kOut>([&](auto j) __attribute__((always_inline)) {
            check = hn::MulAdd(row[j], hn::Zero(d), check);
            if (kCut && (i >= pixels.bottom || j >= pixels.end)) return;
            store(row[j], pixels.rows[i] + pixels.columns[j] + c);
          });
        });
  };
  const size_t lanes = hn::Lanes(d);
  size_t c = 0;
  for (; c + lanes <= channels; c += lanes) {
    run(
        c, [](V v, T * y) __attribute__((always_inline)) { StoreResult<kAtOnce>(v, y); });
  }
  if (c < channels) {
    run(
        c, [=](V v, T * y) __attribute__((always_inline)) { StoreNarrow(v, y, channels - c); });
  }
  return hn::AllTrue(d, hn::Eq(check, check));
}

template <size_t kOut, typename T, bool kAtOnce>
bool Output(const float* m, size_t stride, const WinogradSquare<T>& pixels, size_t channels) {
  return pixels.bottom == kOut && pixels.end == kOut
             ? OutputSquare<kOut, kAtOnce, false>(m, stride, pixels, channels)
             : OutputSquare<kOut, kAtOnce, true>(m, stride, pixels, channels);
}

template <size_t kOut, typename T>
bool FilterGradient(const float* s, size_t stride, size_t part, size_t parts, T* dg, size_t tap,
                    size_t channels) {
  constexpr size_t kPoints = Axis<kOut>::kPoints;
  V check = hn::Zero(d);
  const size_t lanes = hn::Lanes(d);
  for (size_t c = 0; c < channels; c += lanes) {
    Both<kPoints, kTaps>(
        [&](size_t i, size_t j) {
          const float* x = s + (i * kPoints + j) * stride + c;
          V sum = hn::Load(d, x);
          for (size_t p = 1; p < parts; ++p) sum = hn::Add(sum, hn::Load(d, x + p * part));
          return sum;
        },
        [](const V* x, V* y) { Axis<kOut>::FilterGradient(x, y); },
        [&](size_t i, const V* row) {
          for (size_t j = 0; j < kTaps; ++j) {
            StoreUpTo(row[j], dg + (i * kTaps + j) * tap + c, channels - c);
            check = hn::MulAdd(row[j], hn::Zero(d), check);
          }
        });
  }
  return hn::AllTrue(d, hn::Eq(check, check));
}

// R rows of kWide vectors.
template <size_t R, size_t kWide>
void Tile(const float* a, size_t a_row, size_t a_column, const float* b, size_t ldb, bool adds,
          float* c, size_t ldc, size_t k) {
  const size_t lanes = hn::Lanes(d);
  V sum[R][kWide];
  const auto each = [&](const auto& f) __attribute__((always_inline)) {
    Unroll<R>([&](auto r) __attribute__((always_inline)) {
      Unroll<kWide>([&](auto v) __attribute__((always_inline)) { f(r, v); });
    });
  };
  if (adds) {
    each([&](auto r, auto v)
             __attribute__((always_inline)) { sum[r][v] = hn::Load(d, c + r * ldc + v * lanes); });
  } else {
    each([&](auto r, auto v) __attribute__((always_inline)) { sum[r][v] = hn::Zero(d); });
  }
  for (size_t i = 0; i < k; ++i, b += ldb, a += a_column) {
    V right[kWide];
    Unroll<kWide>([&](auto v)
                      __attribute__((always_inline)) { right[v] = hn::Load(d, b + v * lanes); });
    Unroll<R>([&](auto r) __attribute__((always_inline)) {
      const V factor = hn::Set(d, a[r * a_row]);
      Unroll<kWide>([&](auto v) __attribute__((always_inline)) {
        sum[r][v] = hn::MulAdd(factor, right[v], sum[r][v]);
      });
    });
  }
  each([&](auto r, auto v)
           __attribute__((always_inline)) { hn::Store(sum[r][v], d, c + r * ldc + v * lanes); });
}

using TileFunction = void (*)(const float*, size_t, size_t, const float*, size_t, bool, float*,
                              size_t, size_t);
#if HWY_TARGET <= HWY_AVX3
constexpr size_t kMostRows = 14;
constexpr size_t kRows[] = {0, 14, 12};  // by vectors in a row of a tile
constexpr size_t kMostWide = 2;
template <size_t kWide>
constexpr TileFunction kTiles[kMostRows + 1] = {
    nullptr,         Tile<1, kWide>,  Tile<2, kWide>,  Tile<3, kWide>,  Tile<4, kWide>,
    Tile<5, kWide>,  Tile<6, kWide>,  Tile<7, kWide>,  Tile<8, kWide>,  Tile<9, kWide>,
    Tile<10, kWide>, Tile<11, kWide>, Tile<12, kWide>, Tile<13, kWide>, Tile<14, kWide>};
#else
constexpr size_t kMostRows = 6;
constexpr size_t kRows[] = {0, 6, 6};
constexpr size_t kMostWide = 2;
template <size_t kWide>
constexpr TileFunction kTiles[kMostRows + 1] = {nullptr,        Tile<1, kWide>, Tile<2, kWide>,
                                                Tile<3, kWide>, Tile<4, kWide>, Tile<5, kWide>,
                                                Tile<6, kWide>};
#endif

void Product(const float* a, size_t a_row, size_t a_column, const float* b, size_t ldb, bool adds,
             float* c, size_t ldc, size_t m, size_t k, size_t n) {
  const size_t lanes = hn::Lanes(d);
  for (size_t column = 0; column < n;) {
    const size_t left = (n - column) / lanes;
    const size_t wide = left < kMostWide ? left : kMostWide;
    const TileFunction* const tiles = wide == 1 ? kTiles<1> : kTiles<2>;
    // As even as can be: a tile of few rows waits for its own sums.
    const size_t pieces = (m + kRows[wide] - 1) / kRows[wide];
    for (size_t p = 0; p < pieces; ++p) {
      const size_t begin = m * p / pieces, end = m * (p + 1) / pieces;
      tiles[end - begin](a + begin * a_row, a_row, a_column, b + column, ldb, adds,
                         c + begin * ldc + column, ldc, k);
    }
    column += wide * lanes;
  }
}

// kWide vectors of y.
template <size_t kWide>
HWY_INLINE void AddWeightedPart(const float* weights, size_t step, const float* rows, size_t stride,
                                size_t count, float* y, size_t n) {
  const size_t lanes = hn::Lanes(d);
  V sum[kWide];
  for (size_t v = 0; v < kWide; ++v) sum[v] = LoadUpTo(y + v * lanes, n - v * lanes);
  for (size_t i = 0; i < count; ++i, rows += stride) {
    const V weight = hn::Set(d, weights[i * step]);
    for (size_t v = 0; v < kWide; ++v) {
      sum[v] = hn::MulAdd(weight, LoadUpTo(rows + v * lanes, n - v * lanes), sum[v]);
    }
  }
  for (size_t v = 0; v < kWide; ++v) StoreUpTo(sum[v], y + v * lanes, n - v * lanes);
}

void AddWeighted(const float* weights, size_t step, const float* rows, size_t stride, size_t count,
                 float* y, size_t n) {
  const size_t lanes = hn::Lanes(d);
  size_t j = 0;
  for (; j + 4 * lanes <= n; j += 4 * lanes) {
    AddWeightedPart<4>(weights, step, rows + j, stride, count, y + j, 4 * lanes);
  }
  for (; j < n; j += lanes) {
    AddWeightedPart<1>(weights, step, rows + j, stride, count, y + j, n - j);
  }
}

template <size_t kOut, typename T>
constexpr WinogradSpans<T> Spans() {
  return {Input<kOut, T>, OutputGradient<kOut, T>, Filter<kOut, T>, Output<kOut, T, false>,
          FilterGradient<kOut, T>};
}

}  // namespace

void FillWinograd(SpanTable* table) {
  table->winograd[0] = Spans<2, float>();
  table->winograd[1] = Spans<4, float>();
  table->winograd_bfloat16[0] = Spans<2, uint16_t>();
  table->winograd_bfloat16[1] = Spans<4, uint16_t>();
#if HWY_TARGET <= HWY_AVX3
  if (__builtin_cpu_supports("avx512bf16")) {
    table->winograd_bfloat16[0].output = Output<2, uint16_t, true>;
    table->winograd_bfloat16[1].output = Output<4, uint16_t, true>;
  }
#endif
  table->winograd_product = Product;
  table->add_weighted = AddWeighted;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
