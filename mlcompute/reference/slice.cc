// mlcompute/reference/slice.cc: parts of tensors.
#include <algorithm>
#include <vector>

#include "mlcompute/reference/broadcast.h"
#include "mlcompute/reference/movement_families.h"

namespace mlcompute::reference {
namespace {

// The part of a tensor that begins at `begin` and goes by `steps` along the axes.
struct Part {
  int64_t offset = 0;
  std::vector<int64_t> strides;

  Part(const Shape& whole, const std::vector<int64_t>& begin, const std::vector<int64_t>& steps)
      : strides(whole.Strides()) {
    for (size_t i = 0; i < strides.size(); ++i) {
      offset += begin[i] * strides[i];
      strides[i] *= steps[i];
    }
  }
};

std::vector<int64_t> Ones(const Shape& shape) {
  return std::vector<int64_t>(static_cast<size_t>(shape.rank()), 1);
}

// whole[part] = x, all of x.
template <typename T>
void Write(const T* x, const Shape& shape, const Part& part, T* whole) {
  ForEach<1>(shape, {part.strides}, [&](int64_t i, const std::array<int64_t, 1>& at) {
    whole[part.offset + at[0]] = x[i];
  });
}

void Slice(const Call& call) {
  const Attributes& attributes = call.view.attributes();
  const Part part(call.view.inputs[0].shape, attributes.Ints("begin"), attributes.Ints("strides"));
  DispatchBytes(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* x = call.input<T>(0);
    T* y = call.result<T>();
    ForEach<1>(call.view.results[0].shape, {part.strides},
               [&](int64_t i, const std::array<int64_t, 1>& at) { y[i] = x[part.offset + at[0]]; });
  });
}

void SliceGrad(const Call& call) {
  const Attributes& attributes = call.view.attributes();
  const TensorType& result = call.view.results[0];
  const Part part(result.shape, attributes.Ints("begin"), attributes.Ints("strides"));
  DispatchBytes(result.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::fill_n(call.result<T>(), result.elements(), T{0});
    Write(call.input<T>(0), call.view.inputs[0].shape, part, call.result<T>());
  });
}

void Pad(const Call& call) {
  const TensorType& result = call.view.results[0];
  const Part part(result.shape, call.view.attributes().Ints("before"), Ones(result.shape));
  DispatchBytes(result.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::fill_n(call.result<T>(), result.elements(), *call.input<T>(1));
    Write(call.input<T>(0), call.view.inputs[0].shape, part, call.result<T>());
  });
}

void Concat(const Call& call) {
  const TensorType& result = call.view.results[0];
  const auto axis = static_cast<int>(call.view.attributes().Int("axis"));
  DispatchBytes(result.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    std::vector<int64_t> begin(static_cast<size_t>(result.shape.rank()), 0);
    for (size_t i = 0; i < call.view.inputs.size(); ++i) {
      const Shape& shape = call.view.inputs[i].shape;
      Write(call.input<T>(static_cast<int>(i)), shape,
            Part(result.shape, begin, Ones(result.shape)), call.result<T>());
      begin[static_cast<size_t>(axis)] += shape[axis];
    }
  });
}

}  // namespace

const std::vector<Row>& SliceRows() {
  static const std::vector<Row> rows = {
      {Op::kSlice, Slice},
      {Op::kSliceGrad, SliceGrad},
      {Op::kPad, Pad},
      {Op::kConcat, Concat},
  };
  return rows;
}

}  // namespace mlcompute::reference
