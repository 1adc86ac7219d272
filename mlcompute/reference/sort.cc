#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "mlcompute/reference/movement_families.h"

namespace mlcompute::reference {
namespace {

// The order in which a sort puts its elements: NaN behind all numbers.
template <typename T>
class Before {
 public:
  explicit Before(bool descending) : descending_(descending) {}

  bool operator()(T left, T right) const {
    const auto a = static_cast<Compute<T>>(left);
    const auto b = static_cast<Compute<T>>(right);
    if constexpr (std::is_floating_point_v<Compute<T>>) {
      if (std::isnan(a) || std::isnan(b)) return !std::isnan(a);
    }
    return descending_ ? b < a : a < b;
  }

 private:
  const bool descending_;
};

template <typename T, typename I>
void TopKOf(const Call& call) {
  const Shape& shape = call.view.inputs[0].shape;
  const int64_t n = shape[shape.rank() - 1];
  const int64_t k = call.view.attributes().Int("k");
  const int64_t rows = n == 0 ? 0 : shape.elements() / n;
  const Before<T> before(true);
  std::vector<int64_t> order(static_cast<size_t>(n));
  for (int64_t row = 0; row < rows; ++row) {
    const T* x = call.input<T>(0) + row * n;
    std::iota(order.begin(), order.end(), int64_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return before(x[a], x[b]); });
    for (int64_t i = 0; i < k; ++i) {
      const int64_t from = order[static_cast<size_t>(i)];
      call.result<T>(0)[row * k + i] = x[from];
      call.result<I>(1)[row * k + i] = static_cast<I>(from);
    }
  }
}

void TopK(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype, [&](auto value) {
    DispatchIndices(call.view.results[1].dtype, [&](auto index) {
      TopKOf<typename decltype(value)::type, typename decltype(index)::type>(call);
    });
  });
}

void Sort(const Call& call) {
  const Shape& shape = call.view.inputs[0].shape;
  const int64_t n = shape[shape.rank() - 1];
  const int64_t all = shape.elements();
  DispatchNumbers(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* y = call.result<T>();
    std::copy_n(call.input<T>(0), all, y);
    const Before<T> before(call.view.attributes().Bool("descending"));
    for (int64_t begin = 0; begin < all; begin += n)
      std::stable_sort(y + begin, y + begin + n, before);
  });
}

}  // namespace

const std::vector<Row>& SortRows() {
  static const std::vector<Row> rows = {{Op::kTopK, TopK}, {Op::kSort, Sort}};
  return rows;
}

}  // namespace mlcompute::reference
