// mlcompute/portable/gather.cc: rows picked by index.
#include <algorithm>
#include <cstring>

#include "mlcompute/error.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/reference/movement_families.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kGrain = 64 << 10;  // bytes that pay for waking another thread

int64_t Product(const Shape& shape, int64_t begin, int64_t end) {
  int64_t n = 1;
  for (int64_t i = begin; i < end; ++i) n *= shape[static_cast<int>(i)];
  return n;
}

// Rows of one element are copied without a call.
template <size_t kSize>
void CopyRow(const std::byte* from, std::byte* to, size_t) {
  std::memcpy(to, from, kSize);
}
void CopyAnyRow(const std::byte* from, std::byte* to, size_t size) { std::memcpy(to, from, size); }

// x [batch, outer, size, row], indices [batch, count] -> [batch, outer, count, row].
template <typename Index>
class GatherStep : public Step {
 public:
  explicit GatherStep(const OperationView& view) : indices_shape_(view.inputs[1].shape) {
    const Shape& x = view.inputs[0].shape;
    const int64_t axis = view.attributes().Int("axis");
    const int64_t batch_dims = view.attributes().Int("batch_dims");
    batch_ = Product(x, 0, batch_dims);
    outer_ = Product(x, batch_dims, axis);
    size_ = x[static_cast<int>(axis)];
    row_ = Product(x, axis + 1, x.rank()) * static_cast<int64_t>(SizeOf(view.inputs[0].dtype));
    count_ = Product(indices_shape_, batch_dims, indices_shape_.rank());
  }

  void Run(const void* const* inputs, void* const* results, void*) const override {
    const auto* indices = static_cast<const Index*>(inputs[1]);
    Check(indices);
    const auto* x = static_cast<const std::byte*>(inputs[0]);
    auto* y = static_cast<std::byte*>(results[0]);
    switch (row_) {
      case 4:
        return Copy(x, indices, y, CopyRow<4>);
      case 8:
        return Copy(x, indices, y, CopyRow<8>);
      default:
        return Copy(x, indices, y, CopyAnyRow);
    }
  }

 private:
  void Check(const Index* indices) const {
    for (int64_t i = 0; i < batch_ * count_; ++i) {
      if (indices[i] < 0 || indices[i] >= size_) {
        throw InvalidArgument("indices", reference::PositionText(indices_shape_, i), " = ",
                              indices[i], " is not in [0, ", size_, ")");
      }
    }
  }

  template <typename CopyOne>
  void Copy(const std::byte* x, const Index* indices, std::byte* y, const CopyOne& copy) const {
    const int64_t grain = std::max<int64_t>(kGrain / std::max<int64_t>(row_, 16), 1);
    ParallelFor(batch_ * outer_ * count_, grain, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end;) {
        const int64_t block = task / count_;  // of batch and outer
        const int64_t first = task % count_;
        const int64_t n = std::min(count_ - first, end - task);
        const std::byte* from = x + block * size_ * row_;
        const Index* index = indices + block / outer_ * count_ + first;
        for (int64_t i = 0; i < n; ++i) {
          copy(from + index[i] * row_, y + (task + i) * row_, static_cast<size_t>(row_));
        }
        task += n;
      }
    });
  }

  const Shape indices_shape_;
  int64_t batch_;
  int64_t outer_;
  int64_t size_;
  int64_t row_;  // bytes
  int64_t count_;
};

}  // namespace

std::unique_ptr<Step> MakeGather(const OperationView& view) {
  if (view.results[0].elements() == 0) return nullptr;
  if (view.inputs[1].dtype == DataType::kInt32) return std::make_unique<GatherStep<int32_t>>(view);
  return std::make_unique<GatherStep<int64_t>>(view);
}

}  // namespace mlcompute::portable
