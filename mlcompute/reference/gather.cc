#include <algorithm>

#include "mlcompute/reference/coordinates.h"
#include "mlcompute/reference/movement_families.h"

namespace mlcompute::reference {
namespace {

int64_t Product(const Shape& shape, int64_t begin, int64_t end) {
  int64_t n = 1;
  for (int64_t i = begin; i < end; ++i) n *= shape[static_cast<int>(i)];
  return n;
}

// x [batch, outer, size, inner], indices [batch, count] -> [batch, outer, count, inner].
template <typename T, typename I>
void GatherOf(const Call& call) {
  if (call.view.results[0].elements() == 0) return;
  const Shape& x_shape = call.view.inputs[0].shape;
  const Shape& indices_shape = call.view.inputs[1].shape;
  const int64_t axis = call.view.attributes().Int("axis");
  const int64_t batch_dims = call.view.attributes().Int("batch_dims");
  const int64_t batch = Product(x_shape, 0, batch_dims);
  const int64_t outer = Product(x_shape, batch_dims, axis);
  const int64_t size = x_shape[static_cast<int>(axis)];
  const int64_t inner = Product(x_shape, axis + 1, x_shape.rank());
  const int64_t count = Product(indices_shape, batch_dims, indices_shape.rank());

  const I* indices = call.input<I>(1);
  for (int64_t i = 0; i < batch * count; ++i) {
    if (indices[i] < 0 || indices[i] >= size) {
      throw InvalidArgument("indices", PositionText(indices_shape, i), " = ", indices[i],
                            " is not in [0, ", size, ")");
    }
  }
  const T* x = call.input<T>(0);
  T* y = call.result<T>();
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < count; ++i) {
        const int64_t from = (b * outer + o) * size + indices[b * count + i];
        y = std::copy_n(x + from * inner, inner, y);
      }
    }
  }
}

template <typename T, typename I>
void GatherNdOf(const Call& call) {
  const Coordinates at(call.input<I>(1), call.view.inputs[1].shape, call.view.inputs[0].shape,
                       "param shape");
  T* y = call.result<T>();
  for (const int64_t from : at.from) y = std::copy_n(call.input<T>(0) + from, at.slice, y);
}

void Gather(const Call& call) {
  DispatchBytes(call.view.inputs[0].dtype, [&](auto value) {
    DispatchIndices(call.view.inputs[1].dtype, [&](auto index) {
      GatherOf<typename decltype(value)::type, typename decltype(index)::type>(call);
    });
  });
}

void GatherNd(const Call& call) {
  DispatchBytes(call.view.inputs[0].dtype, [&](auto value) {
    DispatchIndices(call.view.inputs[1].dtype, [&](auto index) {
      GatherNdOf<typename decltype(value)::type, typename decltype(index)::type>(call);
    });
  });
}

}  // namespace

const std::vector<Row>& GatherRows() {
  static const std::vector<Row> rows = {{Op::kGather, Gather}, {Op::kGatherNd, GatherNd}};
  return rows;
}

}  // namespace mlcompute::reference
