// mlcompute/reference/reshape.cc: the elements of x in another order, or several times.
#include <cstring>
#include <vector>

#include "mlcompute/reference/broadcast.h"
#include "mlcompute/reference/movement_families.h"

namespace mlcompute::reference {
namespace {

// The result, walked as `shape`, takes x[offset + sum of index * stride].
void Read(const Call& call, const Shape& shape, const std::vector<int64_t>& strides,
          int64_t offset = 0) {
  DispatchBytes(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* x = call.input<T>(0);
    T* y = call.result<T>();
    ForEach<1>(shape, {strides},
               [&](int64_t i, const std::array<int64_t, 1>& at) { y[i] = x[offset + at[0]]; });
  });
}

void Reshape(const Call& call) {
  const size_t bytes = call.view.inputs[0].bytes();
  if (bytes > 0) std::memcpy(call.results[0], call.inputs[0], bytes);
}

void Transpose(const Call& call) {
  const std::vector<int64_t> own = call.view.inputs[0].shape.Strides();
  std::vector<int64_t> strides;
  for (const int64_t axis : call.view.attributes().Ints("perm")) {
    strides.push_back(own[static_cast<size_t>(axis)]);
  }
  Read(call, call.view.results[0].shape, strides);
}

void BroadcastTo(const Call& call) {
  const Shape& shape = call.view.results[0].shape;
  Read(call, shape, BroadcastStrides(call.view.inputs[0].shape, shape));
}

void Tile(const Call& call) {
  const Shape& x = call.view.inputs[0].shape;
  const std::vector<int64_t> own = x.Strides();
  const std::vector<int64_t>& multiples = call.view.attributes().Ints("multiples");
  // Every axis becomes two: which copy, and where in it.
  std::vector<int64_t> dims, strides;
  for (size_t i = 0; i < own.size(); ++i) {
    dims.insert(dims.end(), {multiples[i], x[static_cast<int>(i)]});
    strides.insert(strides.end(), {0, own[i]});
  }
  Read(call, Shape(std::move(dims)), strides);
}

void Reverse(const Call& call) {
  const Shape& x = call.view.inputs[0].shape;
  std::vector<int64_t> strides = x.Strides();
  int64_t offset = 0;
  for (const int64_t axis : call.view.attributes().Ints("axes")) {
    int64_t& stride = strides[static_cast<size_t>(axis)];
    offset += (x[static_cast<int>(axis)] - 1) * stride;
    stride = -stride;
  }
  Read(call, x, strides, offset);
}

}  // namespace

const std::vector<Row>& ReshapeRows() {
  static const std::vector<Row> rows = {
      {Op::kReshape, Reshape}, {Op::kTranspose, Transpose}, {Op::kBroadcastTo, BroadcastTo},
      {Op::kTile, Tile},       {Op::kReverse, Reverse},
  };
  return rows;
}

}  // namespace mlcompute::reference
