// mlcompute/portable/onednn/convolution.h: convolutions as oneDNN describes them.
#pragma once

#include <string_view>
#include <vector>

#include "mlcompute/portable/onednn/pipeline.h"
#include "mlcompute/program/attributes.h"
#include "mlcompute/shape.h"

namespace mlcompute::portable::onednn {

constexpr double kFlopsWorthATeam = 4e6;
constexpr auto kConvolutionAlgorithm = dnnl::algorithm::convolution_direct;

inline double Flops(const Shape& filter, const Shape& y) {
  return 2.0 * static_cast<double>(y.elements()) *
         static_cast<double>(filter.elements() / filter.dims().back());
}

// [N, spatial..., C] or [N, C, spatial...] as oneDNN sees it: axes N, C, spatial.
inline Descriptor Activations(const Shape& shape, bool channels_last,
                              dnnl::memory::data_type type) {
  const std::vector<int64_t> strides = shape.Strides();
  Dims dims = shape.dims();
  Dims steps = strides;
  if (channels_last) {
    dims.erase(dims.end() - 1);
    dims.insert(dims.begin() + 1, shape.dims().back());
    steps.erase(steps.end() - 1);
    steps.insert(steps.begin() + 1, strides.back());
  }
  return Descriptor(dims, type, steps);
}

// [spatial..., C / groups, O] as oneDNN sees it: axes (groups, O / groups, C / groups, spatial),
// the first only when there are several.
inline Descriptor Filter(const Shape& shape, int64_t groups, dnnl::memory::data_type type) {
  const std::vector<int64_t> strides = shape.Strides();
  const size_t spatial = strides.size() - 2;
  const int64_t outputs = shape.dims().back() / groups;
  Dims dims = {outputs, shape.dims()[spatial]};
  Dims steps = {1, strides[spatial]};
  if (groups > 1) {
    dims.insert(dims.begin(), groups);
    steps.insert(steps.begin(), outputs);
  }
  dims.insert(dims.end(), shape.dims().begin(), shape.dims().end() - 2);
  steps.insert(steps.end(), strides.begin(), strides.end() - 2);
  return Descriptor(dims, type, steps);
}

inline Descriptor AnyLayout(const Descriptor& descriptor, dnnl::memory::data_type type) {
  return Descriptor(descriptor.get_dims(), type, dnnl::memory::format_tag::any);
}

// The three tensors of a convolution, whichever of them is computed, as the step has them.
struct Tensors {
  Descriptor x, filter, y;
};

struct Geometry {
  Dims strides, dilations, pads_begin, pads_end;

  explicit Geometry(const Attributes& attributes)
      : strides(attributes.Ints("strides")),
        dilations(attributes.Ints("dilations")),
        pads_begin(attributes.Ints("pads_begin")),
        pads_end(attributes.Ints("pads_end")) {
    for (int64_t& dilation : dilations) --dilation;  // oneDNN counts the gaps
  }
};

using Forward = dnnl::convolution_forward;

inline Forward::primitive_desc DescribeForward(const Tensors& t, const Geometry& g,
                                               dnnl::prop_kind kind) {
  return {
      Engine(),     kind,       kConvolutionAlgorithm, t.x, t.filter, t.y, g.strides, g.dilations,
      g.pads_begin, g.pads_end, PipelineAttributes()};
}

// Whether a result gets what is not finite in another pixel, if sums are over the channels of a
// tensor as it is in memory. bfloat16 is multiplied in pairs of channels; of an odd number
// (`summed` in all groups) the last is paired with what follows, times zero, which is NaN for
// infinities.
inline bool PairsAcross(dnnl::memory::data_type type, const Shape& filter, int64_t groups,
                        int64_t summed) {
  if (type != dnnl::memory::data_type::bf16 || summed / groups % 2 == 0) return false;
  const int64_t outputs = filter.dims().back();
  // oneDNN has loops of their own for the first convolution of a model, which take no pairs.
  const bool is_first = groups == 1 && summed <= 3 && outputs % 16 == 0 && filter.rank() == 4 &&
                        filter[0] > 1 && filter[1] > 1;
  // Of depthwise convolutions no channels are summed.
  const bool is_depthwise = groups > 1 && groups == summed && groups == outputs;
  return !is_first && !is_depthwise;
}

// How well a primitive uses the processor.
enum class Speed { kFast, kWasteful, kPlain };

// kPlain: loops without blocking or vectors; anything else is worth a reorder. kWasteful: of a
// depthwise convolution, loops for blocks of channels, or a product of each channel.
inline Speed SpeedOf(const dnnl::primitive_desc_base& descriptor, bool is_depthwise) {
  const std::string_view name = descriptor.impl_info_str();
  if (name.substr(0, 3) == "ref") return Speed::kPlain;
  const bool for_depthwise = name.find("dw") != std::string_view::npos;
  return is_depthwise && !for_depthwise ? Speed::kWasteful : Speed::kFast;
}

// Whether each of x's channels, of which there are `channels`, is a group of its own.
inline bool IsDepthwise(const Attributes& attributes, int64_t channels) {
  const int64_t groups = attributes.Int("groups");
  return groups > 1 && groups == channels;
}

}  // namespace mlcompute::portable::onednn
