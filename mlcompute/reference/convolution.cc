#include <vector>

#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/matrix_families.h"
#include "mlcompute/reference/numbers.h"
#include "mlcompute/reference/sliding.h"

namespace mlcompute::reference {
namespace {

// Calls body(x_at, filter_at, y_at) for every product of the convolution: y += x * filter. The
// gradients are sums over the same products.
template <typename Body>
void ForEachProduct(const Attributes& attributes, const Shape& x, const Shape& filter,
                    const Shape& y, const Body& body) {
  const Sliding sliding(x, y, ConvolutionSpatial(attributes, filter),
                        attributes.Bool("channels_last"));
  const int64_t groups = attributes.Int("groups");
  const int64_t in = filter[filter.rank() - 2];
  const int64_t all_out = filter[filter.rank() - 1];
  const int64_t out = all_out / groups;
  const int64_t x_step = sliding.x().channel_stride;
  const int64_t y_step = sliding.y().channel_stride;
  sliding.ForEachTap([&](int64_t x_at, int64_t y_at, int64_t tap) {
    for (int64_t g = 0; g < groups; ++g) {
      for (int64_t c = 0; c < in; ++c) {
        for (int64_t o = g * out; o < (g + 1) * out; ++o) {
          body(x_at + (g * in + c) * x_step, (tap * in + c) * all_out + o, y_at + o * y_step);
        }
      }
    }
  });
}

template <typename T>
using Sums = std::vector<Accumulator<T>>;

template <typename T>
void Store(const Sums<T>& sums, T* to) {
  for (size_t i = 0; i < sums.size(); ++i) to[i] = static_cast<T>(sums[i]);
}

template <typename T>
void Run(const Call& call) {
  const Shape& first = call.view.inputs[0].shape;
  const Shape& second = call.view.inputs[1].shape;
  const Shape& result = call.view.results[0].shape;
  const Attributes& attributes = call.view.attributes();
  const T* a = call.input<T>(0);
  const T* b = call.input<T>(1);
  const auto at = [](int64_t i) { return static_cast<size_t>(i); };
  Sums<T> sums(at(result.elements()));
  switch (call.view.op()) {
    case Op::kConvolution:
      ForEachProduct(attributes, first, second, result, [&](int64_t x, int64_t f, int64_t y) {
        sums[at(y)] += Widen(a[x]) * Widen(b[f]);
      });
      break;
    case Op::kConvolutionGradInput:
      ForEachProduct(attributes, result, first, second, [&](int64_t x, int64_t f, int64_t y) {
        sums[at(x)] += Widen(a[f]) * Widen(b[y]);
      });
      break;
    default:  // kConvolutionGradFilter
      ForEachProduct(attributes, first, result, second, [&](int64_t x, int64_t f, int64_t y) {
        sums[at(f)] += Widen(a[x]) * Widen(b[y]);
      });
  }
  Store(sums, call.result<T>());
}

void Convolution(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype,
                  [&](auto tag) { Run<typename decltype(tag)::type>(call); });
}

}  // namespace

const std::vector<Row>& ConvolutionRows() {
  static const std::vector<Row> rows = {
      {Op::kConvolution, Convolution},
      {Op::kConvolutionGradInput, Convolution},
      {Op::kConvolutionGradFilter, Convolution},
  };
  return rows;
}

}  // namespace mlcompute::reference
