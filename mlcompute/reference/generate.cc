// mlcompute/reference/generate.cc: tensors made from positions.
#include <algorithm>
#include <cmath>

#include "mlcompute/reference/movement_families.h"

namespace mlcompute::reference {
namespace {

// Each step rounds to the type, as TensorFlow's Range does: the position, the product, the sum. In
// double a product of two smaller floats is exact, and a sum rounds as if it were.
void Iota(const Call& call) {
  const TensorType& result = call.view.results[0];
  const double start = call.view.attributes().Double("start");
  const double step = call.view.attributes().Double("step");
  DispatchNumbers(result.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* y = call.result<T>();
    for (int64_t i = 0; i < result.elements(); ++i) {
      if constexpr (std::is_integral_v<T>) {
        y[i] = static_cast<T>(static_cast<int64_t>(start + static_cast<double>(i) * step));
      } else {
        const auto rounded = [](double value) {
          return static_cast<T>(static_cast<Compute<T>>(value));
        };
        const double position = static_cast<double>(rounded(static_cast<double>(i)));
        y[i] = rounded(start + static_cast<double>(rounded(position * step)));
      }
    }
  });
}

// indices [before..., after...] -> [before..., depth, after...].
void OneHot(const Call& call) {
  const Attributes& attributes = call.view.attributes();
  const TensorType& indices = call.view.inputs[0];
  const int64_t depth = attributes.Int("depth");
  int64_t after = 1;
  for (int i = static_cast<int>(attributes.Int("axis")); i < indices.shape.rank(); ++i) {
    after *= indices.shape[i];
  }
  DispatchBytes(call.view.results[0].dtype, [&](auto value) {
    using T = typename decltype(value)::type;
    T* y = call.result<T>();
    std::fill_n(y, call.view.results[0].elements(), *call.input<T>(2));
    DispatchIntegers(indices.dtype, [&](auto tag) {
      const auto* index = call.input<typename decltype(tag)::type>(0);
      for (int64_t i = 0; i < indices.elements(); ++i) {
        const auto hot = static_cast<int64_t>(index[i]);
        if (hot < 0 || hot >= depth) continue;
        y[(i / after * depth + hot) * after + i % after] = *call.input<T>(1);
      }
    });
  });
}

void MatrixBandPart(const Call& call) {
  const Shape& shape = call.view.inputs[0].shape;
  const int64_t rows = shape[shape.rank() - 2];
  const int64_t columns = shape[shape.rank() - 1];
  const int64_t lower = call.view.attributes().Int("lower");
  const int64_t upper = call.view.attributes().Int("upper");
  DispatchBytes(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* x = call.input<T>(0);
    T* y = call.result<T>();
    for (int64_t at = 0; at < shape.elements(); ++at) {
      const int64_t i = at / columns % rows;
      const int64_t j = at % columns;
      const bool keep = (lower < 0 || i - j <= lower) && (upper < 0 || j - i <= upper);
      y[at] = keep ? x[at] : T{0};
    }
  });
}

}  // namespace

const std::vector<Row>& GenerateRows() {
  static const std::vector<Row> rows = {
      {Op::kIota, Iota},
      {Op::kOneHot, OneHot},
      {Op::kMatrixBandPart, MatrixBandPart},
  };
  return rows;
}

}  // namespace mlcompute::reference
