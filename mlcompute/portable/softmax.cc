// mlcompute/portable/softmax.cc: softmax and the cross entropies, row by row while it is in cache.
#include <algorithm>
#include <cmath>
#include <vector>

#include "mlcompute/error.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/tiles.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 4 << 10;  // elements of rows that pay for waking another thread

bool IsSimdFloat(DataType t) {
  return t == DataType::kFloat32 || t == DataType::kFloat16 || t == DataType::kBFloat16;
}

// The maximum of a row and the sum of exponentials after subtracting it.
struct Scale {
  float max;
  float sum;
};

// y = exp(x - max). Without y the exponentials are dropped.
Scale Exponentials(const float* x, float* y, int64_t n) {
  float dropped[kTile];
  const float max = Spans().max(x, static_cast<size_t>(n));
  double sum = 0.0;
  for (int64_t i = 0; i < n; i += kTile) {
    const auto m = static_cast<size_t>(std::min(kTile, n - i));
    sum += Spans().exp_shifted(x + i, max, y ? y + i : dropped, m);
  }
  return {max, static_cast<float>(sum)};
}

// The logarithm of the sum. Where the maximum stands out that is near 0, and what the others add to
// its 1 would be lost in float32.
float LogOfSum(const Scale& scale, const float* x, int64_t n) {
  constexpr float kStandsOut = 1.01f;
  if (!(scale.sum < kStandsOut)) return std::log(scale.sum);
  float powers[kTile];
  double others = 0.0;
  bool is_past_one = false;  // of those whose power is 1
  for (int64_t i = 0; i < n; i += kTile) {
    const int64_t m = std::min(kTile, n - i);
    Spans().exp_shifted(x + i, scale.max, powers, static_cast<size_t>(m));
    for (int64_t j = 0; j < m; ++j) {
      if (is_past_one || powers[j] != 1.0f) {
        others += static_cast<double>(powers[j]);
      } else {
        is_past_one = true;
      }
    }
  }
  return static_cast<float>(std::log1p(others));
}

// Rows of a float32, float16 or bfloat16 matrix.
class Rows {
 public:
  Rows(DataType dtype, int64_t length) : dtype_(dtype), length_(length) {}

  // A row as float32: where it is, or widened into `buffer`.
  const float* Read(const void* data, int64_t row, float* buffer) const {
    if (dtype_ == DataType::kFloat32) return static_cast<const float*>(data) + row * length_;
    const auto widen = dtype_ == DataType::kFloat16 ? Spans().from_float16 : Spans().from_bfloat16;
    widen(static_cast<const uint16_t*>(data) + row * length_, buffer, Length());
    return buffer;
  }
  // Where to write a row as float32; Finish() narrows it.
  float* Write(void* data, int64_t row, float* buffer) const {
    return dtype_ == DataType::kFloat32 ? static_cast<float*>(data) + row * length_ : buffer;
  }
  void Finish(const float* values, void* data, int64_t row) const {
    if (dtype_ == DataType::kFloat32) {
      float* target = static_cast<float*>(data) + row * length_;
      if (target != values) std::copy_n(values, length_, target);
      return;
    }
    const auto narrow = dtype_ == DataType::kFloat16 ? Spans().to_float16 : Spans().to_bfloat16;
    narrow(values, static_cast<uint16_t*>(data) + row * length_, Length());
  }

  int64_t length() const { return length_; }
  // Elements of a buffer.
  size_t Buffer() const { return dtype_ == DataType::kFloat32 ? 0 : Length(); }

  // Calls body(row, buffers) for all rows; `count` buffers of a row each.
  template <typename Body>
  void ForEach(int64_t rows, size_t count, const Body& body) const {
    ParallelFor(rows, std::max<int64_t>(kGrain / length_, 1), [&](int64_t begin, int64_t end) {
      std::vector<float> buffers(count * Buffer());
      for (int64_t row = begin; row < end; ++row) body(row, buffers.data());
    });
  }

 private:
  size_t Length() const { return static_cast<size_t>(length_); }

  const DataType dtype_;
  const int64_t length_;
};

class SoftmaxStep : public Step {
 public:
  explicit SoftmaxStep(const OperationView& view)
      : log_(view.op() == Op::kLogSoftmax),
        rows_(view.inputs[0].dtype, view.inputs[0].shape.dims().back()),
        count_(view.inputs[0].elements() / rows_.length()) {}

  bool CanShare(int, int) const override { return true; }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    if (!log_ && rows_.Buffer() == 0 && rows_.length() <= kTile) {
      const int64_t n = rows_.length();
      const auto* x = static_cast<const float*>(inputs[0]);
      auto* y = static_cast<float*>(results[0]);
      ParallelFor(count_, std::max<int64_t>(kGrain / n, 1), [&](int64_t begin, int64_t end) {
        Spans().softmax(x + begin * n, y + begin * n, static_cast<size_t>(end - begin),
                        static_cast<size_t>(n));
      });
      return;
    }
    rows_.ForEach(count_, 1, [&](int64_t row, float* buffer) {
      const auto n = static_cast<size_t>(rows_.length());
      const float* x = rows_.Read(inputs[0], row, buffer);
      float* y = rows_.Write(results[0], row, buffer);
      const Scale scale = Exponentials(x, log_ ? nullptr : y, rows_.length());
      if (log_) {
        Spans().subtract(x, scale.max, LogOfSum(scale, x, rows_.length()), y, n);
      } else {
        Spans().affine(y, 1.0f / scale.sum, 0.0f, y, n);
      }
      rows_.Finish(y, results[0], row);
    });
  }

 private:
  const bool log_;
  const Rows rows_;
  const int64_t count_;
};

class CrossEntropyStep : public Step {
 public:
  explicit CrossEntropyStep(const OperationView& view)
      : rows_(view.inputs[0].dtype, view.inputs[0].shape[1]),
        losses_(view.inputs[0].dtype, 1),
        count_(view.inputs[0].shape[0]) {}

  void Run(const void* const* inputs, void* const* results, void*) const override {
    rows_.ForEach(count_, 3, [&](int64_t row, float* buffers) {
      const int64_t n = rows_.length();
      const float* x = rows_.Read(inputs[0], row, buffers);
      const float* labels = rows_.Read(inputs[1], row, buffers + rows_.Buffer());
      float* gradient = rows_.Write(results[1], row, buffers + 2 * rows_.Buffer());
      const Scale scale = Exponentials(x, gradient, n);
      const float log_sum = std::log(scale.sum);
      double loss = 0.0;
      for (int64_t i = 0; i < n; i += kTile) {
        const auto m = static_cast<size_t>(std::min(kTile, n - i));
        loss += Spans().weigh(x + i, labels + i, scale.max, log_sum, m);
      }
      Spans().scale_subtract(gradient, 1.0f / scale.sum, labels, gradient, static_cast<size_t>(n));
      rows_.Finish(gradient, results[1], row);
      const auto narrow = static_cast<float>(loss);
      losses_.Finish(&narrow, results[0], row);
    });
  }

 private:
  const Rows rows_;
  const Rows losses_;
  const int64_t count_;
};

template <typename Label>
class SparseCrossEntropyStep : public Step {
 public:
  explicit SparseCrossEntropyStep(const OperationView& view)
      : rows_(view.inputs[0].dtype, view.inputs[0].shape[1]),
        losses_(view.inputs[0].dtype, 1),
        count_(view.inputs[0].shape[0]) {}

  void Run(const void* const* inputs, void* const* results, void*) const override {
    const auto* labels = static_cast<const Label*>(inputs[1]);
    const int64_t n = rows_.length();
    for (int64_t row = 0; row < count_; ++row) {
      if (labels[row] < 0 || labels[row] >= n) {
        throw InvalidArgument("Received a label value of ", labels[row],
                              " which is outside the valid range of [0, ", n, "), in row ", row);
      }
    }
    rows_.ForEach(count_, 2, [&](int64_t row, float* buffers) {
      const float* x = rows_.Read(inputs[0], row, buffers);
      float* gradient = rows_.Write(results[1], row, buffers + rows_.Buffer());
      const Scale scale = Exponentials(x, gradient, n);
      Spans().affine(gradient, 1.0f / scale.sum, 0.0f, gradient, static_cast<size_t>(n));
      gradient[labels[row]] -= 1.0f;
      rows_.Finish(gradient, results[1], row);
      const float loss = std::log(scale.sum) - (x[labels[row]] - scale.max);
      losses_.Finish(&loss, results[0], row);
    });
  }

 private:
  const Rows rows_;
  const Rows losses_;
  const int64_t count_;
};

}  // namespace

std::unique_ptr<Step> MakeSoftmax(const OperationView& view) {
  if (!IsSimdFloat(view.inputs[0].dtype) || view.inputs[0].elements() == 0) return nullptr;
  return std::make_unique<SoftmaxStep>(view);
}

std::unique_ptr<Step> MakeCrossEntropy(const OperationView& view) {
  if (!IsSimdFloat(view.inputs[0].dtype) || view.inputs[0].elements() == 0) return nullptr;
  if (view.op() == Op::kSoftmaxCrossEntropy) return std::make_unique<CrossEntropyStep>(view);
  if (view.inputs[1].dtype == DataType::kInt32) {
    return std::make_unique<SparseCrossEntropyStep<int32_t>>(view);
  }
  return std::make_unique<SparseCrossEntropyStep<int64_t>>(view);
}

}  // namespace mlcompute::portable
