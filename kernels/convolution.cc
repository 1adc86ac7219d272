// Convolutions over two and three spatial axes, depthwise convolutions, and their gradients.
#include "kernels/op_row.h"
#include "kernels/window.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

// A convolution as the operations want it. Depthwise filters [spatial.., C, M] become grouped ones
// [spatial.., 1, C * M], which is the same data.
struct Convolution {
  DataFormat format;
  Window window;
  int64_t groups;
  Shape filter;
  Shape output;

  mlcompute::Attributes attributes() const {
    return {{"strides", window.strides},
            {"dilations", window.dilations},
            {"pads_begin", window.pads_begin},
            {"pads_end", window.pads_end},
            {"groups", groups},
            {"channels_last", format.channels_last}};
  }
};

Convolution Prepare(const Node& node, int spatial, bool depthwise, const Shape& input,
                    const Shape& filter) {
  const DataFormat format = DataFormatOf(node, spatial);
  if (input.rank() != format.rank()) {
    throw InvalidArgument("input must be ", format.rank(), "-dimensional: ", input.ToString());
  }
  if (filter.rank() != format.rank()) {
    throw InvalidArgument("filter must be ", format.rank(), "-dimensional: ", filter.ToString());
  }
  Convolution result{format, {}, 1, filter, {}};
  result.window.strides = SpatialEntries(format, node.Ints("strides"), "strides");
  result.window.dilations = SpatialEntries(format, node.Ints("dilations"), "dilations");
  for (int i = 0; i < spatial; ++i) result.window.size.push_back(filter[i]);

  const int64_t channels = input[format.channel_axis()];
  const int64_t depth = filter[spatial];
  int64_t out = filter[spatial + 1];
  if (depthwise) {
    if (channels != depth) {
      throw InvalidArgument("input and filter must have the same depth: ", channels, " vs. ",
                            depth);
    }
    result.groups = channels;
    out *= channels;
    result.filter[spatial] = 1;
    result.filter[spatial + 1] = out;
  } else {
    if (depth <= 0 || channels % depth != 0) {
      throw InvalidArgument("input depth must be evenly divisible by filter depth: ", channels,
                            " vs ", depth);
    }
    result.groups = channels / depth;
    if (result.groups > 0 && out % result.groups != 0) {
      throw InvalidArgument("output depth must be evenly divisible by number of groups: ", out,
                            " vs ", result.groups);
    }
  }
  ResolvePadding(node, format, SpatialSizes(format, input), &result.window);
  result.output = ActivationShape(format, input[0], result.window.output, out);
  return result;
}

Value Reshaped(const BuildContext& c, Value v, const Shape& shape) {
  if (c.program.type(v).shape == shape) return v;
  return c.Append(Op::kReshape, {v}, {{"shape", shape.dims()}});
}

void CheckGradient(const Convolution& convolution, const Shape& dy) {
  if (dy != convolution.output) {
    throw InvalidArgument("Size of out_backprop doesn't match computed: actual = ", dy.ToString(),
                          ", computed = ", convolution.output.ToString());
  }
}

template <int spatial, bool depthwise>
void BuildForward(BuildContext& c) {
  const Convolution convolution = Prepare(c.node, spatial, depthwise, c.shape(0), c.shape(1));
  const Value filter = Reshaped(c, c.input(1), convolution.filter);
  c.Output(c.Append(Op::kConvolution, {c.input(0), filter}, convolution.attributes()));
}

// Conv2DBackpropInput also takes the two spatial sizes alone.
Shape InputSizes(const BuildContext& c, int spatial) {
  std::vector<int64_t> sizes = c.StaticInts(0);
  if (c.shape(0).rank() != 1) {
    throw InvalidArgument("input_sizes must be 1-dimensional: ", c.shape(0).ToString());
  }
  if (spatial == 2 && sizes.size() == 2 && c.shape(1).rank() == 4 && c.shape(2).rank() == 4) {
    const DataFormat format = DataFormatOf(c.node, spatial);
    return ActivationShape(format, c.shape(2)[0], sizes, c.shape(1)[2]);
  }
  for (const int64_t size : sizes) {
    if (size < 0) throw InvalidArgument("input_sizes must be non-negative, not ", size);
  }
  return Shape(sizes);
}

// (input_sizes, filter, out_backprop)
template <int spatial, bool depthwise>
void BuildGradInput(BuildContext& c) {
  const Shape input = InputSizes(c, spatial);
  const Convolution convolution = Prepare(c.node, spatial, depthwise, input, c.shape(1));
  CheckGradient(convolution, c.shape(2));
  const Value filter = Reshaped(c, c.input(1), convolution.filter);
  c.Output(c.Append(Op::kConvolutionGradInput, {filter, c.input(2)},
                    convolution.attributes().Set("input_shape", input.dims())));
}

// (input, filter_sizes, out_backprop)
template <int spatial, bool depthwise>
void BuildGradFilter(BuildContext& c) {
  const Shape filter(c.StaticInts(1));
  const Convolution convolution = Prepare(c.node, spatial, depthwise, c.shape(0), filter);
  CheckGradient(convolution, c.shape(2));
  const Value gradient =
      c.Append(Op::kConvolutionGradFilter, {c.input(0), c.input(2)},
               convolution.attributes().Set("filter_shape", convolution.filter.dims()));
  c.Output(Reshaped(c, gradient, filter));
}

}  // namespace

const Rows& ConvolutionRows() {
  static const Rows rows = [] {
    const std::vector<TypeAttr> types = {{"T", Floats()}};
    const std::vector<HostArg> input_sizes = {Static("input_sizes", 0)};
    const std::vector<HostArg> filter_sizes = {Static("filter_sizes", 1)};
    return Rows{
        {"Conv2D", BuildForward<2, false>, types},
        {"Conv2DBackpropInput", BuildGradInput<2, false>, types, input_sizes},
        {"Conv2DBackpropFilter", BuildGradFilter<2, false>, types, filter_sizes},
        {"Conv3D", BuildForward<3, false>, types},
        {"Conv3DBackpropInputV2", BuildGradInput<3, false>, types, input_sizes},
        {"Conv3DBackpropFilterV2", BuildGradFilter<3, false>, types, filter_sizes},
        {"DepthwiseConv2dNative", BuildForward<2, true>, types},
        {"DepthwiseConv2dNativeBackpropInput", BuildGradInput<2, true>, types, input_sizes},
        {"DepthwiseConv2dNativeBackpropFilter", BuildGradFilter<2, true>, types, filter_sizes},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
