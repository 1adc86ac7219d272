// The gradient of depthwise filters: sums over pixels, made in parts that do not depend on the
// number of threads, and the parts' sums in order.
#include <cstring>

#include "mlcompute/portable/depthwise.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

constexpr int64_t kLeastParts = 4, kMostParts = 32;
constexpr int64_t kLeastPixels = 64;  // of a part, so that to add parts up is little beside them

void Narrow(const float* x, float* y, int64_t n) { std::copy_n(x, n, y); }
void Narrow(const float* x, uint16_t* y, int64_t n) {
  Spans().to_bfloat16(x, y, static_cast<size_t>(n));
}

template <typename T>
class DepthwiseGradFilterStep : public Step {
 public:
  explicit DepthwiseGradFilterStep(const DepthwiseShape& shape)
      : s_(shape),
        rows_(s_.rows.OfY()),
        columns_(s_.columns.OfY()),
        floats_(s_.taps() * s_.channels * s_.multiplier),
        parts_(std::min(std::clamp(s_.YPixels() / kLeastPixels, kLeastParts, kMostParts),
                        s_.batch * rows_.size)),
        part_bytes_(AlignedBytes(floats_, sizeof(float))) {}

  size_t scratch_bytes() const override {
    // And one for sums whose elements are put in turn.
    const size_t sums = static_cast<size_t>(parts_ + 1) * part_bytes_;
    return s_.multiplier == 1 ? sums : sums + AlignedBytes(s_.YPlane() * s_.multiplier, sizeof(T));
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto* x = static_cast<const T*>(inputs[0]);
    const auto* dy = static_cast<const T*>(inputs[1]);
    auto* sums = static_cast<std::byte*>(scratch);
    const int64_t m = s_.multiplier, n = s_.YPlane();
    if (m > 1) {
      auto* planes = reinterpret_cast<T*>(sums + static_cast<size_t>(parts_ + 1) * part_bytes_);
      ParallelFor(n, kDepthwiseWork,
                  [&](int64_t begin, int64_t end) { TakeApart(dy, planes, n, m, begin, end); });
      dy = planes;
    }
    const int64_t work = n / parts_ * s_.taps() * m;
    ParallelFor(parts_, std::max<int64_t>(kDepthwiseWork / std::max<int64_t>(work, 1), 1),
                [&](int64_t begin, int64_t end) {
                  for (int64_t p = begin; p < end; ++p) SumPart(p, x, dy, Part(sums, p));
                });
    float* const total = Part(sums, 0);
    ParallelFor(
        floats_, std::max<int64_t>(kDepthwiseWork / parts_, 1), [&](int64_t begin, int64_t end) {
          for (int64_t p = 1; p < parts_; ++p) {
            Spans().binary[static_cast<size_t>(Op::kAdd)](total + begin, Part(sums, p) + begin,
                                                          total + begin,
                                                          static_cast<size_t>(end - begin));
          }
        });
    auto* dfilter = static_cast<T*>(results[0]);
    if (m == 1) return Narrow(total, dfilter, floats_);
    float* const in_turn = Part(sums, parts_);
    PutInTurn(total, in_turn, floats_ / m, m, 0, floats_ / m);
    Narrow(in_turn, dfilter, floats_);
  }

 private:
  float* Part(std::byte* sums, int64_t part) const {
    return reinterpret_cast<float*>(sums + static_cast<size_t>(part) * part_bytes_);
  }

  void SumPart(int64_t part, const T* x, const T* dy, float* sums) const {
    std::memset(sums, 0, static_cast<size_t>(floats_) * sizeof(float));
    const int64_t all = s_.batch * rows_.size;
    TapReads reads;
    std::vector<float*> rows;
    for (int64_t i = all * part / parts_; i < all * (part + 1) / parts_; ++i) {
      const T* const image = x + i / rows_.size * s_.rows.x * s_.columns.x * s_.channels;
      for (const PixelRun& run : columns_.runs) {
        reads.Set(rows_.of_pixel[static_cast<size_t>(i % rows_.size)], run.taps, s_, s_.columns.x);
        if (reads.taps.empty()) continue;
        const T* const gradient = dy + (i * columns_.size + run.first) * s_.channels;
        for (int64_t j = 0; j < s_.multiplier; ++j) {
          rows.clear();
          for (const int64_t tap : reads.taps) {
            rows.push_back(sums + (j * s_.taps() + tap) * s_.channels);
          }
          SpansOfDepthwise<T>().filter_gradient(
              image, static_cast<size_t>(columns_.source_step * s_.channels), reads.offsets.data(),
              rows.data(), rows.size(), static_cast<size_t>(run.count),
              static_cast<size_t>(s_.channels), gradient + j * s_.YPlane(),
              static_cast<size_t>(s_.channels));
        }
      }
    }
  }

  const DepthwiseShape s_;
  const AxisRuns rows_, columns_;  // of y
  const int64_t floats_;           // of all filters
  const int64_t parts_;
  const size_t part_bytes_;
};

}  // namespace

std::unique_ptr<Step> MakeDepthwiseGradFilter(const DepthwiseShape& shape, DataType type) {
  if (type == DataType::kFloat32) return std::make_unique<DepthwiseGradFilterStep<float>>(shape);
  return std::make_unique<DepthwiseGradFilterStep<uint16_t>>(shape);
}

}  // namespace mlcompute::portable
