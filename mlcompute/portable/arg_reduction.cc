// mlcompute/portable/arg_reduction.cc: where the extrema along an axis are.
#include <algorithm>
#include <limits>
#include <vector>

#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/operand.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 32 << 10;  // elements looked at that pay for waking another thread
constexpr int64_t kColumns = 512;     // worked on together

float Largest(DataType dtype) {
  switch (dtype) {
    case DataType::kFloat16:
      return 65504.0f;
    case DataType::kBFloat16:
      return 0x1.fep127f;
    default:
      return std::numeric_limits<float>::max();
  }
}

template <typename Index>
class ArgReductionStep : public Step {
 public:
  explicit ArgReductionStep(const OperationView& view)
      : max_(view.op() == Op::kArgMax),
        dtype_(view.inputs[0].dtype),
        limit_(max_ ? -Largest(dtype_) : Largest(dtype_)) {
    const Shape& x = view.inputs[0].shape;
    const auto axis = static_cast<int>(view.attributes().Int("axis"));
    size_ = x[axis];
    for (int i = 0; i < axis; ++i) outer_ *= x[i];
    for (int i = axis + 1; i < x.rank(); ++i) inner_ *= x[i];
  }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    auto* y = static_cast<Index*>(results[0]);
    if (inner_ == 1) {
      const int64_t grain = std::max<int64_t>(kGrain / size_, 1);
      ParallelFor(outer_, grain, [&](int64_t begin, int64_t end) {
        std::vector<float> buffer(Buffer(size_));
        for (int64_t o = begin; o < end; ++o) {
          const float* x = Read(inputs[0], o * size_, size_, buffer.data());
          y[o] = static_cast<Index>(Spans().arg_run[max_](x, limit_, static_cast<size_t>(size_)));
        }
      });
      return;
    }
    const int64_t tiles = (inner_ + kColumns - 1) / kColumns;
    const int64_t work = size_ * std::min(inner_, kColumns);
    ParallelFor(outer_ * tiles, std::max<int64_t>(kGrain / work, 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t t = begin; t < end; ++t) Columns(inputs[0], t / tiles, t % tiles, y);
                });
  }

 private:
  void Columns(const void* data, int64_t o, int64_t tile, Index* y) const {
    const int64_t column = tile * kColumns;
    const int64_t n = std::min(kColumns, inner_ - column);
    float buffer[kColumns];
    float best[kColumns];
    int32_t at[kColumns] = {};
    std::fill_n(best, n, limit_);
    for (int64_t k = 0; k < size_; ++k) {
      const float* x = Read(data, (o * size_ + k) * inner_ + column, n, buffer);
      Spans().arg_row[max_](x, static_cast<int32_t>(k), best, at, static_cast<size_t>(n));
    }
    for (int64_t j = 0; j < n; ++j) y[o * inner_ + column + j] = static_cast<Index>(at[j]);
  }

  size_t Buffer(int64_t n) const {
    return dtype_ == DataType::kFloat32 ? 0 : static_cast<size_t>(n);
  }

  // Elements [begin, begin + n) as float32: where they are, or widened into `buffer`.
  const float* Read(const void* data, int64_t begin, int64_t n, float* buffer) const {
    if (dtype_ == DataType::kFloat32) return static_cast<const float*>(data) + begin;
    const auto widen = dtype_ == DataType::kFloat16 ? Spans().from_float16 : Spans().from_bfloat16;
    widen(static_cast<const uint16_t*>(data) + begin, buffer, static_cast<size_t>(n));
    return buffer;
  }

  const bool max_;
  const DataType dtype_;
  const float limit_;  // the worst finite value
  int64_t size_;
  int64_t outer_ = 1;
  int64_t inner_ = 1;
};

}  // namespace

std::unique_ptr<Step> MakeArgReduction(const OperationView& view) {
  const TensorType& x = view.inputs[0];
  if (!IsSimdFloat(x.dtype)) return nullptr;
  if (x.elements() == 0 || x.elements() > std::numeric_limits<int32_t>::max()) return nullptr;
  switch (view.results[0].dtype) {
    case DataType::kInt32:
      return std::make_unique<ArgReductionStep<int32_t>>(view);
    case DataType::kInt64:
      return std::make_unique<ArgReductionStep<int64_t>>(view);
    default:
      return nullptr;
  }
}

}  // namespace mlcompute::portable
