// mlcompute/portable/segment.cc: sums of rows by segment.
//
// Each thread owns some segments, and adds their rows in order: the sums do not depend on how many
// threads there are.
#include <algorithm>
#include <type_traits>

#include "mlcompute/float16.h"
#include "mlcompute/portable/dispatch.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/segment_rows.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 32 << 10;  // elements added that pay for waking another thread
constexpr int64_t kTile = 512;

void Widen(const float* x, int64_t n, const float** wide, float*) {
  (void)n;
  *wide = x;
}
void Widen(const Float16* x, int64_t n, const float** wide, float* buffer) {
  Spans().from_float16(&x->bits, buffer, static_cast<size_t>(n));
  *wide = buffer;
}
void Widen(const BFloat16* x, int64_t n, const float** wide, float* buffer) {
  Spans().from_bfloat16(&x->bits, buffer, static_cast<size_t>(n));
  *wide = buffer;
}

void Narrow(const float* x, int64_t n, Float16* y) {
  Spans().to_float16(x, &y->bits, static_cast<size_t>(n));
}
void Narrow(const float* x, int64_t n, BFloat16* y) {
  Spans().to_bfloat16(x, &y->bits, static_cast<size_t>(n));
}

template <typename T, typename Index>
class SegmentSumStep : public Step {
 public:
  explicit SegmentSumStep(const OperationView& view)
      : ids_shape_(view.inputs[1].shape),
        rows_(ids_shape_.elements()),
        segments_(view.attributes().Int("segments")),
        width_(view.results[0].elements() / segments_) {}

  // 16-bit floats are summed up in float32.
  size_t scratch_bytes() const override {
    return kHalf ? static_cast<size_t>(segments_ * width_) * sizeof(float) : 0;
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto* x = static_cast<const T*>(inputs[0]);
    const auto* ids = static_cast<const Index*>(inputs[1]);
    CheckSegmentIds(ids, ids_shape_, segments_);
    auto* y = static_cast<T*>(results[0]);
    float* sums;
    if constexpr (kHalf) {
      sums = static_cast<float*>(scratch);
    } else {
      sums = y;
    }
    const int64_t work = rows_ * width_ / segments_ + width_ + 1;  // of one segment
    ParallelFor(segments_, std::max<int64_t>(kGrain / work, 1), [&](int64_t begin, int64_t end) {
      std::fill(sums + begin * width_, sums + end * width_, 0.0f);
      for (int64_t row = 0; row < rows_; ++row) {
        if (ids[row] >= begin && ids[row] < end) {
          Add(x + row * width_, sums + static_cast<int64_t>(ids[row]) * width_);
        }
      }
      if constexpr (kHalf)
        Narrow(sums + begin * width_, (end - begin) * width_, y + begin * width_);
    });
  }

 private:
  static constexpr bool kHalf = !std::is_same_v<T, float>;

  void Add(const T* x, float* sum) const {
    const auto add = Spans().binary[static_cast<size_t>(Op::kAdd)];
    float buffer[kHalf ? kTile : 1];
    const int64_t tile = kHalf ? kTile : width_;
    for (int64_t i = 0; i < width_; i += tile) {
      const int64_t n = std::min(tile, width_ - i);
      const float* wide;
      Widen(x + i, n, &wide, buffer);
      add(sum + i, wide, sum + i, static_cast<size_t>(n));
    }
  }

  const Shape ids_shape_;
  const int64_t rows_;
  const int64_t segments_;
  const int64_t width_;
};

template <typename T>
std::unique_ptr<Step> Make(const OperationView& view) {
  if (view.inputs[1].dtype == DataType::kInt32) {
    return std::make_unique<SegmentSumStep<T, int32_t>>(view);
  }
  return std::make_unique<SegmentSumStep<T, int64_t>>(view);
}

}  // namespace

std::unique_ptr<Step> MakeSegment(const OperationView& view) {
  if (view.attributes().String("combine") != "sum") return nullptr;
  if (view.inputs[0].elements() == 0 || view.results[0].elements() == 0) return nullptr;
  switch (view.inputs[0].dtype) {
    case DataType::kFloat32:
      return Make<float>(view);
    case DataType::kFloat16:
      return Make<Float16>(view);
    case DataType::kBFloat16:
      return Make<BFloat16>(view);
    default:
      return nullptr;
  }
}

}  // namespace mlcompute::portable
