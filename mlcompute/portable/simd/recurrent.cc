// mlcompute/portable/simd/recurrent.cc: one step of one sequence of an LSTM or GRU layer.
#include "mlcompute/portable/simd/sigmoid.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// Calls body(i, load, store) for each vector of n elements; the last may be a part.
template <typename Body>
HWY_INLINE void ForEachVector(size_t n, const Body& body) {
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    body([i](const float* x) HWY_ATTR { return hn::LoadU(d, x + i); },
         [i](V v, float* y) HWY_ATTR { hn::StoreU(v, d, y + i); });
  }
  if (i < n) {
    const size_t rest = n - i;
    body([i, rest](const float* x) HWY_ATTR { return LoadPart(d, x + i, rest); },
         [i, rest](V v, float* y) HWY_ATTR { StorePart(v, d, y + i, rest); });
  }
}

// y (1 - y), the derivative of a sigmoid with value y.
HWY_INLINE V SigmoidSlope(V y) { return hn::NegMulAdd(y, y, y); }
// 1 - y^2, the derivative of tanh with value y.
HWY_INLINE V TanhSlope(V y) { return hn::NegMulAdd(y, y, C(1.0f)); }

void LstmCell(float* gates, const float* c_before, float* c, float* state, size_t h) {
  ForEachVector(h, [&](const auto& load, const auto& store) HWY_ATTR {
    const V i = SigmoidOf(load(gates));
    const V f = SigmoidOf(load(gates + h));
    const V g = TanhOf(load(gates + 2 * h));
    const V o = SigmoidOf(load(gates + 3 * h));
    const V now = hn::MulAdd(f, load(c_before), hn::Mul(i, g));
    store(i, gates);
    store(f, gates + h);
    store(g, gates + 2 * h);
    store(o, gates + 3 * h);
    store(now, c);
    store(hn::Mul(o, TanhOf(now)), state);
  });
}

void LstmCellGrad(const float* gates, const float* c, const float* c_before, const float* dstate,
                  float* dc, float* dx, size_t h) {
  ForEachVector(h, [&](const auto& load, const auto& store) HWY_ATTR {
    const V i = load(gates);
    const V f = load(gates + h);
    const V g = load(gates + 2 * h);
    const V o = load(gates + 3 * h);
    const V squashed = TanhOf(load(c));
    const V dh = load(dstate);
    const V total = hn::MulAdd(hn::Mul(dh, o), TanhSlope(squashed), load(dc));
    store(hn::Mul(hn::Mul(total, g), SigmoidSlope(i)), dx);
    store(hn::Mul(hn::Mul(total, load(c_before)), SigmoidSlope(f)), dx + h);
    store(hn::Mul(hn::Mul(total, i), TanhSlope(g)), dx + 2 * h);
    store(hn::Mul(hn::Mul(dh, squashed), SigmoidSlope(o)), dx + 3 * h);
    store(hn::Mul(total, f), dc);
  });
}

void GruCell(const float* x, const float* recurrent, const float* before, float* gates,
             float* state, size_t h) {
  ForEachVector(h, [&](const auto& load, const auto& store) HWY_ATTR {
    const V z = SigmoidOf(hn::Add(load(x), load(recurrent)));
    const V r = SigmoidOf(hn::Add(load(x + h), load(recurrent + h)));
    const V inner = load(recurrent + 2 * h);
    const V g = TanhOf(hn::MulAdd(r, inner, load(x + 2 * h)));
    store(z, gates);
    store(r, gates + h);
    store(g, gates + 2 * h);
    store(inner, gates + 3 * h);
    store(hn::MulAdd(z, load(before), hn::NegMulAdd(z, g, g)), state);
  });
}

void GruCellGrad(const float* gates, const float* before, const float* dstate, float* dx,
                 float* drecurrent, float* dbefore, size_t h) {
  ForEachVector(h, [&](const auto& load, const auto& store) HWY_ATTR {
    const V z = load(gates);
    const V r = load(gates + h);
    const V g = load(gates + 2 * h);
    const V dh = load(dstate);
    const V dz = hn::Mul(hn::Mul(dh, hn::Sub(load(before), g)), SigmoidSlope(z));
    const V dg = hn::Mul(hn::NegMulAdd(dh, z, dh), TanhSlope(g));
    const V dr = hn::Mul(hn::Mul(dg, load(gates + 3 * h)), SigmoidSlope(r));
    store(dz, dx);
    store(dr, dx + h);
    store(dg, dx + 2 * h);
    store(dz, drecurrent);
    store(dr, drecurrent + h);
    store(hn::Mul(dg, r), drecurrent + 2 * h);
    store(hn::Mul(dh, z), dbefore);
  });
}

}  // namespace

void FillRecurrent(SpanTable* table) {
  table->lstm_cell = LstmCell;
  table->lstm_cell_grad = LstmCellGrad;
  table->gru_cell = GruCell;
  table->gru_cell_grad = GruCellGrad;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
