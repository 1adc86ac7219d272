// mlcompute/portable/simd/recurrent.cc: one step of some sequences of an LSTM or GRU layer.
#include "mlcompute/portable/simd/gate.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// Rows of a tile of G gates, by the registers that accumulate: 32 with AVX-512, else 16.
template <size_t G>
constexpr size_t kMostRows = (HWY_TARGET <= HWY_AVX3 ? 24 : 12) / G;

// Loads and stores of a whole vector, or of its first `n` lanes.
struct Whole {
  HWY_INLINE V Load(const float* x) const { return hn::LoadU(D(), x); }
  HWY_INLINE void Store(V v, float* y) const { hn::StoreU(v, D(), y); }
};
struct Part {
  size_t n;
  HWY_INLINE V Load(const float* x) const { return LoadPart(D(), x, n); }
  HWY_INLINE void Store(V v, float* y) const { StorePart(v, D(), y, n); }
};

// body(access, i) for each vector of n elements; the last may be a part.
template <typename Body>
HWY_INLINE void ForEachVector(size_t n, const Body& body) {
  const size_t lanes = hn::Lanes(D());
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) body(Whole(), i);
  if (i < n) body(Part{n - i}, i);
}

// sums[r * G + g] += row r of `before` times gate g of a block of units, whose packed weights are
// k rows of G vectors.
template <size_t R, size_t G>
HWY_INLINE void AddProduct(const float* before, size_t row, const float* weights, size_t k,
                           float* sums) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V sum[R][G];
  for (size_t r = 0; r < R; ++r) {
    for (size_t g = 0; g < G; ++g) sum[r][g] = hn::Load(d, sums + (r * G + g) * lanes);
  }
  for (size_t i = 0; i < k; ++i, weights += G * lanes) {
    V right[G];
    for (size_t g = 0; g < G; ++g) right[g] = hn::LoadU(d, weights + g * lanes);
    for (size_t r = 0; r < R; ++r) {
      const V factor = hn::Set(d, before[r * row + i]);
      for (size_t g = 0; g < G; ++g) sum[r][g] = hn::MulAdd(factor, right[g], sum[r][g]);
    }
  }
  for (size_t r = 0; r < R; ++r) {
    for (size_t g = 0; g < G; ++g) hn::Store(sum[r][g], d, sums + (r * G + g) * lanes);
  }
}

// What the two layers do with their sums. `at` counts units, `row` sequences.
struct LstmCell {
  static constexpr size_t kGates = 4;

  template <typename Access>
  static HWY_INLINE void Start(const RecurrentStep& s, size_t row, size_t at, const Access& access,
                               float* sums) {
    const D d;
    const size_t lanes = hn::Lanes(d);
    const float* x = s.x + row * s.x_row + at;
    for (size_t g = 0; g < 4; ++g) hn::Store(access.Load(x + g * s.units), d, sums + g * lanes);
  }

  template <typename Access>
  static HWY_INLINE void Finish(const RecurrentStep& s, size_t row, size_t at, const Access& access,
                                const float* sums) {
    const D d;
    const size_t lanes = hn::Lanes(d);
    const V i = GateSigmoid(hn::Load(d, sums));
    const V f = GateSigmoid(hn::Load(d, sums + lanes));
    const V g = GateTanh(hn::Load(d, sums + 2 * lanes));
    const V o = GateSigmoid(hn::Load(d, sums + 3 * lanes));
    float* const cell = s.cell + row * s.state_row + at;
    const V before = access.Load(cell);
    V now = hn::MulAdd(f, before, hn::Mul(i, g));
    V state = hn::Mul(o, GateTanh(now));
    if (s.keeps && s.keeps[row]) {
      now = before;
      state = access.Load(s.before + row * s.state_row + at);
    }
    access.Store(now, cell);
    access.Store(state, s.state + row * s.state_row + at);
    if (s.states) access.Store(state, s.states + row * s.states_row + at);
    if (s.cells) access.Store(now, s.cells + row * s.states_row + at);
    if (s.gates) {
      float* const gates = s.gates + row * s.gates_row + at;
      access.Store(i, gates);
      access.Store(f, gates + s.units);
      access.Store(g, gates + 2 * s.units);
      access.Store(o, gates + 3 * s.units);
    }
  }
};

struct GruCell {
  static constexpr size_t kGates = 3;

  template <typename Access>
  static HWY_INLINE void Start(const RecurrentStep& s, size_t, size_t at, const Access& access,
                               float* sums) {
    const D d;
    const size_t lanes = hn::Lanes(d);
    for (size_t g = 0; g < 3; ++g) {
      hn::Store(access.Load(s.bias + g * s.units + at), d, sums + g * lanes);
    }
  }

  template <typename Access>
  static HWY_INLINE void Finish(const RecurrentStep& s, size_t row, size_t at, const Access& access,
                                const float* sums) {
    const D d;
    const size_t lanes = hn::Lanes(d);
    const float* const x = s.x + row * s.x_row + at;
    const V z = GateSigmoid(hn::Add(access.Load(x), hn::Load(d, sums)));
    const V r = GateSigmoid(hn::Add(access.Load(x + s.units), hn::Load(d, sums + lanes)));
    const V inner = hn::Load(d, sums + 2 * lanes);
    const V g = GateTanh(hn::MulAdd(r, inner, access.Load(x + 2 * s.units)));
    const V before = access.Load(s.before + row * s.state_row + at);
    V state = hn::MulAdd(z, before, hn::NegMulAdd(z, g, g));
    if (s.keeps && s.keeps[row]) state = before;
    access.Store(state, s.state + row * s.state_row + at);
    if (s.states) access.Store(state, s.states + row * s.states_row + at);
    if (s.gates) {
      float* const gates = s.gates + row * s.gates_row + at;
      access.Store(z, gates);
      access.Store(r, gates + s.units);
      access.Store(g, gates + 2 * s.units);
      access.Store(inner, gates + 3 * s.units);
    }
  }
};

// The units of one vector from `at`, for R sequences from `row`.
template <typename Cell, size_t R, typename Access>
HWY_INLINE void Tile(const RecurrentStep& s, size_t row, size_t at, const float* weights,
                     const Access& access) {
  constexpr size_t kGates = Cell::kGates;
  HWY_ALIGN float sums[R * kGates * hn::MaxLanes(D())];
  const size_t lanes = hn::Lanes(D());
  for (size_t r = 0; r < R; ++r) {
    Cell::Start(s, row + r, at, access, sums + r * kGates * lanes);
  }
  AddProduct<R, kGates>(s.before + row * s.state_row, s.state_row, weights, s.units, sums);
  for (size_t r = 0; r < R; ++r) {
    Cell::Finish(s, row + r, at, access, sums + r * kGates * lanes);
  }
}

template <typename Cell, size_t R, typename Access>
HWY_INLINE void Tiles(const RecurrentStep& s, size_t rows, size_t row, size_t at,
                      const float* weights, const Access& access) {
  if (rows == R) {
    Tile<Cell, R>(s, row, at, weights, access);
  } else if constexpr (R > 1) {
    Tiles<Cell, R - 1>(s, rows, row, at, weights, access);
  }
}

template <typename Cell>
void Step(const RecurrentStep& s) {
  const size_t lanes = hn::Lanes(D());
  constexpr size_t kMost = kMostRows<Cell::kGates>;
  const size_t tiles = (s.rows + kMost - 1) / kMost;
  const float* weights = s.weights;
  ForEachVector(s.units, [&](const auto& access, size_t at) HWY_ATTR {
    // Tiles of about equal height, as low ones leave the processor waiting for their sums.
    for (size_t tile = 0; tile < tiles; ++tile) {
      const size_t row = s.rows * tile / tiles, end = s.rows * (tile + 1) / tiles;
      Tiles<Cell, kMost>(s, end - row, row, at, weights, access);
    }
    weights += s.units * Cell::kGates * lanes;
  });
}

// y (1 - y), the derivative of a sigmoid with value y.
HWY_INLINE V SigmoidSlope(V y) { return hn::NegMulAdd(y, y, y); }
// 1 - y^2, the derivative of tanh with value y.
HWY_INLINE V TanhSlope(V y) { return hn::NegMulAdd(y, y, hn::Set(D(), 1.0f)); }

void LstmCellGrad(const float* gates, const float* c, const float* c_before, const float* doutput,
                  const float* dstate, float* dc, float* dx, float* dx_too, size_t h) {
  ForEachVector(h, [&](const auto& access, size_t at) HWY_ATTR {
    const V i = access.Load(gates + at);
    const V f = access.Load(gates + h + at);
    const V g = access.Load(gates + 2 * h + at);
    const V o = access.Load(gates + 3 * h + at);
    const V squashed = GateTanh(access.Load(c + at));
    const V dh = hn::Add(access.Load(doutput + at), access.Load(dstate + at));
    const V total = hn::MulAdd(hn::Mul(dh, o), TanhSlope(squashed), access.Load(dc + at));
    const V di = hn::Mul(hn::Mul(total, g), SigmoidSlope(i));
    const V df = hn::Mul(hn::Mul(total, access.Load(c_before + at)), SigmoidSlope(f));
    const V dg = hn::Mul(hn::Mul(total, i), TanhSlope(g));
    const V dout = hn::Mul(hn::Mul(dh, squashed), SigmoidSlope(o));
    for (float* y : {dx, dx_too}) {
      access.Store(di, y + at);
      access.Store(df, y + h + at);
      access.Store(dg, y + 2 * h + at);
      access.Store(dout, y + 3 * h + at);
    }
    access.Store(hn::Mul(total, f), dc + at);
  });
}

void GruCellGrad(const float* gates, const float* before, const float* doutput, const float* dstate,
                 float* dx, float* drecurrent, float* drecurrent_too, float* dbefore, size_t h) {
  ForEachVector(h, [&](const auto& access, size_t at) HWY_ATTR {
    const V z = access.Load(gates + at);
    const V r = access.Load(gates + h + at);
    const V g = access.Load(gates + 2 * h + at);
    const V dh = hn::Add(access.Load(doutput + at), access.Load(dstate + at));
    const V dz = hn::Mul(hn::Mul(dh, hn::Sub(access.Load(before + at), g)), SigmoidSlope(z));
    const V dg = hn::Mul(hn::NegMulAdd(dh, z, dh), TanhSlope(g));
    const V dr = hn::Mul(hn::Mul(dg, access.Load(gates + 3 * h + at)), SigmoidSlope(r));
    access.Store(dz, dx + at);
    access.Store(dr, dx + h + at);
    access.Store(dg, dx + 2 * h + at);
    for (float* y : {drecurrent, drecurrent_too}) {
      access.Store(dz, y + at);
      access.Store(dr, y + h + at);
      access.Store(hn::Mul(dg, r), y + 2 * h + at);
    }
    access.Store(hn::Mul(dh, z), dbefore + at);
  });
}

}  // namespace

void FillRecurrent(SpanTable* table) {
  table->recurrent_lanes = hn::Lanes(D());
  table->lstm_step = Step<LstmCell>;
  table->gru_step = Step<GruCell>;
  table->lstm_cell_grad = LstmCellGrad;
  table->gru_cell_grad = GruCellGrad;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
