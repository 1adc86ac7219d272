// Convolutions with filters of one pixel, and their gradients, as matrix products, where these are
// faster than oneDNN's convolutions. With strides, of those pixels alone that are read.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "mlcompute/portable/bfloat16_product.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/portable/tiled_product.h"
#include "mlcompute/team/team.h"

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

// Which pixels of x a convolution with strides reads.
struct Pixels {
  static constexpr size_t kRank = 3;  // spatial; lower ranks have leading axes of size 1
  using Index = std::array<int64_t, kRank>;

  int64_t images;
  size_t bytes;  // of a pixel
  Index in, out, strides;

  Pixels(const TensorType& x, const TensorType& y, const std::vector<int64_t>& steps)
      : images(x.shape[0]), bytes(static_cast<size_t>(x.shape.dims().back()) * SizeOf(x.dtype)) {
    in.fill(1);
    out.fill(1);
    strides.fill(1);
    for (size_t i = 0; i < steps.size(); ++i) {
      const size_t axis = kRank - steps.size() + i;
      in[axis] = x.shape[static_cast<int>(i) + 1];
      out[axis] = y.shape[static_cast<int>(i) + 1];
      strides[axis] = steps[i];
    }
  }

  int64_t count() const { return images * out[0] * out[1] * out[2]; }

  // Those that are read, next to each other.
  void Gather(const std::byte* x, std::byte* to) const {
    ParallelFor(
        images * out[0] * out[1], RowsWorthAThread(out[2]), [&](int64_t begin, int64_t end) {
          for (int64_t row = begin; row < end; ++row) {
            const int64_t j = row % out[1] * strides[1], i = row / out[1] % out[0] * strides[0];
            const int64_t line = (row / (out[1] * out[0]) * in[0] + i) * in[1] + j;
            for (int64_t k = 0; k < out[2]; ++k) {
              std::memcpy(to + At(row * out[2] + k), x + At(line * in[2] + k * strides[2]), bytes);
            }
          }
        });
  }

  // Back to where they are in dx, and zeros between them.
  void Scatter(const std::byte* from, std::byte* dx) const {
    ParallelFor(images * in[0] * in[1], RowsWorthAThread(in[2]), [&](int64_t begin, int64_t end) {
      for (int64_t line = begin; line < end; ++line) {
        const int64_t j = line % in[1], i = line / in[1] % in[0], image = line / (in[1] * in[0]);
        std::byte* to = dx + At(line * in[2]);
        if (i % strides[0] != 0 || j % strides[1] != 0) {
          std::memset(to, 0, bytes * static_cast<size_t>(in[2]));
          continue;
        }
        const int64_t row = (image * out[0] + i / strides[0]) * out[1] + j / strides[1];
        for (int64_t k = 0; k < in[2]; ++k, to += bytes) {
          if (k % strides[2] == 0) {
            std::memcpy(to, from + At(row * out[2] + k / strides[2]), bytes);
          } else {
            std::memset(to, 0, bytes);
          }
        }
      }
    });
  }

 private:
  size_t At(int64_t pixel) const { return static_cast<size_t>(pixel) * bytes; }
  int64_t RowsWorthAThread(int64_t pixels) const {
    constexpr int64_t kBytes = 64 << 10;
    return kBytes / (pixels * static_cast<int64_t>(bytes)) + 1;
  }
};

// The step of a convolution of those pixels next to each other, for all of them.
class Strided : public Step {
 public:
  Strided(const Pixels& pixels, Op op, std::unique_ptr<Step> step)
      : pixels_(pixels), op_(op), step_(std::move(step)) {}

  size_t scratch_bytes() const override { return GatheredBytes() + step_->scratch_bytes(); }

  void Run(const void* const* inputs, void* const* results, void* scratch) const override {
    void* gathered = scratch;
    void* rest = static_cast<std::byte*>(scratch) + GatheredBytes();
    if (op_ == Op::kConvolutionGradInput) {
      step_->Run(inputs, &gathered, rest);
      pixels_.Scatter(static_cast<const std::byte*>(gathered), static_cast<std::byte*>(results[0]));
      return;
    }
    pixels_.Gather(static_cast<const std::byte*>(inputs[0]), static_cast<std::byte*>(gathered));
    const std::array<const void*, 2> from = {gathered, inputs[1]};
    step_->Run(from.data(), results, rest);
  }

 private:
  size_t GatheredBytes() const {
    return (static_cast<size_t>(pixels_.count()) * pixels_.bytes + 63) / 64 * 64;
  }

  const Pixels pixels_;
  const Op op_;
  const std::unique_ptr<Step> step_;
};

TensorType Matrix(const TensorType& type) {
  const int64_t columns = type.shape.dims().back();
  return {type.dtype, {type.elements() / columns, columns}};
}

std::unique_ptr<Step> MakeMatrices(const OperationView& view, Op op, bool is_strided) {
  if (is_strided) return MakeProduct(view);
  if (view.inputs[0].dtype == DataType::kBFloat16) return MakeBFloat16Product(view);
  const bool is_filter = op == Op::kConvolutionGradFilter;
  const int64_t pixels = view.inputs[0].shape[0];
  if (pixels <= (is_filter ? kMostPixelsOfFilter : kMostPixels)) return MakeProduct(view);
  if (!is_filter && view.inputs[0].shape[1] < kLeastDepth) return nullptr;
  return MakeTiledProduct(view);
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
  const bool is_strided = !all("strides", 1);
  const bool is_half =
      x.dtype == DataType::kBFloat16 && (is_strided || op == Op::kConvolutionGradFilter);
  if ((x.dtype != DataType::kFloat32 && !is_half) || x.elements() == 0 || filter.elements() == 0 ||
      !is_pixel || !all("pads_begin", 0) || !all("pads_end", 0) || attributes.Int("groups") != 1 ||
      !attributes.Bool("channels_last")) {
    return nullptr;
  }
  const Operation product = {Op::kMatMul,
                             {},
                             {},
                             {{"transpose_a", op == Op::kConvolutionGradFilter},
                              {"transpose_b", op == Op::kConvolutionGradInput}}};
  const TensorType& y = op == Op::kConvolution ? view.results[0] : view.inputs[1];
  const Pixels pixels(x, y, attributes.Ints("strides"));
  const TensorType read = {x.dtype, {pixels.count(), x.shape.dims().back()}};
  const OperationView matrices = op == Op::kConvolution
                                     ? OperationView{product, {read, Matrix(filter)}, {Matrix(y)}}
                                 : op == Op::kConvolutionGradFilter
                                     ? OperationView{product, {read, Matrix(y)}, {Matrix(filter)}}
                                     : OperationView{product, {Matrix(y), Matrix(filter)}, {read}};
  std::unique_ptr<Step> step = MakeMatrices(matrices, op, is_strided);
  if (step && op == Op::kConvolutionGradInput) step = std::make_unique<Swapped>(std::move(step));
  if (step && is_strided) step = std::make_unique<Strided>(pixels, op, std::move(step));
  return step;
}

}  // namespace mlcompute::portable
