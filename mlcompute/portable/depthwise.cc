// Convolutions of images in which each channel has filters of its own, and their gradients.
//
// Each row of a result is cut into runs of pixels that read the same taps of the filter, at the
// same distances. With several filters for a channel (a multiplier), results are computed filter by
// filter: of y there is then a plane for each, whose elements are put in turn afterwards, and its
// gradient is taken apart before.
#include "mlcompute/portable/depthwise.h"

#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

void Widen(const float* x, float* y, int64_t n) { std::copy_n(x, n, y); }
void Widen(const uint16_t* x, float* y, int64_t n) {
  Spans().from_bfloat16(x, y, static_cast<size_t>(n));
}

// y from x, or x's gradient from y's: sums over taps, for each pixel of the result.
template <typename T>
class DepthwiseStep : public Step {
 public:
  DepthwiseStep(const DepthwiseShape& shape, bool backward)
      : s_(shape),
        backward_(backward),
        rows_(backward ? s_.rows.OfX() : s_.rows.OfY()),
        columns_(backward ? s_.columns.OfX() : s_.columns.OfY()),
        source_rows_(backward ? s_.rows.y : s_.rows.x),
        source_width_(backward ? s_.columns.y : s_.columns.x),
        filter_bytes_(AlignedBytes(s_.taps() * s_.channels * s_.multiplier, sizeof(float))) {}

  size_t scratch_bytes() const override {
    if (s_.multiplier == 1) return filter_bytes_;
    return 2 * filter_bytes_ + AlignedBytes(s_.YPlane() * s_.multiplier, sizeof(T));
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const auto* given = static_cast<const T*>(inputs[backward_ ? 0 : 1]);
    const auto* from = static_cast<const T*>(inputs[backward_ ? 1 : 0]);
    auto* to = static_cast<T*>(results[0]);
    auto* filter = static_cast<float*>(scratch);
    const int64_t m = s_.multiplier, rows = s_.taps() * s_.channels;
    Widen(given, filter, rows * m);
    if (m == 1) return Sum(from, filter, 1, to);

    auto* filters = reinterpret_cast<float*>(static_cast<std::byte*>(scratch) + filter_bytes_);
    auto* planes = reinterpret_cast<T*>(static_cast<std::byte*>(scratch) + 2 * filter_bytes_);
    TakeApart(filter, filters, rows, m, 0, rows);
    const int64_t n = s_.YPlane();
    if (backward_) {
      ParallelFor(n, kDepthwiseWork,
                  [&](int64_t begin, int64_t end) { TakeApart(from, planes, n, m, begin, end); });
      return Sum(planes, filters, m, to);
    }
    for (int64_t j = 0; j < m; ++j) Sum(from, filters + j * rows, 1, planes + j * n);
    ParallelFor(n, kDepthwiseWork,
                [&](int64_t begin, int64_t end) { PutInTurn(planes, to, n, m, begin, end); });
  }

 private:
  // Over `planes` planes of `from`, each with a filter.
  void Sum(const T* from, const float* filters, int64_t planes, T* to) const {
    const int64_t work = columns_.size * s_.channels * s_.taps() * planes;
    ParallelFor(s_.batch * rows_.size, std::max<int64_t>(kDepthwiseWork / work, 1),
                [&](int64_t begin, int64_t end) {
                  TapReads reads;
                  std::vector<ptrdiff_t> offsets;
                  std::vector<const float*> rows;
                  for (int64_t i = begin; i < end; ++i) {
                    for (const PixelRun& run : columns_.runs) {
                      reads.Set(rows_.of_pixel[static_cast<size_t>(i % rows_.size)], run.taps, s_,
                                source_width_);
                      offsets.clear();
                      rows.clear();
                      for (int64_t j = 0; j < planes; ++j) {
                        for (size_t t = 0; t < reads.taps.size(); ++t) {
                          offsets.push_back(reads.offsets[t] + j * s_.YPlane());
                          rows.push_back(filters + (j * s_.taps() + reads.taps[t]) * s_.channels);
                        }
                      }
                      SumRun(run, from, i, offsets, rows, to);
                    }
                  }
                });
  }

  // Of row i of all images' of the result.
  void SumRun(const PixelRun& run, const T* from, int64_t i, const std::vector<ptrdiff_t>& offsets,
              const std::vector<const float*>& rows, T* to) const {
    const int64_t image = i / rows_.size * source_rows_ * source_width_;
    SpansOfDepthwise<T>().sum(
        from + image * s_.channels, static_cast<size_t>(columns_.source_step * s_.channels),
        offsets.data(), rows.data(), rows.size(), static_cast<size_t>(run.count),
        static_cast<size_t>(s_.channels), to + (i * columns_.size + run.first) * s_.channels,
        static_cast<size_t>(columns_.step * s_.channels));
  }

  const DepthwiseShape s_;
  const bool backward_;
  const AxisRuns rows_, columns_;  // of the result
  const int64_t source_rows_, source_width_;
  const size_t filter_bytes_;
};

template <typename T>
std::unique_ptr<Step> Make(const DepthwiseShape& shape, Op op) {
  return std::make_unique<DepthwiseStep<T>>(shape, op == Op::kConvolutionGradInput);
}

}  // namespace

bool ReadDepthwiseShape(const OperationView& view, DepthwiseShape* shape) {
  const Op op = view.op();
  const TensorType& x = op == Op::kConvolutionGradInput ? view.results[0] : view.inputs[0];
  const TensorType& filter = op == Op::kConvolution             ? view.inputs[1]
                             : op == Op::kConvolutionGradFilter ? view.results[0]
                                                                : view.inputs[0];
  const TensorType& y = op == Op::kConvolution ? view.results[0] : view.inputs[1];
  const Attributes& attributes = view.attributes();
  const int64_t groups = attributes.Int("groups");
  if ((x.dtype != DataType::kFloat32 && x.dtype != DataType::kBFloat16) || x.shape.rank() != 4 ||
      groups == 1 || groups != x.shape[3] || !attributes.Bool("channels_last") ||
      x.elements() == 0 || filter.elements() == 0 || y.elements() == 0) {
    return false;
  }
  const auto axis = [&](int i) -> ConvolvedAxis {
    const auto at = static_cast<size_t>(i);
    return {x.shape[i + 1],
            filter.shape[i],
            y.shape[i + 1],
            attributes.Ints("strides")[at],
            attributes.Ints("dilations")[at],
            attributes.Ints("pads_begin")[at]};
  };
  *shape = {x.shape[0], groups, y.shape[3] / groups, axis(0), axis(1)};
  return true;
}

std::unique_ptr<Step> MakeDepthwise(const OperationView& view) {
  DepthwiseShape shape;
  if (!ReadDepthwiseShape(view, &shape)) return nullptr;
  const DataType type = view.results[0].dtype;
  if (view.op() == Op::kConvolutionGradFilter) return MakeDepthwiseGradFilter(shape, type);
  return type == DataType::kFloat32 ? Make<float>(shape, view.op())
                                    : Make<uint16_t>(shape, view.op());
}

}  // namespace mlcompute::portable
