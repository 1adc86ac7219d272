// Polynomials are least in the largest relative error (Lawson's weights on Chebyshev's points).
#if defined(__x86_64__)

#include "mlcompute/portable/jit/x86_rough_math.h"

namespace mlcompute::portable {
namespace {

using W = X86Writer;
using V = const Vector&;

constexpr uint32_t kMagnitude = 0x7fffffff;
constexpr float kLog2E = 1.44269504088896340736f;
constexpr uint8_t kFraction = 9;  // of vreduceps: x - floor(x), 0 of infinities; raises nothing

// y = 2^x; overwrites temp(0).
void Exp2(W& w, V y, V x) {
  V fraction = w.temp(0);
  w.vreduceps(fraction, x, kFraction);
  w.Polynomial(y, fraction,
               {0.00187757600f, 0.00898934156f, 0.0558263175f, 0.240153611f, 0.693153083f, 1.0f});
  w.vscalefps(y, y, x);  // by 2^floor(x)
}

void Exp(W& w, V y, V a, V, V) {
  w.vmulps(w.temp(1), a, w.Number(kLog2E));
  Exp2(w, y, w.temp(1));
}

void Sigmoid(W& w, V y, V a, V, V) {
  w.vmulps(w.temp(1), a, w.Number(-kLog2E));
  Exp2(w, y, w.temp(1));
  w.vaddps(y, y, w.Number(1));
  w.vmovups(w.temp(0), w.Number(1));
  w.vdivps(y, w.temp(0), y);
}

// erfc(m) = exp(-m^2) t P(t), t = 2 / (2 + m), of m = |a|; 2 less that of what is negative.
void Erfc(W& w, V y, V a, V, V) {
  constexpr float kMost = 10.05f;  // where it is 0
  V m = w.scratch(0);
  V p = w.scratch(1);
  V t = w.temp(1);
  w.vandps(m, a, w.Bits(kMagnitude));
  w.vmovups(t, w.Number(kMost));
  w.vminps(m, t, m);  // NaN comes through
  w.vaddps(t, m, w.Number(2));
  w.vmovups(p, w.Number(2));
  w.vdivps(t, p, t);
  w.Polynomial(p, t,
               {0.0881147236f, -0.35642296f, 0.388783723f, 0.0382022746f, 0.28138712f, 0.277603924f,
                0.282329828f});
  w.vmulps(p, p, t);
  w.vmulps(m, m, m);
  w.vmulps(m, m, w.Number(-kLog2E));
  Exp2(w, y, m);
  w.vmulps(y, y, p);
  w.vmovups(m, w.Number(2));
  w.vsubps(m, m, y);
  w.Compare(a, w.Number(0), kLess);
  w.ChooseWhere(y, m, y);
  w.Compare(a, w.Number(kMost), kGreater);
  w.DropWhere(y, y);
}

struct Row {
  Op op;
  X86Operation operation;
};

constexpr Row kRows[] = {
    {Op::kExp, {Exp}},
    {Op::kSigmoid, {Sigmoid}},
    {Op::kErfc, {Erfc, 2}},
};

}  // namespace

const X86Operation* FindX86RoughMath(Op op) {
  for (const Row& row : kRows) {
    if (row.op == op) return &row.operation;
  }
  return nullptr;
}

}  // namespace mlcompute::portable

#endif
