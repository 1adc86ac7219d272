// mlcompute/portable/resample.cc: weighted sums along an axis, by rows of what lies behind it.
#include <algorithm>

#include "mlcompute/error.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kProductsWorthAThread = 16384;

class ResampleStep : public Step {
 public:
  ResampleStep(const OperationView& view, bool gradient)
      : gradient_(gradient), count_(view.inputs[1].shape[0]), taps_(view.inputs[1].shape[1]) {
    const Shape& shape = view.results[0].shape;
    const auto axis = static_cast<int>(view.attributes().Int("axis"));
    for (int a = 0; a < shape.rank(); ++a) {
      if (a < axis) outer_ *= shape[a];
      if (a > axis) inner_ *= shape[a];
    }
    size_ = gradient ? shape[axis] : view.inputs[0].shape[axis];
  }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    const auto* from = static_cast<const float*>(inputs[0]);
    const auto* indices = static_cast<const int32_t*>(inputs[1]);
    const auto* weights = static_cast<const float*>(inputs[2]);
    auto* to = static_cast<float*>(results[0]);
    for (int64_t i = 0; i < count_ * taps_; ++i) {
      if (indices[i] >= size_) {
        throw InvalidArgument("index ", indices[i], " is not in [0, ", size_, ")");
      }
    }
    const int64_t work = std::max<int64_t>(count_ * taps_ * inner_, 1);
    const int64_t grain = std::max<int64_t>(kProductsWorthAThread / work, 1);
    ParallelFor(outer_, grain, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        const float* x = from + o * (gradient_ ? count_ : size_) * inner_;
        float* y = to + o * (gradient_ ? size_ : count_) * inner_;
        std::fill_n(y, (gradient_ ? size_ : count_) * inner_, 0.0f);
        for (int64_t i = 0; i < count_; ++i) {
          for (int64_t t = 0; t < taps_; ++t) {
            const int64_t at = indices[i * taps_ + t];
            if (at < 0) continue;
            const float weight = weights[i * taps_ + t];
            const float* source = x + (gradient_ ? i : at) * inner_;
            float* target = y + (gradient_ ? at : i) * inner_;
            for (int64_t k = 0; k < inner_; ++k) target[k] += weight * source[k];
          }
        }
      }
    });
  }

 private:
  const bool gradient_;
  const int64_t count_;
  const int64_t taps_;
  int64_t outer_ = 1;
  int64_t inner_ = 1;
  int64_t size_;
};

}  // namespace

std::unique_ptr<Step> MakeResample(const OperationView& view) {
  return std::make_unique<ResampleStep>(view, view.op() == Op::kResampleGrad);
}

}  // namespace mlcompute::portable
