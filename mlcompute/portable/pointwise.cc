// Convolutions with filters of one pixel, and their gradients, as matrix products, where these are
// faster than oneDNN's convolutions.
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "mlcompute/portable/bfloat16_product.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/tiled_product.h"

namespace mlcompute::portable {
namespace {

// Measured on two cores of a Zen 4. Pixels of all images up to which any product was the faster:
constexpr int64_t kMostPixels = 400;
constexpr int64_t kMostPixelsOfFilter = 1000;  // for the gradient of the filter
// With more only those of tiled_product.h are, unless they sum so few products that they wait for
// their results' memory.
constexpr int64_t kLeastDepth = 32;

// A product's step, which gets the inputs the other way round.
class Swapped : public Step {
 public:
  explicit Swapped(std::unique_ptr<Step> step) : step_(std::move(step)) {}
  size_t scratch_bytes() const override { return step_->scratch_bytes(); }
  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    const std::array<const void*, 2> swapped = {inputs[1], inputs[0]};
    step_->Run(swapped.data(), results, scratch);
  }

 private:
  const std::unique_ptr<Step> step_;
};

TensorType Matrix(const TensorType& type) {
  const int64_t columns = type.shape.dims().back();
  return {type.dtype, {type.elements() / columns, columns}};
}

}  // namespace

std::unique_ptr<Step> MakePointwise(const OperationView& view) {
  const Op op = view.op();
  const TensorType& x = op == Op::kConvolutionGradInput ? view.results[0] : view.inputs[0];
  const TensorType& filter = op == Op::kConvolution             ? view.inputs[1]
                             : op == Op::kConvolutionGradFilter ? view.results[0]
                                                                : view.inputs[0];
  const Attributes& attributes = view.attributes();
  const auto all = [&](const char* name, int64_t wanted) {
    const std::vector<int64_t>& values = attributes.Ints(name);
    return std::all_of(values.begin(), values.end(), [=](int64_t v) { return v == wanted; });
  };
  const std::vector<int64_t>& dims = filter.shape.dims();
  const bool is_pixel =
      std::all_of(dims.begin(), dims.end() - 2, [](int64_t size) { return size == 1; });
  const bool is_half = x.dtype == DataType::kBFloat16 && op == Op::kConvolutionGradFilter;
  if ((x.dtype != DataType::kFloat32 && !is_half) || x.elements() == 0 || filter.elements() == 0 ||
      !is_pixel || !all("strides", 1) || !all("pads_begin", 0) || !all("pads_end", 0) ||
      attributes.Int("groups") != 1 || !attributes.Bool("channels_last")) {
    return nullptr;
  }
  const Operation product = {Op::kMatMul,
                             {},
                             {},
                             {{"transpose_a", op == Op::kConvolutionGradFilter},
                              {"transpose_b", op == Op::kConvolutionGradInput}}};
  TensorType a = Matrix(view.inputs[0]), b = Matrix(view.inputs[1]);
  if (op == Op::kConvolutionGradInput) std::swap(a, b);
  if (is_half) return MakeBFloat16Product({product, {a, b}, {Matrix(view.results[0])}});
  const int64_t pixels = x.elements() / x.shape.dims().back();
  const bool is_small =
      pixels <= (op == Op::kConvolutionGradFilter ? kMostPixelsOfFilter : kMostPixels);
  if (!is_small && op != Op::kConvolutionGradFilter && a.shape.dims().back() < kLeastDepth) {
    return nullptr;
  }
  const OperationView matrices = {product, {a, b}, {Matrix(view.results[0])}};
  std::unique_ptr<Step> step = is_small ? MakeProduct(matrices) : MakeTiledProduct(matrices);
  if (step == nullptr || op != Op::kConvolutionGradInput) return step;
  return std::make_unique<Swapped>(std::move(step));
}

}  // namespace mlcompute::portable
