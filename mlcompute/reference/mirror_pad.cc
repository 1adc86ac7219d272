#include <vector>

#include "mlcompute/reference/movement_families.h"
#include "mlcompute/reference/numbers.h"

namespace mlcompute::reference {
namespace {

// By element of the padded tensor, which element of the inner one it mirrors.
class Mirror {
 public:
  Mirror(const Shape& inner, const Shape& padded, const Attributes& attributes) {
    const int64_t edge = attributes.Bool("reflect") ? 1 : 0;
    const std::vector<int64_t> strides = inner.Strides();
    for (int axis = 0; axis < inner.rank(); ++axis) {
      const int64_t before = attributes.Ints("before")[static_cast<size_t>(axis)];
      const int64_t size = inner[axis];
      std::vector<int64_t> offsets;
      for (int64_t i = 0; i < padded[axis]; ++i) {
        int64_t from = i - before;
        if (from < 0) from = -from - 1 + edge;
        if (from >= size) from = 2 * size - 1 - edge - from;
        offsets.push_back(from * strides[static_cast<size_t>(axis)]);
      }
      offsets_.push_back(std::move(offsets));
    }
  }

  // Calls body(padded element, inner element).
  template <typename Body>
  void ForEach(const Body& body) const {
    int64_t count = 0;
    Walk(0, 0, count, body);
  }

 private:
  template <typename Body>
  void Walk(size_t axis, int64_t from, int64_t& count, const Body& body) const {
    if (axis == offsets_.size()) {
      body(count++, from);
      return;
    }
    for (const int64_t offset : offsets_[axis]) Walk(axis + 1, from + offset, count, body);
  }

  std::vector<std::vector<int64_t>> offsets_;  // by axis
};

void MirrorPad(const Call& call) {
  const Mirror mirror(call.view.inputs[0].shape, call.view.results[0].shape,
                      call.view.attributes());
  DispatchBytes(call.view.inputs[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* x = call.input<T>(0);
    T* y = call.result<T>();
    mirror.ForEach([&](int64_t to, int64_t from) { y[to] = x[from]; });
  });
}

void MirrorPadGrad(const Call& call) {
  const TensorType& result = call.view.results[0];
  const Mirror mirror(result.shape, call.view.inputs[0].shape, call.view.attributes());
  DispatchNumbers(result.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* dy = call.input<T>(0);
    T* dx = call.result<T>();
    std::vector<Accumulator<T>> sums(static_cast<size_t>(result.elements()));
    mirror.ForEach(
        [&](int64_t from, int64_t to) { sums[static_cast<size_t>(to)] += Widen(dy[from]); });
    for (size_t i = 0; i < sums.size(); ++i) dx[i] = static_cast<T>(sums[i]);
  });
}

}  // namespace

const std::vector<Row>& MirrorPadRows() {
  static const std::vector<Row> rows = {
      {Op::kMirrorPad, MirrorPad},
      {Op::kMirrorPadGrad, MirrorPadGrad},
  };
  return rows;
}

}  // namespace mlcompute::reference
