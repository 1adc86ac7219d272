#include <algorithm>
#include <array>
#include <optional>

#include "mlcompute/portable/onednn/pipeline.h"
#include "mlcompute/portable/portable.h"
#include "mlcompute/team/team.h"

namespace mlcompute::portable {
namespace {

using onednn::Descriptor;
using onednn::Dims;
using onednn::Pipeline;

// Batch axes of both inputs, aligned and with neighbours joined where memory allows it.
struct Batches {
  Dims a, b;

  // oneDNN is fastest on two or three axes, so [4,8,m,k] x [4,8,k,n] becomes [32,m,k] x [32,k,n].
  Batches(const Shape& a_shape, const Shape& b_shape) {
    const int rank = std::max(a_shape.rank(), b_shape.rank()) - 2;
    for (int i = 0; i < rank; ++i) {
      const int64_t in_a = Axis(a_shape, i - rank);
      const int64_t in_b = Axis(b_shape, i - rank);
      if (in_a == 1 && in_b == 1) continue;
      const bool joins =
          !a.empty() && (a.back() == 1) == (in_a == 1) && (b.back() == 1) == (in_b == 1);
      if (joins) {
        a.back() *= in_a;
        b.back() *= in_b;
      } else {
        a.push_back(in_a);
        b.push_back(in_b);
      }
    }
  }

  // Batch axis `from_end` (-1 is the last); 1 where the shape is too short.
  static int64_t Axis(const Shape& shape, int from_end) {
    const int axis = shape.rank() - 2 + from_end;
    return axis < 0 ? 1 : shape[axis];
  }

  bool OneB() const {
    return std::all_of(b.begin(), b.end(), [](int64_t axis) { return axis == 1; });
  }
};

// The matrices [batch..., rows, columns], stored with the last two axes exchanged if `transposed`.
Descriptor Matrices(const Dims& batch, int64_t rows, int64_t columns, bool transposed,
                    dnnl::memory::data_type type) {
  Dims dims = batch;
  dims.insert(dims.end(), {rows, columns});
  Dims strides(dims.size());
  const size_t last = dims.size() - 1;
  strides[last] = transposed ? rows : 1;
  strides[last - 1] = transposed ? 1 : columns;
  int64_t size = rows * columns;
  for (size_t i = last - 1; i-- > 0;) {
    strides[i] = size;
    size *= dims[i];
  }
  return Descriptor(dims, type, strides);
}

constexpr double kFlopsWorthATeam = 1e6;

struct Sizes {
  Dims a_batch, b_batch, batch;
  int64_t m, k, n;
  bool transpose_a, transpose_b;
};

std::unique_ptr<Step> Make(const Sizes& s, dnnl::memory::data_type given,
                           dnnl::memory::data_type computed) {
  const double flops =
      2.0 * static_cast<double>(s.m) * static_cast<double>(s.k) * static_cast<double>(s.n);
  double total = flops;
  for (const int64_t axis : s.batch) total *= static_cast<double>(axis);
  const bool small = total < kFlopsWorthATeam;
  std::optional<OneThread> one_thread;
  if (small) one_thread.emplace();

  const auto describe = [&](dnnl::memory::data_type type) {
    return std::array<Descriptor, 3>{Matrices(s.a_batch, s.m, s.k, s.transpose_a, type),
                                     Matrices(s.b_batch, s.k, s.n, s.transpose_b, type),
                                     Matrices(s.batch, s.m, s.n, false, type)};
  };
  const auto outer = describe(given);
  const auto inner = describe(computed);
  const dnnl::matmul::primitive_desc descriptor(onednn::Engine(), inner[0], inner[1], inner[2],
                                                onednn::PipelineAttributes());
  Pipeline pipeline;
  const Pipeline::Slot a = pipeline.Input(0, outer[0], inner[0]);
  const Pipeline::Slot b = pipeline.Input(1, outer[1], inner[1]);
  const Pipeline::Slot c = pipeline.Result(0, outer[2], inner[2]);
  pipeline.Add(dnnl::matmul(descriptor), descriptor,
               {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}});
  return pipeline.Finish(small);
}

}  // namespace

std::unique_ptr<Step> MakeMatMul(const OperationView& view) {
  const TensorType& a = view.inputs[0];
  const TensorType& b = view.inputs[1];
  const auto type = onednn::ToOneDnn(a.dtype);
  if (type == dnnl::memory::data_type::undef || a.elements() == 0 || b.elements() == 0) {
    return nullptr;
  }
  Sizes s;
  s.transpose_a = view.attributes().Bool("transpose_a");
  s.transpose_b = view.attributes().Bool("transpose_b");
  const int last = a.shape.rank() - 1;
  s.m = a.shape[s.transpose_a ? last : last - 1];
  s.k = a.shape[s.transpose_a ? last - 1 : last];
  s.n = view.results[0].shape[view.results[0].shape.rank() - 1];

  Batches batches(a.shape, b.shape);
  if (batches.OneB() && !s.transpose_a) {
    for (const int64_t axis : batches.a) s.m *= axis;
  } else {
    s.a_batch = batches.a;
    s.b_batch = batches.b;
    for (size_t i = 0; i < batches.a.size(); ++i) {
      s.batch.push_back(std::max(batches.a[i], batches.b[i]));
    }
  }
  // Where the processor has no instructions for the type it is converted at both ends.
  auto step = onednn::TryOneDnn([&] { return Make(s, type, type); });
  if (step == nullptr && type != dnnl::memory::data_type::f32) {
    step = onednn::TryOneDnn([&] { return Make(s, type, dnnl::memory::data_type::f32); });
  }
  return step;
}

}  // namespace mlcompute::portable
