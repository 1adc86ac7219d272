#include <algorithm>
#include <vector>

#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/matrix_families.h"
#include "mlcompute/reference/numbers.h"
#include "mlcompute/reference/sliding.h"

namespace mlcompute::reference {
namespace {

Sliding Window(const Call& call, const Shape& x, const Shape& y) {
  const Attributes& attributes = call.view.attributes();
  return Sliding(x, y, PoolingSpatial(attributes), attributes.Bool("channels_last"));
}

// Calls body(x_at, y_at) for every element of every window, channel by channel.
template <typename Body>
void ForEachElement(const Sliding& sliding, const Body& body) {
  const int64_t x_step = sliding.x().channel_stride;
  const int64_t y_step = sliding.y().channel_stride;
  sliding.ForEachTap([&](int64_t x_at, int64_t y_at, int64_t /*tap*/) {
    for (int64_t c = 0; c < sliding.y().channels; ++c) body(x_at + c * x_step, y_at + c * y_step);
  });
}

size_t Count(const TensorType& type) { return static_cast<size_t>(type.elements()); }

template <typename T>
void MaxPoolOf(const Call& call) {
  const TensorType& x_type = call.view.inputs[0];
  const TensorType& y_type = call.view.results[0];
  const T* x = call.input<T>(0);
  T* y = call.result<T>();
  std::fill_n(y, y_type.elements(), Lowest<T>());
  ForEachElement(Window(call, x_type.shape, y_type.shape), [&](int64_t from, int64_t to) {
    if (static_cast<Compute<T>>(x[from]) > static_cast<Compute<T>>(y[to])) y[to] = x[from];
  });
}

template <typename T>
void MaxPoolGradOf(const Call& call) {
  const TensorType& x_type = call.view.inputs[0];
  const TensorType& y_type = call.view.inputs[1];
  const T* x = call.input<T>(0);
  const T* dy = call.input<T>(2);
  T* dx = call.result<T>();
  std::vector<int64_t> winner(Count(y_type), -1);
  ForEachElement(Window(call, x_type.shape, y_type.shape), [&](int64_t from, int64_t to) {
    int64_t& best = winner[static_cast<size_t>(to)];
    if (best < 0 || static_cast<Compute<T>>(x[from]) > static_cast<Compute<T>>(x[best])) {
      best = from;
    }
  });
  std::vector<Accumulator<T>> sums(Count(x_type));
  for (size_t i = 0; i < winner.size(); ++i) {
    if (winner[i] >= 0) sums[static_cast<size_t>(winner[i])] += Widen(dy[i]);
  }
  for (size_t i = 0; i < sums.size(); ++i) dx[i] = static_cast<T>(sums[i]);
}

// By element of y, how many elements of x its window covers.
std::vector<int64_t> Covered(const Sliding& sliding, size_t count) {
  std::vector<int64_t> covered(count, 0);
  ForEachElement(sliding, [&](int64_t, int64_t to) { ++covered[static_cast<size_t>(to)]; });
  return covered;
}

template <typename T>
void AvgPoolOf(const Call& call) {
  const TensorType& y_type = call.view.results[0];
  const Sliding sliding = Window(call, call.view.inputs[0].shape, y_type.shape);
  const T* x = call.input<T>(0);
  T* y = call.result<T>();
  std::vector<Accumulator<T>> sums(Count(y_type));
  ForEachElement(
      sliding, [&](int64_t from, int64_t to) { sums[static_cast<size_t>(to)] += Widen(x[from]); });
  const std::vector<int64_t> covered = Covered(sliding, sums.size());
  for (size_t i = 0; i < sums.size(); ++i) {
    const auto n = static_cast<Accumulator<T>>(std::max<int64_t>(covered[i], 1));
    y[i] = static_cast<T>(sums[i] / n);
  }
}

template <typename T>
void AvgPoolGradOf(const Call& call) {
  const TensorType& y_type = call.view.inputs[0];
  const TensorType& x_type = call.view.results[0];
  const Sliding sliding = Window(call, x_type.shape, y_type.shape);
  const T* dy = call.input<T>(0);
  T* dx = call.result<T>();
  const std::vector<int64_t> covered = Covered(sliding, Count(y_type));
  std::vector<Accumulator<T>> sums(Count(x_type));
  ForEachElement(sliding, [&](int64_t at, int64_t from) {
    sums[static_cast<size_t>(at)] +=
        Widen(dy[from]) / static_cast<Accumulator<T>>(covered[static_cast<size_t>(from)]);
  });
  for (size_t i = 0; i < sums.size(); ++i) dx[i] = static_cast<T>(sums[i]);
}

void MaxPool(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype,
                  [&](auto tag) { MaxPoolOf<typename decltype(tag)::type>(call); });
}
void MaxPoolGrad(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype,
                  [&](auto tag) { MaxPoolGradOf<typename decltype(tag)::type>(call); });
}
void AvgPool(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype,
                 [&](auto tag) { AvgPoolOf<typename decltype(tag)::type>(call); });
}
void AvgPoolGrad(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype,
                 [&](auto tag) { AvgPoolGradOf<typename decltype(tag)::type>(call); });
}

}  // namespace

const std::vector<Row>& PoolingRows() {
  static const std::vector<Row> rows = {
      {Op::kMaxPool, MaxPool},
      {Op::kMaxPoolGrad, MaxPoolGrad},
      {Op::kAvgPool, AvgPool},
      {Op::kAvgPoolGrad, AvgPoolGrad},
  };
  return rows;
}

}  // namespace mlcompute::reference
