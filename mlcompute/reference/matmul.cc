#include "mlcompute/reference/broadcast.h"
#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/matrix_families.h"
#include "mlcompute/reference/numbers.h"

namespace mlcompute::reference {
namespace {

// A matrix by the distances between its rows and its columns.
struct Layout {
  int64_t row, column;
};

Layout LayoutOf(const Shape& shape, bool transposed) {
  const int64_t columns = shape[shape.rank() - 1];
  return transposed ? Layout{1, columns} : Layout{columns, 1};
}

Shape BatchOf(const Shape& shape) {
  return Shape(std::vector<int64_t>(shape.dims().begin(), shape.dims().end() - 2));
}

template <typename T>
void Multiply(const T* a, Layout la, const T* b, Layout lb, T* c, int64_t m, int64_t k, int64_t n) {
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      Accumulator<T> sum{};
      for (int64_t l = 0; l < k; ++l) {
        sum += Widen(a[i * la.row + l * la.column]) * Widen(b[l * lb.row + j * lb.column]);
      }
      c[i * n + j] = static_cast<T>(sum);
    }
  }
}

template <typename T>
void MatMulOf(const Call& call) {
  const Shape& a = call.view.inputs[0].shape;
  const Shape& b = call.view.inputs[1].shape;
  const Shape& c = call.view.results[0].shape;
  const bool transpose_a = call.view.attributes().Bool("transpose_a");
  const bool transpose_b = call.view.attributes().Bool("transpose_b");
  const int64_t m = c[c.rank() - 2];
  const int64_t n = c[c.rank() - 1];
  const int64_t k = a[transpose_a ? a.rank() - 2 : a.rank() - 1];

  const Shape batch = BatchOf(c);
  const std::array<std::vector<int64_t>, 2> strides = {BroadcastStrides(BatchOf(a), batch),
                                                       BroadcastStrides(BatchOf(b), batch)};
  ForEach<2>(batch, strides, [&](int64_t i, const std::array<int64_t, 2>& at) {
    Multiply(call.input<T>(0) + at[0] * m * k, LayoutOf(a, transpose_a),
             call.input<T>(1) + at[1] * k * n, LayoutOf(b, transpose_b),
             call.result<T>() + i * m * n, m, k, n);
  });
}

void MatMul(const Call& call) {
  DispatchNumbers(call.view.inputs[0].dtype,
                  [&](auto tag) { MatMulOf<typename decltype(tag)::type>(call); });
}

}  // namespace

const std::vector<Row>& MatMulRows() {
  static const std::vector<Row> rows = {{Op::kMatMul, MatMul}};
  return rows;
}

}  // namespace mlcompute::reference
