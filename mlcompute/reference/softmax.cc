#include <algorithm>
#include <cmath>
#include <limits>

#include "mlcompute/reference/dispatch.h"
#include "mlcompute/reference/matrix_families.h"
#include "mlcompute/reference/numbers.h"

namespace mlcompute::reference {
namespace {

// A row of logits, shifted by its maximum so that no power overflows. The 1 that this has of the
// sum is kept apart from the others' part, which may be too small to be added to it.
template <typename T>
class Logits {
 public:
  Logits(const T* x, int64_t n) : x_(x) {
    max_ = -std::numeric_limits<Accumulator<T>>::infinity();
    for (int64_t i = 0; i < n; ++i) max_ = std::max(max_, Widen(x[i]));
    int64_t largest = 0;
    while (largest + 1 < n && Widen(x[largest]) != max_) ++largest;
    if (!std::isfinite(max_)) others_ = std::numeric_limits<Accumulator<T>>::quiet_NaN();
    for (int64_t i = 0; i < n; ++i) {
      if (i != largest) others_ += std::exp(Shifted(i));
    }
  }

  Accumulator<T> Probability(int64_t i) const { return std::exp(Shifted(i)) / (1 + others_); }
  Accumulator<T> LogProbability(int64_t i) const { return Shifted(i) - std::log1p(others_); }

 private:
  Accumulator<T> Shifted(int64_t i) const { return Widen(x_[i]) - max_; }

  const T* x_;
  Accumulator<T> max_;
  Accumulator<T> others_{};
};

// Calls body(begin, length) for every row of the last axis.
template <typename Body>
void ForEachRow(const Shape& shape, const Body& body) {
  const int64_t n = shape[shape.rank() - 1];
  const int64_t rows = n == 0 ? 0 : shape.elements() / n;
  for (int64_t row = 0; row < rows; ++row) body(row * n, n);
}

void Softmax(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const bool log = call.view.op() == Op::kLogSoftmax;
    ForEachRow(call.view.inputs[0].shape, [&](int64_t begin, int64_t n) {
      const Logits<T> logits(call.input<T>(0) + begin, n);
      T* y = call.result<T>() + begin;
      for (int64_t i = 0; i < n; ++i) {
        y[i] = static_cast<T>(log ? logits.LogProbability(i) : logits.Probability(i));
      }
    });
  });
}

void SoftmaxCrossEntropy(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const int64_t rows = call.view.inputs[0].shape[0];
    const int64_t n = call.view.inputs[0].shape[1];
    for (int64_t row = 0; row < rows; ++row) {
      const Logits<T> logits(call.input<T>(0) + row * n, n);
      const T* labels = call.input<T>(1) + row * n;
      T* gradient = call.result<T>(1) + row * n;
      Accumulator<T> loss{};
      for (int64_t i = 0; i < n; ++i) {
        loss -= Widen(labels[i]) * logits.LogProbability(i);
        gradient[i] = static_cast<T>(logits.Probability(i) - Widen(labels[i]));
      }
      call.result<T>(0)[row] = static_cast<T>(loss);
    }
  });
}

template <typename T, typename Label>
void SparseOf(const Call& call) {
  const int64_t rows = call.view.inputs[0].shape[0];
  const int64_t n = call.view.inputs[0].shape[1];
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t label = call.input<Label>(1)[row];
    if (label < 0 || label >= n) {
      throw InvalidArgument("Received a label value of ", label,
                            " which is outside the valid range of [0, ", n, "), in row ", row);
    }
    const Logits<T> logits(call.input<T>(0) + row * n, n);
    T* gradient = call.result<T>(1) + row * n;
    for (int64_t i = 0; i < n; ++i) {
      const Accumulator<T> wanted = i == label ? 1 : 0;
      gradient[i] = static_cast<T>(logits.Probability(i) - wanted);
    }
    call.result<T>(0)[row] = static_cast<T>(-logits.LogProbability(label));
  }
}

void SparseSoftmaxCrossEntropy(const Call& call) {
  DispatchFloats(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (call.view.inputs[1].dtype == DataType::kInt32) {
      SparseOf<T, int32_t>(call);
    } else {
      SparseOf<T, int64_t>(call);
    }
  });
}

}  // namespace

const std::vector<Row>& SoftmaxRows() {
  static const std::vector<Row> rows = {
      {Op::kSoftmax, Softmax},
      {Op::kLogSoftmax, Softmax},
      {Op::kSoftmaxCrossEntropy, SoftmaxCrossEntropy},
      {Op::kSparseSoftmaxCrossEntropy, SparseSoftmaxCrossEntropy},
  };
  return rows;
}

}  // namespace mlcompute::reference
