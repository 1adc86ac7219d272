// Resizing images [n, height, width, channels]: sums of weighted pixels along the width, then along
// the height.
#include "kernels/op_row.h"
#include "kernels/resample_weights.h"

namespace tf_mlc {
namespace {

using mlcompute::InvalidArgument;

enum class Filter { kNearest, kBilinear, kBicubic, kArea };

struct ImageSize {
  int64_t height;
  int64_t width;
};

ImageSize SizeOf(const Shape& image) { return {image[1], image[2]}; }

void CheckImage(const char* name, const Shape& shape) {
  if (shape.rank() != 4) {
    throw InvalidArgument(name, " must be 4-dimensional: ", shape.ToString());
  }
  if (shape[1] <= 0 || shape[2] <= 0) {
    throw InvalidArgument(name, " image must be of non-zero size: ", shape.ToString());
  }
}

// The static input that says height and width of the result.
ImageSize RequestedSize(const BuildContext& c, int input) {
  if (c.shape(input) != Shape{2}) {
    throw InvalidArgument("size must have two elements, not shape ", c.shape(input).ToString());
  }
  const std::vector<int64_t> size = c.StaticInts(input);
  if (size[0] <= 0 || size[1] <= 0) {
    throw InvalidArgument("output dimensions must be positive, not ", Shape(size).ToString());
  }
  return {size[0], size[1]};
}

Value Converted(const BuildContext& c, Value v, DataType to) {
  return c.program.type(v).dtype == to ? v : c.Append(Op::kCast, {v}, {{"to", to}});
}

// `v` summed along `axis`; back to `size` positions of it if the operation is the gradient.
Value Along(const BuildContext& c, Op op, Value v, int64_t axis, int64_t size,
            const ResampleWeights& w) {
  const Shape shape{w.count(), w.taps};
  const Value indices = c.program.AddConstant({DataType::kInt32, shape}, w.indices.data());
  const Value weights = c.program.AddConstant({DataType::kFloat32, shape}, w.weights.data());
  mlcompute::Attributes attributes{{"axis", axis}};
  if (op == Op::kResampleGrad) attributes.Set("size", size);
  return c.Append(op, {v, indices, weights}, attributes);
}

ResizeScale ScaleOf(const Node& node, Filter filter, int64_t in, int64_t out) {
  const bool half = filter != Filter::kArea && node.Bool("half_pixel_centers");
  const bool corners = node.Bool("align_corners");
  if (half && corners) {
    throw InvalidArgument("If half_pixel_centers is True, align_corners must be False.");
  }
  return {in, out, corners, half};
}

ResampleWeights WeightsOf(const Node& node, Filter filter, int64_t in, int64_t out) {
  const ResizeScale scale = ScaleOf(node, filter, in, out);
  switch (filter) {
    case Filter::kNearest:
      return NearestWeights(scale);
    case Filter::kBilinear:
      return BilinearWeights(scale);
    case Filter::kBicubic:
      return BicubicWeights(scale);
    case Filter::kArea:
      return AreaWeights(scale);
  }
  throw mlcompute::Internal("an unknown filter");
}

// (images, size) -> float32
template <Filter filter>
void BuildResize(BuildContext& c) {
  CheckImage("input", c.shape(0));
  const ImageSize in = SizeOf(c.shape(0));
  const ImageSize out = RequestedSize(c, 1);
  Value v = Converted(c, c.input(0), DataType::kFloat32);
  v = Along(c, Op::kResample, v, 2, 0, WeightsOf(c.node, filter, in.width, out.width));
  c.Output(Along(c, Op::kResample, v, 1, 0, WeightsOf(c.node, filter, in.height, out.height)));
}

// (images, size): pixels are copied, whatever their type.
void BuildNearest(BuildContext& c) {
  CheckImage("input", c.shape(0));
  const ImageSize in = SizeOf(c.shape(0));
  const ImageSize out = RequestedSize(c, 1);
  Value v = c.input(0);
  for (const int64_t axis : {2, 1}) {
    const ResampleWeights w = WeightsOf(c.node, Filter::kNearest, axis == 1 ? in.height : in.width,
                                        axis == 1 ? out.height : out.width);
    const Value indices = c.program.AddConstant({DataType::kInt32, {w.count()}}, w.indices.data());
    v = c.Append(Op::kGather, {v, indices}, {{"axis", axis}, {"batch_dims", int64_t{0}}});
  }
  c.Output(v);
}

void AppendGradient(BuildContext& c, const ImageSize& in, const ResampleWeights& width,
                    const ResampleWeights& height, DataType to) {
  Value v = Converted(c, c.input(0), DataType::kFloat32);
  v = Along(c, Op::kResampleGrad, v, 1, in.height, height);
  c.Output(Converted(c, Along(c, Op::kResampleGrad, v, 2, in.width, width), to));
}

// (grads, original_image)
template <Filter filter>
void BuildResizeGrad(BuildContext& c) {
  CheckImage("grads", c.shape(0));
  CheckImage("original_image", c.shape(1));
  const ImageSize in = SizeOf(c.shape(1));
  const ImageSize out = SizeOf(c.shape(0));
  AppendGradient(c, in, WeightsOf(c.node, filter, in.width, out.width),
                 WeightsOf(c.node, filter, in.height, out.height), c.type(1).dtype);
}

// (grads, size of the original)
void BuildNearestGrad(BuildContext& c) {
  CheckImage("grads", c.shape(0));
  const ImageSize in = RequestedSize(c, 1);
  const ImageSize out = SizeOf(c.shape(0));
  AppendGradient(c, in, WeightsOf(c.node, Filter::kNearest, in.width, out.width),
                 WeightsOf(c.node, Filter::kNearest, in.height, out.height), c.type(0).dtype);
}

// Height and width of the two static float inputs from `first` on.
struct Affine {
  std::vector<double> scale;
  std::vector<double> translation;

  Affine(const BuildContext& c, int first)
      : scale(Pair(c, first, "scale")), translation(Pair(c, first + 1, "translation")) {}

  ResampleWeights Weights(const Node& node, size_t axis, int64_t in, int64_t out) const {
    return SpanWeights(node.String("kernel_type"), node.Bool("antialias"), in, out,
                       static_cast<float>(scale[axis]), static_cast<float>(translation[axis]));
  }

 private:
  static std::vector<double> Pair(const BuildContext& c, int input, const char* name) {
    if (c.shape(input) != Shape{2}) {
      throw InvalidArgument(name, " must have two elements, not shape ", c.shape(input).ToString());
    }
    return c.StaticNumbers(input);
  }
};

// (images, size, scale, translation) -> float32
void BuildScaleAndTranslate(BuildContext& c) {
  CheckImage("input", c.shape(0));
  const ImageSize in = SizeOf(c.shape(0));
  const ImageSize out = RequestedSize(c, 1);
  const Affine affine(c, 2);
  Value v = Converted(c, c.input(0), DataType::kFloat32);
  v = Along(c, Op::kResample, v, 2, 0, affine.Weights(c.node, 1, in.width, out.width));
  c.Output(Along(c, Op::kResample, v, 1, 0, affine.Weights(c.node, 0, in.height, out.height)));
}

// (grads, original_image, scale, translation)
void BuildScaleAndTranslateGrad(BuildContext& c) {
  CheckImage("grads", c.shape(0));
  CheckImage("original_image", c.shape(1));
  const ImageSize in = SizeOf(c.shape(1));
  const ImageSize out = SizeOf(c.shape(0));
  const Affine affine(c, 2);
  AppendGradient(c, in, affine.Weights(c.node, 1, in.width, out.width),
                 affine.Weights(c.node, 0, in.height, out.height), c.type(1).dtype);
}

}  // namespace

const Rows& ResizeRows() {
  static const Rows rows = [] {
    const HostArg size = Static("size", 1);
    const std::vector<HostArg> affine = {Static("scale", 2), Static("translation", 3)};
    const std::vector<HostArg> whole = {size, Static("scale", 2), Static("translation", 3)};
    const Types words = {DataType::kUInt32, DataType::kUInt64};  // none of the ops allows them
    Types pixels = Numbers();
    for (const DataType type : words) pixels = Without(pixels, type);
    const std::vector<TypeAttr> numbers = {{"T", pixels}};
    const std::vector<TypeAttr> floats = {{"T", Floats()}};
    return Rows{
        {"ResizeNearestNeighbor", BuildNearest, numbers, {size}},
        {"ResizeBilinear", BuildResize<Filter::kBilinear>, numbers, {size}},
        {"ResizeBicubic", BuildResize<Filter::kBicubic>, numbers, {size}},
        {"ResizeArea", BuildResize<Filter::kArea>, numbers, {size}},
        {"ScaleAndTranslate", BuildScaleAndTranslate, numbers, whole},
        {"ResizeNearestNeighborGrad",
         BuildNearestGrad,
         {{"T", Without(Floats(), DataType::kBFloat16)}},
         {size}},
        {"ResizeBilinearGrad", BuildResizeGrad<Filter::kBilinear>, floats},
        {"ResizeBicubicGrad", BuildResizeGrad<Filter::kBicubic>, {{"T", WideFloats()}}},
        {"ScaleAndTranslateGrad",
         BuildScaleAndTranslateGrad,
         {{"T", {DataType::kFloat32}}},
         affine},
    };
  }();
  return rows;
}

}  // namespace tf_mlc
