// mlcompute/reference/resample.cc: sums of weighted elements along one axis, and their gradient.
#include <algorithm>

#include "mlcompute/reference/movement_families.h"

namespace mlcompute::reference {
namespace {

// The axis between what is before and behind it, and how each position is summed.
struct Layout {
  int64_t outer = 1;
  int64_t inner = 1;
  int64_t size;   // of the long side: x, or dx
  int64_t count;  // of the positions that are sums: y, or dy
  int64_t taps;
  const int32_t* indices;
  const float* weights;

  Layout(const Call& call, const Shape& summed, const Shape& sums)
      : count(call.view.inputs[1].shape[0]),
        taps(call.view.inputs[1].shape[1]),
        indices(call.input<int32_t>(1)),
        weights(call.input<float>(2)) {
    const int64_t axis = call.view.attributes().Int("axis");
    for (int a = 0; a < sums.rank(); ++a) {
      if (a < axis) outer *= sums[a];
      if (a > axis) inner *= sums[a];
    }
    size = summed[static_cast<int>(axis)];
  }
};

// Calls visit(element of the summed side, element of the sums, weight) for every pair.
template <typename Visit>
void ForEachPair(const Layout& l, const Visit& visit) {
  for (int64_t o = 0; o < l.outer; ++o) {
    for (int64_t i = 0; i < l.count; ++i) {
      for (int64_t t = 0; t < l.taps; ++t) {
        const int64_t from = l.indices[i * l.taps + t];
        if (from < 0) continue;
        if (from >= l.size) {
          throw InvalidArgument("index ", from, " is not in [0, ", l.size, ")");
        }
        for (int64_t k = 0; k < l.inner; ++k) {
          visit((o * l.size + from) * l.inner + k, (o * l.count + i) * l.inner + k,
                l.weights[i * l.taps + t]);
        }
      }
    }
  }
}

void Resample(const Call& call) {
  const TensorType& result = call.view.results[0];
  const auto* x = call.input<float>(0);
  auto* y = call.result<float>();
  std::fill_n(y, result.elements(), 0.0f);
  ForEachPair(Layout(call, call.view.inputs[0].shape, result.shape),
              [&](int64_t at, int64_t sum, float weight) { y[sum] += weight * x[at]; });
}

void ResampleGrad(const Call& call) {
  const TensorType& result = call.view.results[0];
  const auto* dy = call.input<float>(0);
  auto* dx = call.result<float>();
  std::fill_n(dx, result.elements(), 0.0f);
  ForEachPair(Layout(call, result.shape, call.view.inputs[0].shape),
              [&](int64_t at, int64_t sum, float weight) { dx[at] += weight * dy[sum]; });
}

}  // namespace

const std::vector<Row>& ResampleRows() {
  static const std::vector<Row> rows = {
      {Op::kResample, Resample},
      {Op::kResampleGrad, ResampleGrad},
  };
  return rows;
}

}  // namespace mlcompute::reference
