// A convolution a few images at a time, each thread on its own, with elementwise operations on
// their results while these are in the second-level cache.
#include <algorithm>
#include <optional>
#include <utility>

#include "mlcompute/portable/joined_convolution.h"
#include "mlcompute/portable/onednn/convolution.h"
#include "mlcompute/portable/onednn/pipeline.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

using onednn::Descriptor;
using onednn::Pipeline;

// Of the results of a block: a part of the second-level cache.
constexpr int64_t kBlockBytes = 256 << 10;
constexpr int64_t kMostBytes = 512 << 10;  // of one image

// Images of a block, which divide the batch; 0 if there is no good number.
int64_t ImagesOf(const TensorType& y) {
  const int64_t batch = y.shape[0];
  const int64_t image = static_cast<int64_t>(y.bytes()) / batch;
  const int64_t blocks = batch >= 4 * TeamSize() ? 4 * TeamSize() : TeamSize();
  if (image > kMostBytes || batch < 2 || batch % TeamSize() != 0) return 0;
  int64_t images =
      std::clamp<int64_t>(kBlockBytes / image, 1, std::max<int64_t>(batch / blocks, 1));
  while (batch % images != 0) --images;
  return images;
}

Shape WithBatch(const Shape& shape, int64_t batch) {
  std::vector<int64_t> dims = shape.dims();
  dims[0] = batch;
  return Shape(dims);
}

struct Block {
  int64_t images;
  onednn::Tensors given;
  onednn::Forward::primitive_desc descriptor;
};

// nullopt if oneDNN has no fast primitive for images as they are.
std::optional<Block> BlockOf(const OperationView& view) {
  const TensorType &x = view.inputs[0], &filter = view.inputs[1], &y = view.results[0];
  const auto type = onednn::ToOneDnn(x.dtype);
  if (type == dnnl::memory::data_type::undef || x.elements() == 0 || filter.elements() == 0 ||
      y.elements() == 0 || !view.attributes().Bool("channels_last") ||
      onednn::Flops(filter.shape, y.shape) < onednn::kFlopsWorthATeam ||
      onednn::PairsAcross(type, filter.shape, view.attributes().Int("groups"),
                          x.shape.dims().back())) {
    return std::nullopt;
  }
  const int64_t images = ImagesOf(y);
  if (images == 0) return std::nullopt;
  const OneThread one_thread;
  try {
    const onednn::Tensors given{onednn::Activations(WithBatch(x.shape, images), true, type),
                                onednn::Filter(filter.shape, view.attributes().Int("groups"), type),
                                onednn::Activations(WithBatch(y.shape, images), true, type)};
    const auto descriptor = onednn::DescribeForward(
        {given.x, onednn::AnyLayout(given.filter, type), given.y},
        onednn::Geometry(view.attributes()), dnnl::prop_kind::forward_inference);
    const bool is_depthwise = onednn::IsDepthwise(view.attributes(), x.shape.dims().back());
    if (onednn::SpeedOf(descriptor, is_depthwise) != onednn::Speed::kFast) return std::nullopt;
    return Block{images, given, descriptor};
  } catch (const dnnl::error&) {
    return std::nullopt;
  }
}

size_t Aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

class ConvolutionBlocksStep : public Step {
 public:
  ConvolutionBlocksStep(const JoinedConvolution& joined, const Block& block)
      : x_(joined.x),
        filter_(joined.filter),
        epilogue_(joined.MakeEpilogue()),
        blocks_(joined.view.results[0].shape[0] / block.images),
        x_bytes_(joined.view.inputs[0].bytes() / static_cast<size_t>(blocks_)),
        y_elements_(joined.view.results[0].elements() / blocks_) {
    const Descriptor weights = block.descriptor.weights_desc();
    if (weights != block.given.filter) {
      const dnnl::reorder::primitive_desc reorder(onednn::Engine(), block.given.filter,
                                                  onednn::Engine(), weights,
                                                  onednn::PipelineAttributes());
      Pipeline pipeline;
      const Pipeline::Slot from = pipeline.Input(0, block.given.filter, block.given.filter);
      const Pipeline::Slot to = pipeline.Result(0, weights, weights);
      pipeline.Add(dnnl::reorder(reorder), reorder, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
      reorder_ = pipeline.Finish(false);
      weights_bytes_ = Aligned(weights.get_size());
    }
    const OneThread one_thread;
    Pipeline pipeline;
    const Pipeline::Slot x = pipeline.Input(0, block.given.x, block.given.x);
    const Pipeline::Slot filter = pipeline.Input(1, weights, weights);
    const Pipeline::Slot y = pipeline.Result(0, block.given.y, block.given.y);
    pipeline.Add(onednn::Forward(block.descriptor), block.descriptor,
                 {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, filter}, {DNNL_ARG_DST, y}});
    convolution_ = pipeline.Finish(true);
    y_bytes_ = Aligned(joined.view.results[0].bytes() / static_cast<size_t>(blocks_));
    slots_ = std::min<int64_t>(TeamSize(), blocks_);
  }

  size_t scratch_bytes() const override {
    return weights_bytes_ + (reorder_ ? Aligned(reorder_->scratch_bytes()) : 0) +
           static_cast<size_t>(slots_) * SlotBytes();
  }

  bool CanShare(int result, int input) const override {
    return input != x_ && input != filter_ && epilogue_->CanShare(result, input);
  }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    auto* memory = static_cast<std::byte*>(scratch);
    const void* weights = inputs[filter_];
    if (reorder_) {
      void* to = memory;
      memory += weights_bytes_;
      reorder_->Run(&weights, &to, memory);
      weights = to;
      memory += Aligned(reorder_->scratch_bytes());
    }
    const auto* x = static_cast<const std::byte*>(inputs[x_]);
    ParallelFor(slots_, 1, [&](int64_t begin, int64_t end) {
      Epilogue::Worker worker(*epilogue_, inputs, results);
      for (int64_t slot = begin; slot < end; ++slot) {
        std::byte* own = memory + static_cast<size_t>(slot) * SlotBytes();
        for (int64_t b = blocks_ * slot / slots_; b < blocks_ * (slot + 1) / slots_; ++b) {
          const void* from[] = {x + static_cast<size_t>(b) * x_bytes_, weights};
          void* y = own;
          convolution_->Run(from, &y, own + y_bytes_);
          worker.Run(b * y_elements_, y_elements_, y);
        }
      }
    });
  }

 private:
  size_t SlotBytes() const { return y_bytes_ + Aligned(convolution_->scratch_bytes()); }

  const int x_, filter_;  // which inputs
  const std::unique_ptr<const Epilogue> epilogue_;
  const int64_t blocks_;
  const size_t x_bytes_;      // of a block
  const int64_t y_elements_;  // of a block
  size_t weights_bytes_ = 0, y_bytes_;
  int64_t slots_;  // threads
  std::unique_ptr<const Step> reorder_, convolution_;
};

}  // namespace

bool CanBlockConvolution(const OperationView& view) { return BlockOf(view).has_value(); }

std::unique_ptr<Step> MakeBlockedConvolution(const JoinedConvolution& joined) {
  const std::optional<Block> block = BlockOf(joined.view);
  if (!block) return nullptr;
  return std::make_unique<ConvolutionBlocksStep>(joined, *block);
}

}  // namespace mlcompute::portable
