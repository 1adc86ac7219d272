#include "mlcompute/portable/winograd_tiles.h"

#include <vector>

namespace mlcompute::portable {
namespace {

bool All(const std::vector<int64_t>& values, int64_t wanted) {
  return std::all_of(values.begin(), values.end(), [=](int64_t v) { return v == wanted; });
}

}  // namespace

bool ReadWinogradShape(const OperationView& view, int64_t tile, WinogradShape* shape) {
  const bool grad_input = view.op() == Op::kConvolutionGradInput;
  const bool grad_filter = view.op() == Op::kConvolutionGradFilter;
  const TensorType& x = grad_input ? view.results[0] : view.inputs[0];
  const TensorType& filter = grad_input    ? view.inputs[0]
                             : grad_filter ? view.results[0]
                                           : view.inputs[1];
  const TensorType& y = grad_input || grad_filter ? view.inputs[1] : view.results[0];
  const Attributes& attributes = view.attributes();
  if ((x.dtype != DataType::kFloat32 && x.dtype != DataType::kBFloat16) ||
      x.shape.dims().size() != 4 || x.elements() == 0 || y.elements() == 0 ||
      filter.elements() == 0) {
    return false;
  }
  const std::vector<int64_t>& f = filter.shape.dims();
  const std::vector<int64_t>& pads = attributes.Ints("pads_begin");
  if (f[0] != 3 || f[1] != 3 || attributes.Int("groups") != 1 ||
      !attributes.Bool("channels_last") || !All(attributes.Ints("strides"), 1) ||
      !All(attributes.Ints("dilations"), 1)) {
    return false;
  }
  const auto pixels = [](const TensorType& t) {
    const std::vector<int64_t>& d = t.shape.dims();
    return Pixels{d[1], d[2], d[3]};
  };
  *shape = {x.shape.dims()[0], pixels(x), pixels(y), pads[0], pads[1], tile};
  return true;
}

}  // namespace mlcompute::portable
