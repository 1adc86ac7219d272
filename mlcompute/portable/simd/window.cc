// mlcompute/portable/simd/window.cc: windows of pooling over interleaved channels.
#include <limits>

#include "mlcompute/portable/simd/parts.h"

namespace mlcompute::portable::MLC_SIMD_ISA {
namespace {

// Channels of a window that are worked on together: all lanes, or the first n.
struct Whole {
  static HWY_INLINE V Load(const float* x) { return hn::LoadU(D(), x); }
  static HWY_INLINE void Store(V v, float* y) { hn::StoreU(v, D(), y); }
};
struct Part {
  size_t n;
  HWY_INLINE V Load(const float* x) const { return LoadPart(D(), x, n); }
  HWY_INLINE void Store(V v, float* y) const { StorePart(v, D(), y, n); }
};

// body(lanes, offset in x, offset in y) for all channels of all windows.
template <typename Body>
HWY_INLINE void ForChannels(const WindowRun& run, const Body& body) {
  const size_t lanes = hn::Lanes(D());
  const size_t whole = run.channels - run.channels % lanes;
  for (size_t i = 0; i < run.windows; ++i) {
    const ptrdiff_t x = static_cast<ptrdiff_t>(i) * run.step;
    const ptrdiff_t y = static_cast<ptrdiff_t>(i) * run.pitch;
    for (size_t c = 0; c < whole; c += lanes) {
      body(Whole(), x + static_cast<ptrdiff_t>(c), y + static_cast<ptrdiff_t>(c));
    }
    if (whole < run.channels) {
      body(Part{run.channels - whole}, x + static_cast<ptrdiff_t>(whole),
           y + static_cast<ptrdiff_t>(whole));
    }
  }
}

void MaxWindows(const WindowRun& run, const float* x, float* y) {
  const V lowest = hn::Set(D(), std::numeric_limits<float>::lowest());
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    V best = lowest;
    for (size_t t = 0; t < run.taps; ++t) {
      const V v = lanes.Load(x + in + run.offsets[t]);
      best = hn::IfThenElse(hn::Gt(v, best), v, best);  // false for a NaN, which is passed over
    }
    lanes.Store(best, y + out);
  });
}

void AverageWindows(const WindowRun& run, const float* x, float* y) {
  const V count = hn::Set(D(), static_cast<float>(run.taps));
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    V sum = hn::Zero(D());
    for (size_t t = 0; t < run.taps; ++t) {
      sum = hn::Add(sum, lanes.Load(x + in + run.offsets[t]));
    }
    lanes.Store(hn::Div(sum, count), y + out);
  });
}

// The largest of a window and its number. A NaN in the first place stays there, since nothing
// exceeds it.
template <typename Lanes>
HWY_INLINE V FindMaximum(const WindowRun& run, const Lanes& lanes, const float* x, V* best) {
  const V one = hn::Set(D(), 1.0f);
  *best = lanes.Load(x + run.offsets[0]);
  V winner = hn::Zero(D());
  V number = one;
  for (size_t t = 1; t < run.taps; ++t) {
    const V v = lanes.Load(x + run.offsets[t]);
    const auto better = hn::Gt(v, *best);
    *best = hn::IfThenElse(better, v, *best);
    winner = hn::IfThenElse(better, number, winner);
    number = hn::Add(number, one);
  }
  return winner;
}

void MaxWindowsGrad(const WindowRun& run, const float* x, const float* dy, float* dx) {
  const V one = hn::Set(D(), 1.0f);
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    V best;
    const V winner = FindMaximum(run, lanes, x + in, &best);
    const V gradient = lanes.Load(dy + out);
    V number = hn::Zero(D());
    for (size_t t = 0; t < run.taps; ++t) {
      float* to = dx + in + run.offsets[t];
      const V taken = hn::IfThenElseZero(hn::Eq(winner, number), gradient);
      lanes.Store(hn::Add(lanes.Load(to), taken), to);
      number = hn::Add(number, one);
    }
  });
}

void MaxApartGrad(const WindowRun& run, bool relu, const float* x, const float* dy, float* dx,
                  float* given) {
  const V one = hn::Set(D(), 1.0f);
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    V best;
    const V winner = FindMaximum(run, lanes, x + in, &best);
    V gradient = lanes.Load(dy + out);
    if (relu) {
      gradient = hn::Mul(gradient, hn::IfThenElseZero(hn::Gt(best, hn::Zero(D())), one));
    }
    lanes.Store(gradient, given + out);
    V number = hn::Zero(D());
    for (size_t t = 0; t < run.taps; ++t) {
      lanes.Store(hn::IfThenElseZero(hn::Eq(winner, number), gradient), dx + in + run.offsets[t]);
      number = hn::Add(number, one);
    }
  });
}

void AverageWindowsGrad(const WindowRun& run, const float* dy, float* dx) {
  const V count = hn::Set(D(), static_cast<float>(run.taps));
  ForChannels(run, [&](const auto& lanes, ptrdiff_t in, ptrdiff_t out) HWY_ATTR {
    const V share = hn::Div(lanes.Load(dy + out), count);
    for (size_t t = 0; t < run.taps; ++t) {
      float* to = dx + in + run.offsets[t];
      lanes.Store(hn::Add(lanes.Load(to), share), to);
    }
  });
}

}  // namespace

void FillWindow(SpanTable* table) {
  table->max_windows = MaxWindows;
  table->average_windows = AverageWindows;
  table->max_windows_grad = MaxWindowsGrad;
  table->average_windows_grad = AverageWindowsGrad;
  table->max_apart_grad = MaxApartGrad;
}

}  // namespace mlcompute::portable::MLC_SIMD_ISA
