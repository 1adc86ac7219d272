#include "mlcompute/portable/onednn/convolution.h"

#include <optional>

#include "mlcompute/portable/onednn/pipeline.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

using onednn::Descriptor;
using onednn::Pipeline;
using Type = dnnl::memory::data_type;

using onednn::Activations;
using onednn::AnyLayout;
using onednn::DescribeForward;
using onednn::Filter;
using onednn::Forward;
using onednn::Geometry;
using onednn::kConvolutionAlgorithm;
using onednn::kFlopsWorthATeam;
using onednn::Speed;
using onednn::Tensors;
using BackwardData = dnnl::convolution_backward_data;
using BackwardWeights = dnnl::convolution_backward_weights;

// Of the gradients' descriptors oneDNN asks for the forward one, as a hint.
Forward::primitive_desc Hint(const Tensors& t, const Geometry& g) {
  return DescribeForward(t, g, dnnl::prop_kind::forward_training);
}

// A way to lay out what the primitive works on.
struct Layout {
  bool any_activations;  // oneDNN's choice, reordered at both ends
  Type type;
  // Zeros have to follow the channels of a pixel, see PairsAcross().
  bool needs_padding;
  bool is_depthwise;

  // summed: whose channels are.
  bool IsSafe(const Descriptor& summed) const {
    return !needs_padding || type == Type::f32 || summed.get_padded_dims()[1] % 2 == 0;
  }
  Speed SpeedOf(const dnnl::primitive_desc_base& descriptor) const {
    return onednn::SpeedOf(descriptor, is_depthwise);
  }
};

Tensors Lay(const Tensors& given, const Layout& layout) {
  const auto activations = [&](const Descriptor& d) {
    return layout.any_activations ? AnyLayout(d, layout.type) : onednn::WithType(d, layout.type);
  };
  return {activations(given.x), AnyLayout(given.filter, layout.type), activations(given.y)};
}

std::unique_ptr<Step> MakeForward(const Tensors& given, const Geometry& g, const Layout& layout,
                                  bool one_thread, Speed* speed) {
  const auto d = DescribeForward(Lay(given, layout), g, dnnl::prop_kind::forward_inference);
  *speed = layout.IsSafe(d.src_desc()) ? layout.SpeedOf(d) : Speed::kPlain;
  Pipeline pipeline;
  const Pipeline::Slot x = pipeline.Input(0, given.x, d.src_desc());
  const Pipeline::Slot filter = pipeline.Input(1, given.filter, d.weights_desc());
  const Pipeline::Slot y = pipeline.Result(0, given.y, d.dst_desc());
  pipeline.Add(Forward(d), d, {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, filter}, {DNNL_ARG_DST, y}});
  return pipeline.Finish(one_thread);
}

std::unique_ptr<Step> MakeGradInput(const Tensors& given, const Geometry& g, const Layout& layout,
                                    bool one_thread, Speed* speed) {
  const Tensors t = Lay(given, layout);
  const BackwardData::primitive_desc d(onednn::Engine(), kConvolutionAlgorithm, t.x, t.filter, t.y,
                                       g.strides, g.dilations, g.pads_begin, g.pads_end, Hint(t, g),
                                       onednn::PipelineAttributes());
  *speed = layout.IsSafe(d.diff_dst_desc()) ? layout.SpeedOf(d) : Speed::kPlain;
  Pipeline pipeline;
  const Pipeline::Slot filter = pipeline.Input(0, given.filter, d.weights_desc());
  const Pipeline::Slot dy = pipeline.Input(1, given.y, d.diff_dst_desc());
  const Pipeline::Slot dx = pipeline.Result(0, given.x, d.diff_src_desc());
  pipeline.Add(BackwardData(d), d,
               {{DNNL_ARG_WEIGHTS, filter}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_SRC, dx}});
  return pipeline.Finish(one_thread);
}

std::unique_ptr<Step> MakeGradFilter(const Tensors& given, const Geometry& g, const Layout& layout,
                                     bool one_thread, Speed* speed) {
  const Tensors t = Lay(given, layout);
  const BackwardWeights::primitive_desc d(onednn::Engine(), kConvolutionAlgorithm, t.x, t.filter,
                                          t.y, g.strides, g.dilations, g.pads_begin, g.pads_end,
                                          Hint(t, g), onednn::PipelineAttributes());
  *speed = layout.SpeedOf(d);
  Pipeline pipeline;
  const Pipeline::Slot x = pipeline.Input(0, given.x, d.src_desc());
  const Pipeline::Slot dy = pipeline.Input(1, given.y, d.diff_dst_desc());
  const Pipeline::Slot dfilter = pipeline.Result(0, given.filter, d.diff_weights_desc());
  pipeline.Add(BackwardWeights(d), d,
               {{DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_WEIGHTS, dfilter}});
  return pipeline.Finish(one_thread);
}

using MakeKind = std::unique_ptr<Step> (*)(const Tensors&, const Geometry&, const Layout&, bool,
                                           Speed*);

// summed: the channels that results are sums over, 0 if they are not.
std::unique_ptr<Step> Make(const OperationView& view, const TensorType& x, const TensorType& filter,
                           const TensorType& y, int64_t summed, MakeKind make) {
  const Type type = onednn::ToOneDnn(x.dtype);
  if (type == Type::undef || x.elements() == 0 || filter.elements() == 0 || y.elements() == 0) {
    return nullptr;
  }
  const Attributes& attributes = view.attributes();
  const bool channels_last = attributes.Bool("channels_last");
  const int64_t groups = attributes.Int("groups");
  const Geometry geometry(attributes);

  const bool small = onednn::Flops(filter.shape, y.shape) < kFlopsWorthATeam;
  std::optional<OneThread> one_thread;
  if (small) one_thread.emplace();

  // The user's layout and type if there is a fast primitive for them, else what there is one for.
  // Loops of our own are better than copies for another's.
  std::unique_ptr<Step> best;
  Speed best_speed = Speed::kPlain;
  const bool other_first = !channels_last;
  const bool pads = onednn::PairsAcross(type, filter.shape, groups, summed);
  const bool depthwise =
      onednn::IsDepthwise(attributes, x.shape[channels_last ? x.shape.rank() - 1 : 1]);
  for (const Layout& layout :
       {Layout{other_first, type, pads, depthwise}, Layout{!other_first, type, pads, depthwise},
        Layout{other_first, Type::f32, pads, depthwise},
        Layout{!other_first, Type::f32, pads, depthwise}}) {
    // Zeros after each group are in no layout.
    if (pads && groups > 1 && layout.type != Type::f32) continue;
    Speed speed = Speed::kPlain;
    auto step = onednn::TryOneDnn([&] {
      const Tensors given{Activations(x.shape, channels_last, type),
                          Filter(filter.shape, groups, type),
                          Activations(y.shape, channels_last, type)};
      return make(given, geometry, layout, small, &speed);
    });
    if (step != nullptr && speed == Speed::kFast) return step;
    if (depthwise) {
      if (auto own = MakeDepthwise(view)) return own;
    }
    if (best == nullptr || (step != nullptr && speed < best_speed)) {
      best = std::move(step);
      best_speed = speed;
    }
  }
  return best;
}

int64_t Channels(const OperationView& view, const TensorType& t) {
  return t.shape[view.attributes().Bool("channels_last") ? t.shape.rank() - 1 : 1];
}

}  // namespace

BFloat16Products ProductsOfBFloat16() {
  const dnnl::cpu_isa set = dnnl::get_effective_cpu_isa();
  if (set >= dnnl::cpu_isa::avx512_core_amx) return BFloat16Products::kMatrices;
  return set >= dnnl::cpu_isa::avx512_core_bf16 ? BFloat16Products::kDots
                                                : BFloat16Products::kPlain;
}

std::unique_ptr<Step> MakeConvolution(const OperationView& view) {
  return Make(view, view.inputs[0], view.inputs[1], view.results[0], Channels(view, view.inputs[0]),
              MakeForward);
}

std::unique_ptr<Step> MakeConvolutionGradInput(const OperationView& view) {
  return Make(view, view.results[0], view.inputs[0], view.inputs[1], Channels(view, view.inputs[1]),
              MakeGradInput);
}

std::unique_ptr<Step> MakeConvolutionGradFilter(const OperationView& view) {
  return Make(view, view.inputs[0], view.results[0], view.inputs[1], 0, MakeGradFilter);
}

}  // namespace mlcompute::portable
