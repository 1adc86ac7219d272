// Maximum and average pooling over two and three spatial axes, and their gradients.
#include "kernels/op_row.h"
#include "kernels/window.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

struct Pooling {
  DataFormat format;
  Window window;
  Shape output;

  mlcompute::Attributes attributes() const {
    return {{"window", window.size},
            {"strides", window.strides},
            {"pads_begin", window.pads_begin},
            {"pads_end", window.pads_end},
            {"channels_last", format.channels_last}};
  }
};

Pooling Prepare(const Node& node, int spatial, const Shape& input,
                const std::vector<int64_t>& ksize, const std::vector<int64_t>& strides) {
  const DataFormat format = DataFormatOf(node, spatial);
  if (input.rank() != format.rank()) {
    throw InvalidArgument("tensor_in must be ", format.rank(), "-dimensional: ", input.ToString());
  }
  if (static_cast<int>(ksize.size()) == format.rank() &&
      ksize[static_cast<size_t>(format.channel_axis())] > 1) {
    throw mlcompute::Unimplemented("pooling over the channels: ksize = ", Shape(ksize).ToString());
  }
  Pooling result{format, {}, {}};
  result.window.size = SpatialEntries(format, ksize, "ksize");
  result.window.strides = SpatialEntries(format, strides, "strides");
  result.window.dilations.assign(static_cast<size_t>(spatial), 1);
  ResolvePadding(node, format, SpatialSizes(format, input), &result.window);
  result.output =
      ActivationShape(format, input[0], result.window.output, input[format.channel_axis()]);
  return result;
}

Pooling Prepare(const BuildContext& c, int spatial, const Shape& input) {
  return Prepare(c.node, spatial, input, c.node.Ints("ksize"), c.node.Ints("strides"));
}

void CheckShape(const char* name, const Shape& actual, const Shape& expected) {
  if (actual != expected) {
    throw InvalidArgument("Expected ", name, " shape to be ", expected.ToString(), ", but got ",
                          actual.ToString());
  }
}

template <Op op, int spatial>
void BuildForward(BuildContext& c) {
  c.Output(c.Append(op, {c.input(0)}, Prepare(c, spatial, c.shape(0)).attributes()));
}

// ksize and strides as inputs
void BuildMaxPoolV2(BuildContext& c) {
  const Pooling pooling = Prepare(c.node, 2, c.shape(0), c.StaticInts(1), c.StaticInts(2));
  c.Output(c.Append(Op::kMaxPool, {c.input(0)}, pooling.attributes()));
}

// (orig_input, orig_output, grad)
void MaxPoolGrad(BuildContext& c, const Pooling& pooling) {
  CheckShape("orig_output", c.shape(1), pooling.output);
  CheckShape("grad", c.shape(2), pooling.output);
  c.Output(c.Append(Op::kMaxPoolGrad, {c.input(0), c.input(1), c.input(2)}, pooling.attributes()));
}

template <int spatial>
void BuildMaxPoolGrad(BuildContext& c) {
  MaxPoolGrad(c, Prepare(c, spatial, c.shape(0)));
}

void BuildMaxPoolGradV2(BuildContext& c) {
  MaxPoolGrad(c, Prepare(c.node, 2, c.shape(0), c.StaticInts(3), c.StaticInts(4)));
}

// (orig_input_shape, grad)
template <int spatial>
void BuildAvgPoolGrad(BuildContext& c) {
  const Shape input(c.StaticInts(0));
  if (c.shape(0).rank() != 1) {
    throw InvalidArgument("orig_input_shape must be 1-dimensional: ", c.shape(0).ToString());
  }
  const Pooling pooling = Prepare(c, spatial, input);
  CheckShape("grad", c.shape(1), pooling.output);
  c.Output(c.Append(Op::kAvgPoolGrad, {c.input(1)},
                    pooling.attributes().Set("input_shape", input.dims())));
}

}  // namespace

const Rows& PoolingRows() {
  static const Rows rows = [] {
    const Types words = {DataType::kUInt32, DataType::kUInt64};  // MaxPool does not allow them
    Types pooled = Numbers();
    for (const DataType type : words) pooled = Without(pooled, type);
    const std::vector<TypeAttr> numbers = {{"T", pooled}};
    const std::vector<TypeAttr> floats = {{"T", Floats()}};
    const Types volumes = Without(Floats(), DataType::kFloat64);
    const std::vector<HostArg> shape = {Static("orig_input_shape", 0)};
    Rows result = {
        {"MaxPool", BuildForward<Op::kMaxPool, 2>, numbers},
        {"MaxPoolV2", BuildMaxPoolV2, numbers, {Static("ksize", 1), Static("strides", 2)}},
        {"MaxPoolGrad", BuildMaxPoolGrad<2>, numbers},
        {"MaxPoolGradV2", BuildMaxPoolGradV2, numbers, {Static("ksize", 3), Static("strides", 4)}},
        {"MaxPool3D", BuildForward<Op::kMaxPool, 3>, {{"T", volumes}}},
        {"AvgPool", BuildForward<Op::kAvgPool, 2>, floats},
        {"AvgPoolGrad", BuildAvgPoolGrad<2>, floats, shape},
        {"AvgPool3D", BuildForward<Op::kAvgPool, 3>, {{"T", volumes}}},
        {"AvgPool3DGrad", BuildAvgPoolGrad<3>, {{"T", volumes}}, shape},
    };
    for (const DataType type : volumes) {
      result.push_back({"MaxPool3DGrad", BuildMaxPoolGrad<3>, {{"T", {type}}, {"TInput", {type}}}});
    }
    return result;
  }();
  return rows;
}

}  // namespace tf_mlc
